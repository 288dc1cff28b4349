"""The lines of an ASC file, whatever program packed, converted or edited it.

In come the bytes of a file: gzipped or plain, UTF-8, Latin-1 or UTF-16, with any line ends and with
or without the marks that editors leave; out come its lines as bytes, without one that was cut.
"""

import math
import re
import zlib
from collections import Counter

from stimuli.support.errors import InputError

GZIP = b"\x1f\x8b"
# Most that is unpacked: a recording of hours, and no more for a byte than recordings have.
_LARGEST_BYTES, _SMALL_BYTES, _LARGEST_RATIO = 1 << 31, 1 << 26, 100
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF8_MARK = b"\xef\xbb\xbf"
_DOS_END = b"\x1a"
MISSING = frozenset({".", "nan", "na", "n/a", "null", "none", "missing"})
"""Words that stand for a missing value, in lower case; ``.`` is the tracker's own."""

MISSING_BEYOND = 32768.0
"""No position is so far off; the tracker's own numbers for a missing one are."""

# What is read of such a last line stands before its end: flags, or the words after END's time.
_WHOLE_WITHOUT_END = re.compile(rb"END\s+[0-9.,]+\s+\S.*|[0-9].*[\t ][.A-Z]{2,}")


def text_lines(
    content: bytes, where: str, warnings: Counter[str], *, cut: bool = True
) -> list[bytes]:
    """Return the lines of an ASC file, in UTF-8 or Latin-1, without their ends.

    Parameters
    ----------
    where
        What errors call the file.
    warnings
        Counts what is not sound.
    cut
        Whether a last line without an end may be cut, and then is left out.

    Raises
    ------
    InputError
        If the content is a broken gzip file, or unpacks to more than a recording can hold.
    """
    content = _one_byte_text(_unzipped(content, where, warnings)).rstrip(_DOS_END)
    # Bytes, not text: `bytes.splitlines` knows CR, LF and CR LF only, whereas text would also be
    # split at characters that a message may hold.
    lines = content.splitlines()
    if b"\n " in content:
        lines = [line.lstrip() for line in lines]
    ended = content.endswith((b"\n", b"\r")) or not lines
    if cut and not ended and not _WHOLE_WITHOUT_END.fullmatch(lines[-1]):
        # Its last number may lack digits, and nothing would show that.
        warnings["last line cut"] += bool(lines.pop())
    return lines


def decoded(line: bytes) -> str:
    """Return the text of a line."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def decoded_table(lines: list[bytes]) -> str:
    """Return the text of lines that make a table; each is in UTF-8 or Latin-1."""
    try:
        return b"\n".join(lines).decode("utf-8")
    except UnicodeDecodeError:
        return "\n".join(map(decoded, lines))


def number(word: str) -> float | None:
    """Return a finite number, with a decimal point or comma, or None if the word is none."""
    try:
        value = float(word)
    except ValueError:
        try:
            value = float(word.replace(",", "."))
        except ValueError:
            return None
    return value if math.isfinite(value) else None


def _one_byte_text(content: bytes) -> bytes:
    """Return the content without byte order mark, UTF-16 as UTF-8."""
    encoding = _BYTE_ORDER_MARKS.get(content[:2])
    if encoding is None and len(content) >= 4 and b"\0" in content[:4]:
        # Without a mark; the first two characters of an ASC file are ASCII.
        encoding = "utf-16-le" if content[1] == content[3] == 0 else "utf-16-be"
    if encoding is None:
        return content.removeprefix(_UTF8_MARK)
    return content.decode(encoding, errors="replace").removeprefix("\ufeff").encode("utf-8")


def _unzipped(content: bytes, where: str, warnings: Counter[str]) -> bytes:
    """Unpack every member of a gzip file; one that was cut gives what came before the cut."""
    if not content.startswith(GZIP):
        return content
    parts = []
    most = min(_LARGEST_BYTES, max(_SMALL_BYTES, _LARGEST_RATIO * len(content)))
    room = most
    while content.startswith(GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(content, room + 1))
        except zlib.error as error:
            raise InputError(
                f"{where}: cannot be unpacked ({error}); expected a whole gzip file"
            ) from None
        room -= len(parts[-1])
        if room < 0:
            raise InputError(
                f"{where}: unpacks to more than {most} bytes; expected a recording; is it damaged?"
            )
        warnings["gzip file cut"] += not member.eof
        content = member.unused_data
    return b"".join(parts)
