"""Photographs without what they tell beside their pixels: who took them, where, when, with what.

Orientation and colour profile stay, since they decide what is shown, the profile without its texts
(`stimuli.support.bare_profiles`). JPEG, PNG and WebP keep their
pixels as they are coded: segments that tell more are cut out, and what follows the picture is cut
off. Any other kind, and anything of which this would change what is shown, becomes a PNG of the
pixels that `stimuli.support.files.read_image` reads.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.ExifTags import Base

from stimuli.support.bare_profiles import bare_profile
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, write_bytes, write_image
from stimuli.support.pictures import opened_picture

_EXIF, _PROFILE = b"Exif\0\0", b"ICC_PROFILE\0"
_TURNED = range(2, 9)  # orientations but the upright one

# JPEG (ITU-T T.81): markers, and what an application's segment that stays begins with.
_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATIONS = range(0xE0, 0xF0)
_ALONE = (0x01, *range(0xD0, 0xD8))  # markers that no length follows
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB")
# Whole numbers that no text would be: how many, of how many bytes, and the largest.
_PNG_NUMBERS = {b"gAMA": (1, 4, 1_000_000), b"cHRM": (8, 4, 100_000), b"sBIT": (4, 1, 16)}
_WEBP_KEPT = (b"ALPH", b"VP8 ", b"VP8L")
_WEBP_HAS_PROFILE, _WEBP_HAS_ALPHA, _WEBP_HAS_EXIF = 0x20, 0x10, 0x08


def bare_suffix(path: str | Path) -> str:
    """Return the suffix of a photograph's bare copy: its own, or ``.png``.

    Raises
    ------
    InputError
        If it is absent or no picture.
    """
    return Path(path).suffix.lower() if _cutter(path) else ".png"


def write_bare_picture(path: str | Path, photograph: str | Path) -> None:
    """Write a copy of a photograph that holds its pixels, orientation and colour profile alone.

    Raises
    ------
    InputError
        If the photograph is absent or no picture (`stimuli.support.files.read_image`).
    """
    shown = read_image(photograph)
    cut = _cutter(photograph)
    if cut is not None:
        write_bytes(path, cut(Path(photograph).read_bytes(), *_kept(photograph)))
        if _shows(path, shown):
            return
    write_image(path, shown)


def _shows(path: str | Path, pixels: np.ndarray) -> bool:
    try:
        return np.array_equal(read_image(path), pixels)
    except InputError:
        return False


def _cutter(path: str | Path) -> Callable[[bytes, bytes, bytes], bytes] | None:
    """Return what cuts a file of this kind to its picture; None for those that are coded anew."""
    with opened_picture(path) as picture:
        if picture.format == "WEBP" and getattr(picture, "is_animated", False):
            return None
        kinds = {"JPEG": _bare_jpeg, "MPO": _bare_jpeg, "PNG": _bare_png, "WEBP": _bare_webp}
        return kinds.get(picture.format or "")


def _kept(path: str | Path) -> tuple[bytes, bytes]:
    """Return EXIF that says how a photograph is turned and nothing else, and its bare profile.

    Each is empty where there is none. Both are read by Pillow, which looks for the turn wherever it
    may stand, in XMP too.
    """
    with opened_picture(path) as picture:
        picture.load()
        turned = picture.getexif().get(Base.Orientation)
        profile = bare_profile(picture.info.get("icc_profile") or b"") or b""
    if turned not in _TURNED:
        return b"", profile
    exif = Image.Exif()
    exif[Base.Orientation] = turned
    return exif.tobytes().removeprefix(_EXIF), profile


def _bare_jpeg(content: bytes, exif: bytes, profile: bytes) -> bytes:
    kept = [bytes([0xFF, _START])]
    if exif:
        kept.append(_segment(0xE1, _EXIF + exif))
    if profile:
        kept.append(_segment(0xE2, _PROFILE + b"\1\1" + profile))  # the first of one
    at = 2
    while at + 1 < len(content):
        while content[at + 1 : at + 2] == b"\xff":  # fill
            at += 1
        marker = content[at + 1]
        if marker == _END:
            break
        at += 2
        if marker in _ALONE:
            kept.append(bytes([0xFF, marker]))
            continue
        end = at + int.from_bytes(content[at : at + 2], "big")
        segment = _jpeg_segment(marker, content[at + 2 : end])
        if segment is not None:
            kept.append(_segment(marker, segment))
        at = end
        if marker == _SCAN:
            following = _NEXT_MARKER.search(content, at)
            end = following.start() if following else len(content)
            kept.append(content[at:end])
            at = end
    return b"".join([*kept, bytes([0xFF, _END])])


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _jpeg_segment(marker: int, content: bytes) -> bytes | None:
    """Return what stays of a segment; None if nothing does."""
    if marker == _COMMENT:
        return None
    if marker not in _APPLICATIONS:
        return content
    if content.startswith(b"JFIF\0"):
        return content[:12] + b"\0\0"  # without its thumbnail
    if content.startswith(b"Adobe"):
        return content[:12]  # how colours are coded
    return None


def _bare_png(content: bytes, exif: bytes, profile: bytes) -> bytes:
    kept = [_PNG]
    for name, chunk in _png_chunks(content):
        if name in _PNG_KEPT or _is_numbers(name, chunk):
            kept.append(_png_chunk(name, chunk))
        if name == b"IHDR" and profile:
            kept.append(_png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile)))
        if name == b"IHDR" and exif:
            kept.append(_png_chunk(b"eXIf", exif))
    return b"".join(kept)


def _is_numbers(name: bytes, chunk: bytes) -> bool:
    most, size, largest = _PNG_NUMBERS.get(name, (0, 1, 0))
    numbers = [chunk[at : at + size] for at in range(0, len(chunk), size)]
    return 0 < len(numbers) <= most and all(
        len(one) == size and int.from_bytes(one, "big") <= largest for one in numbers
    )


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = len(_PNG), b""
    while name != b"IEND" and at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        name = content[at + 4 : at + 8]
        yield name, content[at + 8 : at + 8 + length]
        at += 12 + length


def _png_chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + name + content + checksum


def _bare_webp(content: bytes, exif: bytes, profile: bytes) -> bytes:
    chunks = list(_webp_chunks(content))
    kept = [(name, chunk) for name, chunk in chunks if name in _WEBP_KEPT]
    header = dict(chunks).get(b"VP8X")
    if header is not None:
        flags = header[0] & _WEBP_HAS_ALPHA | (_WEBP_HAS_EXIF if exif else 0)
        if profile:
            flags |= _WEBP_HAS_PROFILE
            kept = [(b"ICCP", profile), *kept]
        kept = [(b"VP8X", bytes([flags, 0, 0, 0]) + header[4:10]), *kept]
        kept += [(b"EXIF", exif)] if exif else []
    body = b"WEBP" + b"".join(
        name + len(chunk).to_bytes(4, "little") + chunk + b"\0" * (len(chunk) % 2)
        for name, chunk in kept
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, 8 + int.from_bytes(content[4:8], "little")
    while at + 8 <= min(end, len(content)):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        yield content[at : at + 4], content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
