"""The journal of a session as a file: one JSON object a line, each with a number and a checksum.

The experiment writes it; the analysis reads in it what was shown. A line ends with the CRC-32 of
all that stands before, so that a line that was damaged, or that is missing, is noticed. Journals of
earlier versions have neither number nor checksum, and are read as far as their lines are whole.
"""

import itertools
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from stimuli.contract.vocabulary import Stimulus
from stimuli.support.errors import InputError

Line = dict[str, Any]  # what one line says, by fact; every line has a ``time`` and a ``kind``

_END = re.compile(rb', "crc32": "([0-9a-f]{8})"\}')


def journal_line(number: int, facts: Mapping[str, object]) -> str:
    """Return a line of a journal, without its end.

    Parameters
    ----------
    number
        From 1.
    facts
        What it says; JSON-ready.
    """
    text = json.dumps({"number": number, **facts}, ensure_ascii=False, allow_nan=False)[:-1]
    return f'{text}, "crc32": "{zlib.crc32(text.encode()):08x}"}}'


def read_journal(path: Path) -> list[Line]:
    """Return what the lines of a journal say.

    A last line without an end was being written when the session was killed. It is left out, unless
    it is whole.

    Raises
    ------
    InputError
        Names the first line that is damaged, or stands where another should.
    """
    texts = path.read_bytes().split(b"\n")
    numbered = any(text.startswith(b'{"number": ') or _END.search(text) for text in texts)
    lines = []
    for number, text in enumerate(texts, start=1):
        try:
            lines.append(_line(text, number if numbered else None))
        except ValueError as error:
            if number == len(texts) and not _END.search(text):
                break  # cut
            raise InputError(
                f"{path}, line {number}: is damaged: {error}; expected the line as the session "
                f"wrote it; put the file back from a copy"
            ) from None
    return lines


def _line(text: bytes, number: int | None) -> Line:
    """Return what a line says; `number` is the one that it should have, if it should have one."""
    if number is not None:
        end = _END.search(text)
        if end is None or end.end() < len(text):
            raise ValueError("it does not end with its checksum")
        stated, checksum = end[1].decode(), f"{zlib.crc32(text[: end.start()]):08x}"
        if stated != checksum:
            raise ValueError(f"its checksum is {checksum}, but it says {stated}")
    try:
        line = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(line, dict) or "kind" not in line:
        raise ValueError("it does not say what kind it is")
    line.pop("crc32", None)
    at = line.pop("number", None)
    if at != number:
        raise ValueError(f"it has number {at}; line {number} is missing or stands elsewhere")
    return line


def packed_intervals(intervals_s: Iterable[float]) -> str:
    """Return times between flips as a line of a journal holds them.

    They are rounded to hundredths of a millisecond; equal ones in a row stand once, with their
    number.

    Examples
    --------
    >>> from stimuli.contract.journal import packed_intervals
    >>> packed_intervals([0.00833, 0.00833, 0.01667])
    '833x2 1667'
    """
    ticks = (round(1e5 * interval) for interval in intervals_s)
    runs = ((tick, len(list(run))) for tick, run in itertools.groupby(ticks))
    return " ".join(f"{tick}x{times}" if times > 1 else str(tick) for tick, times in runs)


def unpacked_intervals(text: str) -> list[float]:
    """Return the times between flips, in seconds, that `packed_intervals` made a text of.

    Examples
    --------
    >>> from stimuli.contract.journal import unpacked_intervals
    >>> unpacked_intervals("833x2 1667")
    [0.00833, 0.00833, 0.01667]
    """
    intervals: list[float] = []
    for run in text.split():
        tick, _, times = run.partition("x")
        intervals += [int(tick) / 1e5] * int(times or 1)
    return intervals


def schedule_sha256(stimuli: Iterable[Stimulus]) -> str:
    """Return a hash of the stimuli of a whole schedule, in their order, and of their images."""
    shown = "\n".join(f"{one.stim_id} {one.image_sha256}" for one in stimuli)
    return sha256(shown.encode()).hexdigest()
