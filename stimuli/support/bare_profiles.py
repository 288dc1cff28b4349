"""Colour profiles (ICC.1:2022) without what they tell beside colours: names, dates, any text.

A profile is written anew from its numbers: curves, matrix and white. One with tables of colours,
in which anything might stand, is none of these; its photograph is converted instead.
"""

import struct
from itertools import pairwise

_HEADER, _MADE = 128, struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # a date that tells nothing
_SIGNATURE = b"acsp"
_LARGEST_CURVE = 4096
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}  # of a parametric curve, by its kind
_CURVES = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
_COLOURS = (b"wtpt", b"bkpt", b"chad", b"rXYZ", b"gXYZ", b"bXYZ", *_CURVES)
_KINDS = ((b"scnr", b"mntr", b"prtr", b"spac"), (b"RGB ", b"GRAY"), (b"XYZ ", b"Lab "))
_TABLES = (b"A2B", b"B2A", b"D2B", b"B2D")  # how the names of tags with tables begin


def bare_profile(profile: bytes) -> bytes | None:
    """Return a profile that gives the same colours and tells nothing else.

    Returns
    -------
    bytes or None
        None for a profile that is broken, of another kind than matrix and curves, or whose numbers
        are none.
    """
    try:
        tags = _tags(profile)
        if any(name.startswith(_TABLES) for name in tags) or not tags.keys() & {*_CURVES}:
            return None
        kept = {name: _bare(name, tags[name]) for name in _COLOURS if name in tags}
        return _written(profile[:_HEADER], kept, b"sRGB" in _letters(tags.get(b"desc", b"")))
    except (struct.error, ValueError):
        return None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    kinds = (profile[12:16], profile[16:20], profile[20:24])
    known = all(one in those for one, those in zip(kinds, _KINDS, strict=True))
    if profile[36:40] != _SIGNATURE or not known:
        raise ValueError("no profile of matrix and curves")
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    found = {}
    for number in range(min(count, 100)):
        name, start, size = struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * number)
        found[name] = profile[start : start + size]
    return found


def _bare(name: bytes, tag: bytes) -> bytes:
    """Return a tag with the numbers that it must hold and no byte more."""
    kind = tag[:4]
    if name not in _CURVES:
        expected, size = (b"sf32", 9) if name == b"chad" else (b"XYZ ", 3)
        values = struct.unpack_from(f">{size}i", tag, 8)
        if kind != expected or any(abs(one) > 4 << 16 for one in values):
            raise ValueError("no colour")
        return expected + bytes(4) + struct.pack(f">{size}i", *values)
    if kind == b"para":
        (form,) = struct.unpack_from(">H", tag, 8)
        size = _PARAMETERS.get(form, 0)
        values = struct.unpack_from(f">{size}i", tag, 12)
        if not size or any(abs(one) > 16 << 16 for one in values):
            raise ValueError("no curve")
        return kind + bytes(4) + struct.pack(f">HH{size}i", form, 0, *values)
    (count,) = struct.unpack_from(">I", tag, 8)
    if kind != b"curv" or count > _LARGEST_CURVE:
        raise ValueError("no curve")
    values = struct.unpack_from(f">{count}H", tag, 12)
    if any(after < before for before, after in pairwise(values)):  # as text would be
        raise ValueError("no curve")
    return kind + bytes(4) + struct.pack(f">I{count}H", count, *values)


def _letters(tag: bytes) -> bytes:
    return tag.replace(b"\0", b"")  # of UTF-16, or ASCII as it is


def _written(header: bytes, colours: dict[bytes, bytes], is_srgb: bool) -> bytes:
    """Return a profile of tags, with a header that names no maker, program or date."""
    name = b"sRGB" if is_srgb else b"profile"
    tags = {b"desc": _description(name, header[8]), b"cprt": _copyright(header[8]), **colours}
    start = _HEADER + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    kept = bytes(4) + header[8:9] + bytes(3) + header[12:24] + _MADE + _SIGNATURE + bytes(24)
    light = struct.pack(">I3i", struct.unpack_from(">I", header, 64)[0] & 3, 63190, 65536, 54061)
    size = struct.pack(">I", start + len(body))
    return size + kept + light + bytes(_HEADER - 80) + table + body


def _description(name: bytes, version: int) -> bytes:
    if version >= 4:
        return _unicode(name)
    # ASCII; then empty Unicode and ScriptCode.
    return b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(1 + 8 + 70)


def _copyright(version: int) -> bytes:
    return _unicode(b"-") if version >= 4 else b"text" + bytes(4) + b"-\0"


def _unicode(text: bytes) -> bytes:
    coded = text.decode("ascii").encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(coded), 28) + coded
