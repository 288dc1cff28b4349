"""EyeLink recordings as text: the ASC files that edf2asc writes, plain or gzipped.

In comes a file of any mode (250 to 2000 Hz, one eye or two, remote, with or without samples); out
comes its `Recording`, with the fixations, saccades and blinks of the tracker's own parser. A file
that was cut gives what is sound, with a count of what is not.

Lines are told apart by their first word, as the EyeLink user manual lists them (section "ASC file
format").
"""

import io
import math
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.recordings.recording import (
    EVENT,
    FIXATION,
    SACCADE,
    Recording,
    assemble,
    sound_times,
)
from stimuli.support.errors import InputError

_GZIP = b"\x1f\x8b"
# Most that is unpacked: a recording of hours, and no more for a byte than recordings have.
_LARGEST_BYTES, _SMALL_BYTES, _LARGEST_RATIO = 1 << 31, 1 << 26, 100
_MISSING = "."
_MORE_COLUMNS = 40  # velocity, resolution, input, flags, head target
_EYES = {"LEFT": "L", "RIGHT": "R"}
_ENDS = {"EFIX": ("fixations", FIXATION), "ESACC": ("saccades", SACCADE),
         "EBLINK": ("blinks", EVENT)}  # fmt: skip
_BEGINS = {"SFIX": "fixations", "SSACC": "saccades", "SBLINK": "blinks"}


def read_asc(path: str | Path) -> Recording:
    """Read an ASC file.

    Raises
    ------
    InputError
        If the file is absent, a broken gzip file, or holds no line of a recording.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such recording; expected an EyeLink ASC file") from None
    return parse_asc(content, str(path))


def parse_asc(content: bytes, where: str = "recording") -> Recording:
    """Return the recording that the bytes of an ASC file hold; see `read_asc`."""
    warnings: Counter[str] = Counter()
    content = _unzipped(content, where, warnings)
    lines = _whole_lines(content, warnings)
    reader = _Reader(warnings)
    for line in lines:
        if b"A" <= line[:1] <= b"Z":  # neither sample nor remark
            reader.take(*_decoded(line).split(None, 1))
    if not reader.found:
        raise InputError(
            f"{where}: holds no EyeLink event or message; expected an ASC file made by edf2asc"
        )
    return assemble(
        **reader.events,
        messages=reader.messages,
        blocks=[tuple(block) for block in reader.blocks],
        begun=reader.begun,
        preamble=[_decoded(line)[2:].strip() for line in lines[:100] if line.startswith(b"**")],
        warnings=warnings,
        read_samples=lambda: _samples(lines, [block[3] for block in reader.blocks]),
    )


class _Reader:
    """Takes the lines of a file one after the other and remembers the block that it is in."""

    def __init__(self, warnings: Counter[str]) -> None:
        self.events: dict[str, list[tuple]] = {name: [] for name in _BEGINS.values()}
        self.begun: dict[str, set[tuple[str, float]]] = {name: set() for name in _BEGINS.values()}
        self.messages: list[tuple] = []
        self.blocks: list[list] = []
        self._block = 0
        self._warnings = warnings

    @property
    def found(self) -> bool:
        """Whether anything of a recording was read."""
        return bool(self.messages or self.blocks or any(self.events.values()))

    def take(self, kind: str, rest: str = "") -> None:
        """Read one line: its first word and the rest."""
        if kind == "MSG":
            message = _message(rest)
            self._warnings["messages without a time"] += message is None
            self.messages += [(self._block, *message)] if message else []
        elif kind in _ENDS:
            name, columns = _ENDS[kind]
            row = _event(rest.split(), len(columns) - 1)
            self._warnings[f"{kind} lines that cannot be read"] += row is None
            self.events[name] += [(self._block, *row)] if row else []
        elif kind in _BEGINS:
            eye, *time = [*rest.split(), "", ""][:2]
            if eye in ("L", "R") and (start := _time(time)):
                self.begun[_BEGINS[kind]].add((eye, *start))
            else:
                self._warnings[f"{kind} lines that cannot be read"] += 1
        elif kind in ("START", "END"):
            self._turn(kind, rest.split())
        elif kind in ("EVENTS", "SAMPLES") and self._block:
            self._note_rate(rest.split())

    def _turn(self, kind: str, words: list[str]) -> None:
        time = _time(words)
        if time is None:
            self._warnings[f"{kind} lines that cannot be read"] += 1
        elif kind == "START":
            eyes = "".join(eye for word, eye in _EYES.items() if word in words)
            self.blocks.append([len(self.blocks) + 1, *time, math.nan, eyes, math.nan])
            self._block = len(self.blocks)
        elif self._block and time[0] >= self.blocks[-1][1]:
            self.blocks[-1][2] = time[0]
            self._block = 0
        else:
            self._warnings["ends of recording without a start"] += 1

    def _note_rate(self, words: list[str]) -> None:
        if "RATE" in words[:-1] and (rate := _time([words[words.index("RATE") + 1]])):
            self.blocks[-1][4] = rate[0]


def _unzipped(content: bytes, where: str, warnings: Counter[str]) -> bytes:
    """Unpack every member of a gzip file; one that was cut gives what came before the cut."""
    if not content.startswith(_GZIP):
        return content
    parts = []
    most = min(_LARGEST_BYTES, max(_SMALL_BYTES, _LARGEST_RATIO * len(content)))
    room = most
    while content.startswith(_GZIP):
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


def _whole_lines(content: bytes, warnings: Counter[str]) -> list[bytes]:
    """Split bytes, not text, into lines.

    ``bytes.splitlines`` knows CR, LF and CR LF only, whereas text would also be split at
    characters that a message may hold.
    """
    lines = content.splitlines()
    if lines and not content.endswith((b"\n", b"\r")):
        # Its last number may lack digits, and nothing would show that.
        warnings["last line cut"] += bool(lines.pop())
    return lines


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _event(words: list[str], fields: int) -> tuple | None:
    """Return eye and numbers of an event, or None if they are not all there."""
    if len(words) < fields or words[0] not in ("L", "R"):
        return None
    try:
        numbers = [math.nan if word == _MISSING else float(word) for word in words[1:fields]]
    except ValueError:
        return None
    if any(map(math.isinf, numbers)):
        return None
    return (words[0], *sound_times(*numbers[:3]), *numbers[3:])


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


def _samples(lines: Iterable[bytes], eyes_of_block: list[str]) -> pd.DataFrame:
    """Return what `Recording.samples` promises, from the lines of the file."""
    gathered: list[list[bytes]] = [[] for _ in eyes_of_block]
    block = 0
    for line in lines:
        if line[:1].isdigit():
            if block:
                gathered[block - 1].append(line)
        elif line.startswith(b"START"):
            kind, *words = _decoded(line).split()
            block += kind == "START" and _time(words) is not None
    parts, unsound = [], 0
    for number, (eyes, found) in enumerate(zip(eyes_of_block, gathered, strict=True), start=1):
        if found and eyes:
            part, bad = _block_samples(found, eyes)
            part.insert(0, "block", number)
            parts.append(part)
            unsound += bad
    samples = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        {"block": pd.Series(dtype="int64"), "time_ms": pd.Series(dtype="float64")}
    )  # fmt: skip
    samples.attrs["unsound"] = unsound
    return samples


def _block_samples(lines: list[bytes], eyes: str) -> tuple[pd.DataFrame, int]:
    sides = ["left" if eye == "L" else "right" for eye in eyes]
    names = ["time_ms"]
    for side in sides:
        names += [f"x_{side}_px", f"y_{side}_px", f"pupil_{side}"]
    # A header of its own: lines may have more columns than are read, and mutilated ones fewer.
    header = "\t".join([*names, *(f"more {n}" for n in range(_MORE_COLUMNS))]).encode()
    read = pd.read_csv(
        io.BytesIO(b"\n".join([header, *lines])), sep="\t", usecols=names, dtype=str,
        encoding="latin-1", on_bad_lines="skip", quoting=3, index_col=False,
    )[names]  # fmt: skip
    numbers = read.apply(lambda column: pd.to_numeric(column.str.strip(), errors="coerce"))
    numbers = numbers.astype("float64").replace([math.inf, -math.inf], math.nan)
    sound = numbers["time_ms"].notna()
    return numbers[sound].reset_index(drop=True), len(lines) - int(sound.sum())
