"""EyeLink recordings as the tracker writes them: EDF files, without software of SR Research's.

eyelinkio brings SR Research's library and its bindings; we take those and go around the rest of
eyelinkio, which fails on messages in Latin-1. The library is run in a process of its own
(`edf_process`), so that no damaged file takes the analysis with it, and files that were cut are
mended there.

Values are those that edf2asc would print: the duration of an event ends with its last sample, an
amplitude is that of the change of position divided by the mean of the resolutions (pixels a
degree) at start and end, and of a message of several lines the first counts.
"""

import math
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.recordings import edf_process as process
from analysis.recordings.recording import Recording, assemble, sound_times
from stimuli.support.errors import InputError

MAGIC = b"SR_RESEARCH"
_MOST_CRASHES = 6
_SECONDS, _SECONDS_A_MB = 60.0, 3.0
_MISSING = 1e7  # the library gives 1e8 for missing, -32768 for not recorded
_ADD_HALF = 0x0002  # flag of a sample: half a millisecond later than its time says
_NAMES = {
    process.STARTFIX: "fixations", process.ENDFIX: "fixations",
    process.STARTSACC: "saccades", process.ENDSACC: "saccades",
    process.STARTBLINK: "blinks", process.ENDBLINK: "blinks",
}  # fmt: skip
_STARTS = (process.STARTFIX, process.STARTSACC, process.STARTBLINK)
_EYES = {1: "L", 2: "R", 3: "LR"}


def read_edf(path: str | Path) -> Recording:
    """Read an EDF file.

    Raises
    ------
    InputError
        If the file is absent, no EDF, or so damaged that nothing of it can be read, or if
        eyelinkio is not installed.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            magic = file.read(len(MAGIC))
    except FileNotFoundError:
        raise InputError(f"{path}: no such recording; expected an EyeLink EDF file") from None
    if magic != MAGIC:
        raise InputError(f"{path}: is no EDF file; expected one that begins with {MAGIC.decode()}")
    warnings: Counter[str] = Counter()
    reader = _Reader(warnings)
    for kind, content in _frames(path, "events", warnings):
        reader.take(kind, content)
    if not (reader.messages or reader.blocks or any(reader.events.values())):
        raise InputError(
            f"{path}: holds no event or message that can be read; expected a whole EDF file: copy "
            f"it from the tracker again"
        )
    return assemble(
        **reader.events,
        messages=reader.messages,
        blocks=[tuple(block) for block in reader.blocks],
        begun=reader.begun,
        preamble=reader.preamble,
        warnings=warnings,
        read_samples=lambda: _samples(path),
    )


class _Reader:
    """Takes the frames of a file one after the other and remembers the block that it is in."""

    def __init__(self, warnings: Counter[str]) -> None:
        self.events: dict[str, list[tuple]] = {name: [] for name in set(_NAMES.values())}
        self.begun: dict[str, set[tuple[str, float]]] = {name: set() for name in self.events}
        self.messages: list[tuple] = []
        self.blocks: list[list] = []
        self.preamble: list[str] = []
        self._block = 0
        self._warnings = warnings

    def take(self, kind: bytes, content: bytes) -> None:
        """Read one frame of `edf_process`."""
        if kind == b"P":
            lines = _decoded(content).splitlines()
            self.preamble = [line.removeprefix("**").strip() for line in lines]
        elif kind == b"R":
            self._turn(*process.RECORDING.unpack(content))
        elif kind == b"M":
            (time,) = struct.unpack_from("<I", content)
            first = content[4:].split(b"\0")[0].splitlines()[:1]
            self.messages.append((self._block, float(time), _decoded(b"".join(first)).strip()))
        elif kind == b"E":
            self._event(*process.EVENT.unpack(content))

    def _turn(self, time: int, starts: int, eye: int, rate: float) -> None:
        if starts and eye not in _EYES:
            self._warnings["starts of recording without an eye"] += 1
        elif starts:
            rate = rate if 0 < rate < math.inf else math.nan
            number = len(self.blocks) + 1
            self.blocks.append([number, float(time), math.nan, _EYES[eye], rate])
            self._block = number
        elif self._block and time >= self.blocks[-1][1]:
            self.blocks[-1][2] = float(time)
            self._block = 0
        else:
            self._warnings["ends of recording without a start"] += 1

    def _event(self, kind: int, eye: int, start: int, end: int, *fields: float) -> None:
        name = _NAMES[kind]
        if eye not in (0, 1):
            self._warnings[f"{name} of no eye"] += 1
            return
        side = "LR"[eye]
        if kind in _STARTS:
            self.begun[name].add((side, float(start)))
            return
        of = dict(zip(process.EVENT_FIELDS, map(_known, fields), strict=True))
        rate = self.blocks[-1][4] if self.blocks else math.nan
        sample_ms = 1000.0 / rate if rate > 0 else 0.0
        times = sound_times(float(start), float(end), float(end - start + sample_ms))
        values: tuple[float, ...] = ()
        if name == "fixations":
            values = of["gavx"], of["gavy"], of["ava"]
        elif name == "saccades":
            values = of["gstx"], of["gsty"], of["genx"], of["geny"], _amplitude(of), of["pvel"]
        self.events[name].append((self._block, side, *times, *values))


def _amplitude(of: dict[str, float]) -> float:
    """Return the degrees between start and end, as SR Research's manual of the library gives it."""
    x_per_deg = (of["supd_x"] + of["eupd_x"]) / 2
    y_per_deg = (of["supd_y"] + of["eupd_y"]) / 2
    if not (x_per_deg > 0 and y_per_deg > 0):
        return math.nan
    return math.hypot((of["genx"] - of["gstx"]) / x_per_deg, (of["geny"] - of["gsty"]) / y_per_deg)


def _known(value: float) -> float:
    return value if abs(value) < _MISSING and value != -32768 else math.nan


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _frames(path: Path, what: str, warnings: Counter[str]) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of what `edf_process` reads; start it again after a crash."""
    seconds = _SECONDS + _SECONDS_A_MB * path.stat().st_size / 2**20
    first_attempt = -1
    for _ in range(_MOST_CRASHES):
        command = [sys.executable, "-P", process.__file__, str(path), what, str(first_attempt)]
        try:
            output = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds
            ).stdout
        except subprocess.TimeoutExpired as expired:
            output = expired.output or b""
        frames = list(_split(output))
        kinds = [kind for kind, _ in frames]
        attempts = [struct.unpack("<I", content)[0] for kind, content in frames if kind == b"A"]
        lost = max(attempts, default=-1)
        if b"P" in kinds:
            warnings["bytes at the end of a file that was cut"] += max(lost, 0)
            warnings["file that was cut"] += lost >= 0
            warnings["reading broken off at damage in the file"] += b"Z" not in kinds
            yield from frames
            return
        if b"X" in kinds:
            _refuse(path, frames[kinds.index(b"X")][1].decode())
        first_attempt = lost + 1  # it crashed or hung in that attempt
    _refuse(path, "file")


def _refuse(path: Path, why: str) -> None:
    if why.startswith("library"):
        raise InputError(
            f"{path}: is an EDF file, and its library cannot be loaded ({why}); install eyelinkio, "
            f'as in pip install "guiding-gaze[analysis]", or convert it with edf2asc'
        )
    raise InputError(
        f"{path}: is an EDF file that cannot be read, damaged before its end; expected a whole "
        f"one: copy it from the tracker again, or convert it with SR Research's edf2asc"
    )


def _split(output: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the frames of an output, whose last one may be cut."""
    place = 0
    while place + process.FRAME.size <= len(output):
        kind, length = process.FRAME.unpack_from(output, place)
        place += process.FRAME.size
        if place + length > len(output):
            return
        yield kind, output[place : place + length]
        place += length


def _samples(path: Path) -> pd.DataFrame:
    """Return what `Recording.samples` promises."""
    layout = np.dtype(
        {
            "names": list(process.SAMPLE_FIELDS),
            "formats": list(process.SAMPLE_FIELDS.values()),
            "offsets": process.SAMPLE_OFFSETS,
            "itemsize": process.SAMPLE_BYTES,
        }
    )
    block, parts, eyes = 0, [], set()
    for kind, content in _frames(path, "samples", Counter()):
        if kind == b"R":
            _, starts, eye, _ = process.RECORDING.unpack(content)
            if starts and eye in _EYES:
                block += 1
                eyes |= set(_EYES[eye])
        elif kind == b"S" and block:
            raw = np.frombuffer(content, layout)
            half = 0.5 * ((raw["flags"] & _ADD_HALF) > 0)
            columns = {"block": block, "time_ms": raw["time"] + half}
            for eye, side in enumerate(("left", "right")):
                for name, field in ((f"x_{side}_px", "gx"), (f"y_{side}_px", "gy"),
                                    (f"pupil_{side}", "pa")):  # fmt: skip
                    values = raw[field][:, eye].astype(np.float64)
                    sound = (np.abs(values) < _MISSING) & (values != -32768)
                    columns[name] = np.where(sound, values, math.nan)
                # A pupil without gaze is none, as edf2asc has it, whatever was left there.
                without = np.isnan(columns[f"x_{side}_px"]) & np.isfinite(columns[f"pupil_{side}"])
                columns[f"pupil_{side}"][without] = 0.0
            parts.append(pd.DataFrame(columns))
    samples = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        {"block": pd.Series(dtype="int64"), "time_ms": pd.Series(dtype="float64")}
    )  # fmt: skip
    wanted = [
        name for name in samples.columns
        if ("left" not in name or "L" in eyes) and ("right" not in name or "R" in eyes)
    ]  # fmt: skip
    samples = samples[wanted]
    samples.attrs["unsound"] = 0
    return samples
