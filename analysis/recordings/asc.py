"""EyeLink recordings as text: the ASC files that edf2asc writes, plain or gzipped.

In comes a file of any mode (500 to 2000 Hz, one eye or two, with or without samples); out come the
fixations, saccades and blinks of the tracker's own parser, and the messages. Sample lines are
passed over. A file that was cut gives what is sound, with a count of what is not.

Lines are told apart by their first word, as the EyeLink user manual lists them (section "ASC file
format"). Times are milliseconds of the tracker's clock; x and y are the tracker's pixels.
"""

import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stimuli.errors import InputError

_GZIP, _EDF = b"\x1f\x8b", b"SR_RESEARCH"
_MISSING = "."


@dataclass(frozen=True)
class Recording:
    """One ASC file.

    Attributes
    ----------
    fixations : DataFrame
        ``eye`` (``L`` or ``R``), ``start_ms``, ``end_ms`` (first and last sample),
        ``duration_ms``, ``x_px``, ``y_px`` (mean position), ``pupil``. What the tracker gives as
        missing is NaN, and so are start and duration of an event whose start is not sound.
    saccades : DataFrame
        ``eye``, ``start_ms``, ``end_ms``, ``duration_ms``, ``x_start_px``, ``y_start_px``,
        ``x_end_px``, ``y_end_px``, ``amplitude_deg``, ``peak_velocity_deg_s``.
    blinks : DataFrame
        ``eye``, ``start_ms``, ``end_ms``, ``duration_ms``.
    blocks : DataFrame
        ``start_ms`` and ``end_ms`` of every stretch of recording; an end that was cut off is NaN.
    messages : DataFrame
        ``time_ms``, ``text``.
    warnings : mapping
        What was not sound, with counts; empty for a whole file.
    """

    fixations: pd.DataFrame
    saccades: pd.DataFrame
    blinks: pd.DataFrame
    blocks: pd.DataFrame
    messages: pd.DataFrame
    warnings: Mapping[str, int]


_EVENT = ("eye", "start_ms", "end_ms", "duration_ms")
_FIXATION = (*_EVENT, "x_px", "y_px", "pupil")
_SACCADE = (
    *_EVENT, "x_start_px", "y_start_px", "x_end_px", "y_end_px", "amplitude_deg",
    "peak_velocity_deg_s",
)  # fmt: skip


def read_asc(path: str | Path) -> Recording:
    """Read an ASC file.

    Raises
    ------
    InputError
        If the file is absent, an EDF, a broken gzip file, or holds no line of a recording.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such recording; expected an EyeLink ASC file") from None
    return parse_asc(content, str(path))


def parse_asc(content: bytes, where: str = "recording") -> Recording:
    """Return the recording that the bytes of an ASC file hold; see `read_asc`."""
    if content.startswith(_EDF):
        raise InputError(
            f"{where}: is an EyeLink EDF file; expected ASC: convert it with SR Research's edf2asc"
        )
    warnings: Counter[str] = Counter()
    if content.startswith(_GZIP):
        content = _unzipped(content, where, warnings)
    parsers: dict[bytes, tuple[Callable[[list[str]], tuple | None], list[tuple]]] = {
        b"EFIX": (lambda words: _event(words, len(_FIXATION)), []),
        b"ESACC": (lambda words: _event(words, len(_SACCADE)), []),
        b"EBLINK": (lambda words: _event(words, len(_EVENT)), []),
        b"SFIX": (_begun, []),
        b"START": (_time, []),
        b"END": (_time, []),
    }
    messages: list[tuple[float, str]] = []
    for line in _event_lines(content, warnings):
        kind, *rest = line.split(None, 1)
        if kind == b"MSG":
            message = _message(_decoded(b"".join(rest)))
            warnings["messages without a time"] += message is None
            messages += [message] if message else []
        elif kind in parsers:
            parse, found = parsers[kind]
            row = parse(_decoded(b"".join(rest)).split())
            warnings[f"{kind.decode()} lines that cannot be read"] += row is None
            found += [row] if row else []
    fixations, saccades, blinks, begun, starts, ends = (found for _, found in parsers.values())
    if not (messages or starts or fixations or saccades or blinks):
        raise InputError(
            f"{where}: holds no EyeLink event or message; expected an ASC file made by edf2asc"
        )
    for name, events in (("fixations", fixations), ("saccades", saccades), ("blinks", blinks)):
        warnings[f"{name} without a sound start"] += sum(math.isnan(row[1]) for row in events)
    ended = {(eye, start) for eye, start, *_ in fixations}
    warnings["fixations begun but not ended"] += sum(one not in ended for one in set(begun))
    blocks = _blocks([time for (time,) in starts], [time for (time,) in ends])
    warnings["recording blocks without an end"] += int(blocks["end_ms"].isna().sum())
    return Recording(
        fixations=_table(fixations, _FIXATION),
        saccades=_table(saccades, _SACCADE),
        blinks=_table(blinks, _EVENT),
        blocks=blocks,
        messages=_table(messages, ("time_ms", "text")),
        warnings={what: count for what, count in warnings.items() if count},
    )


def _unzipped(content: bytes, where: str, warnings: Counter[str]) -> bytes:
    """Unpack every member of a gzip file; one that was cut gives what came before the cut."""
    parts = []
    while content.startswith(_GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(content))
        except zlib.error as error:
            raise InputError(
                f"{where}: cannot be unpacked ({error}); expected a whole gzip file"
            ) from None
        warnings["gzip file cut"] += not member.eof
        content = member.unused_data
    return b"".join(parts)


def _event_lines(content: bytes, warnings: Counter[str]) -> Iterable[bytes]:
    """Return the lines that begin with a capital letter: all but samples and remarks.

    Bytes are split, not text: ``bytes.splitlines`` knows CR, LF and CR LF only, whereas text would
    also be split at characters that a message may hold.
    """
    lines = content.splitlines()
    if lines and not content.endswith((b"\n", b"\r")):
        # Its last number may lack digits, and nothing would show that.
        warnings["last line cut"] += bool(lines.pop())
    return (line for line in lines if b"A" <= line[:1] <= b"Z")


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _number(word: str) -> float:
    """Return a number, or NaN for the dot that stands for a missing one."""
    return math.nan if word == _MISSING else float(word)


def _event(words: list[str], fields: int) -> tuple | None:
    """Return eye and numbers of an event, or None if they are not all there."""
    if len(words) < fields or words[0] not in ("L", "R"):
        return None
    try:
        numbers = [_number(word) for word in words[1:fields]]
    except ValueError:
        return None
    if any(map(math.isinf, numbers)):
        return None
    start, end, *_ = numbers
    if not start <= end:
        # An event whose beginning the tracker lost carries 4294967295, that is -1, as its start.
        numbers[0] = numbers[2] = math.nan
    return (words[0], *numbers)


def _begun(words: list[str]) -> tuple[str, float] | None:
    if len(words) < 2 or words[0] not in ("L", "R"):
        return None
    time = _time(words[1:])
    return (words[0], *time) if time else None


def _time(words: list[str]) -> tuple[float] | None:
    try:
        time = float(words[0])
    except (IndexError, ValueError):
        return None
    return (time,) if math.isfinite(time) else None


def _message(rest: str) -> tuple[float, str] | None:
    words = rest.split(None, 1)
    time = _time(words)
    return (*time, "".join(words[1:]).strip()) if time else None


def _blocks(starts: list[float], ends: list[float]) -> pd.DataFrame:
    """Pair every start with the first end before the next start."""
    rows = []
    for number, start in enumerate(starts):
        following = starts[number + 1] if number + 1 < len(starts) else math.inf
        inside = [end for end in ends if start <= end <= following]
        rows.append((start, min(inside, default=math.nan)))
    return _table(rows, ("start_ms", "end_ms"))


def _table(rows: list[tuple], columns: tuple[str, ...]) -> pd.DataFrame:
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    kinds = (object if name in ("eye", "text") else np.float64 for name in columns)
    return pd.DataFrame(
        {
            name: np.array(column, dtype=kind)
            for name, column, kind in zip(columns, values, kinds, strict=True)
        }
    )
