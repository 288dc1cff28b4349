"""EyeLink recordings as text: the ASC files that edf2asc writes, plain or gzipped.

In comes a file of any mode (250 to 2000 Hz, one eye or two, remote, with or without samples or
events); out comes its `Recording`, with the fixations, saccades and blinks of the tracker's own
parser. A file that was cut gives what is sound, with a count of what is not.

Lines are told apart by their first word, as the EyeLink user manual lists them (section "ASC file
format"). Positions are those of gaze: where a file has HREF or raw pupil coordinates, they are not
read.
"""

import math
from collections import Counter
from pathlib import Path

from analysis.recordings.asc_samples import GAZE, SampleBlock, bare_block, read_samples
from analysis.recordings.asc_text import MISSING, MISSING_BEYOND, decoded, number, text_lines
from analysis.recordings.recording import (
    EVENT,
    FIXATION,
    SACCADE,
    Recording,
    assemble,
    sound_times,
)
from analysis.recordings.unread import PLAIN
from stimuli.support.errors import InputError, shown

_COORDINATES = (GAZE, "HREF", "PUPIL")
_EYES = {"LEFT": "L", "RIGHT": "R"}
_ENDS = {"EFIX": ("fixations", FIXATION), "ESACC": ("saccades", SACCADE),
         "EBLINK": ("blinks", EVENT)}  # fmt: skip
_BEGINS = {"SFIX": "fixations", "SSACC": "saccades", "SBLINK": "blinks"}
_POSITIONS = {"fixations": (4, 6), "saccades": (4, 8), "blinks": (4, 4)}  # words, from and until
# Without a pupil to tell, a pair of equal whole numbers is what -miss named if no screen has it.
_LARGEST_WHOLE_PX = 5000


def read_asc(path: str | Path) -> Recording:
    """Read an ASC file.

    Raises
    ------
    InputError
        If the file is absent, a broken gzip file, holds no line of a recording, or has its events
        in other coordinates than gaze and no samples to find them in.
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
    lines = text_lines(content, where, warnings)
    reader = _Reader(warnings)
    for line in lines:
        if b"A" <= line[:1] <= b"Z":  # neither sample nor remark
            reader.take(*decoded(line).split(None, 1))
    bare = None if reader.found else bare_block(lines)
    if bare is not None:
        reader.blocks.append(bare)
        warnings["samples alone, without a START line that names their eye"] += 1
    if not reader.found:
        raise InputError(
            f"{where}: holds no EyeLink event or message, and begins with "
            f"{shown(decoded(next(filter(None, lines), b'')))}; expected an ASC file made by "
            f"edf2asc, or of any other tracker {PLAIN}"
        )
    if reader.elsewhere and not any(line[:1].isdigit() for line in lines):
        raise InputError(
            f"{where}: its events are in {reader.elsewhere} coordinates, which are no pixels, "
            f"without gaze beside them and without samples; expected GAZE; convert the EDF with "
            f"edf2asc anew, and record with recording_parse_type = GAZE"
        )
    blocks = [
        SampleBlock(block[3], block[4], coordinates, block[1])
        for block, coordinates in zip(
            reader.blocks, reader.coordinates or [GAZE] * len(reader.blocks), strict=True
        )
    ]
    return assemble(
        **reader.events,
        messages=reader.messages,
        blocks=[tuple(block) for block in reader.blocks],
        begun=reader.begun,
        preamble=[decoded(line)[2:].strip() for line in lines[:100] if line.startswith(b"**")],
        warnings=warnings,
        read_samples=lambda: read_samples(lines, blocks, where, bare=bare is not None),
    )


class _Reader:
    """Takes the lines of a file one after the other and remembers the block that it is in."""

    def __init__(self, warnings: Counter[str]) -> None:
        self.events: dict[str, list[tuple]] = {name: [] for name in _BEGINS.values()}
        self.begun: dict[str, set[tuple[str, float]]] = {name: set() for name in _BEGINS.values()}
        self.messages: list[tuple] = []
        self.blocks: list[list] = []
        self.coordinates: list[str] = []
        """Coordinates of the samples, by block."""
        self.elsewhere = ""
        """Coordinates of events that have no gaze beside them."""
        self._of_events = GAZE
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
            row = self._event(rest.split(), name, len(columns) - 1)
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
            self._describe(kind, rest.split())

    def _turn(self, kind: str, words: list[str]) -> None:
        time = _time(words)
        if time is None:
            self._warnings[f"{kind} lines that cannot be read"] += 1
        elif kind == "START":
            eyes = "".join(eye for word, eye in _EYES.items() if word in words)
            self.blocks.append([len(self.blocks) + 1, *time, math.nan, eyes, math.nan])
            self.coordinates.append(GAZE)
            self._block, self._of_events = len(self.blocks), GAZE
        elif self._block and time[0] >= self.blocks[-1][1]:
            self.blocks[-1][2] = time[0]
            self._block = 0
        else:
            self._warnings["ends of recording without a start"] += 1

    def _describe(self, kind: str, words: list[str]) -> None:
        """Note rate and coordinates of a block; of several, those named first are meant."""
        if "RATE" in words[:-1] and (rate := _time([words[words.index("RATE") + 1]])):
            self.blocks[-1][4] = rate[0]
        coordinates = next((word for word in words if word in _COORDINATES), GAZE)
        if kind == "SAMPLES":
            self.coordinates[-1] = coordinates
        else:
            self._of_events = coordinates

    def _event(self, words: list[str], name: str, fields: int) -> tuple | None:
        """Return eye and numbers of an event, or None if they are not all there."""
        if len(words) < fields or words[0] not in ("L", "R"):
            return None
        first, last = _POSITIONS[name]
        if self._of_events != GAZE and first < last:
            # The same columns again, in gaze, or a resolution at most.
            gaze = words[fields : 2 * fields - first]
            if len(gaze) == fields - first:
                words = words[:first] + gaze
            else:
                words[first:last] = ["."] * (last - first)
                self.elsewhere = self._of_events
                self._warnings[
                    f"{name} in {self._of_events} coordinates, read without a place"
                ] += 1
        for at in range(first, last, 2):
            pupil = words[6] if name == "fixations" else None
            if _is_lost(words[at], words[at + 1], pupil):
                words[at : at + 2] = [".", "."]
        numbers: list[float] = []
        for word in words[1:fields]:
            value = number(word)
            if value is None and word.lower() not in MISSING:
                return None
            numbers.append(math.nan if value is None else value)
        return (words[0], *sound_times(*numbers[:3]), *numbers[3:])


def _is_lost(x: str, y: str, pupil: str | None) -> bool:
    """Return whether a position is what stands for a missing one (``edf2asc -miss``)."""
    value = number(x)
    if value is not None and abs(value) >= MISSING_BEYOND:
        return True
    if x != y:
        return False
    if value is None or abs(value) >= _LARGEST_WHOLE_PX or (value <= 0 and x.lstrip("-").isdigit()):
        return True
    return pupil is not None and (pupil == x or number(pupil) == 0)


def _time(words: list[str]) -> tuple[float] | None:
    time = number(words[0]) if words else None
    return None if time is None else (time,)


def _message(rest: str) -> tuple[float, str] | None:
    words = rest.split(None, 1)
    time = _time(words)
    return (*time, "".join(words[1:]).strip()) if time else None
