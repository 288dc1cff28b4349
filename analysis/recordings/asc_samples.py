"""Gaze samples of an ASC file: what `analysis.recordings.recording.Recording.samples` promises.

In come the lines of the file and what its blocks hold; out comes one table. Positions are read only
where the file says that they are gaze: HREF and raw pupil coordinates are no pixels.
"""

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.recordings.asc_text import MISSING, MISSING_BEYOND, decoded, number
from analysis.recordings.recording import sample_columns
from stimuli.support.errors import InputError

GAZE = "GAZE"
_MORE_COLUMNS = 40  # velocity, resolution, input, flags, head target
_EXAMPLES = 3
_MOST_WORDS = 14  # of two eyes: time, positions and pupils, velocities, resolution, input
_DOUBLED_HZ = 2000  # above 1000 Hz the whole milliseconds of a stamp hold two samples
_BARE = re.compile(rb"[0-9]+(?:[.,][0-9]+)?(?:[\t ]+(?:-?[0-9]+(?:[.,][0-9]+)?|\.)){3,6}\s.*")


@dataclass(frozen=True)
class SampleBlock:
    """Eyes (``L``, ``R`` or ``LR``), samples a second, coordinates and start of a block."""

    eyes: str
    rate_hz: float
    coordinates: str = GAZE
    start_ms: float = -math.inf


def bare_block(lines: Sequence[bytes]) -> list | None:
    """Return the one block of a file that holds sample lines alone, as ``edf2asc -s`` writes them.

    The file does not say which eye it is: one is taken for the left.

    Returns
    -------
    block
        ``[number, start_ms, end_ms, eyes, rate_hz]``, or None if the lines are no samples.
    """
    filled = [line for line in lines if line.strip()]
    looked_at = [*filled[:5], filled[-1]] if len(filled) > 1 else []
    if not looked_at or not all(map(_BARE.fullmatch, looked_at)):
        return None
    if any(len(line.split()) > _MOST_WORDS and line.split()[-1][-1:].isdigit()
           for line in looked_at):  # fmt: skip
        return None  # numbers to the end: of another tracker
    # After two triples the flags, or what else there is, begin later than after one.
    words = filled[0].split()[4:7]
    eyes = "LR" if len(words) == 3 and all(_is_value(word) for word in words) else "L"
    read = [number(decoded(line.split(None, 1)[0])) for line in [*filled[:200], filled[-1]]]
    times = np.array([time for time in read if time is not None])
    steps_ms = np.diff(times[:-1])
    rate_hz = math.nan
    if len(steps_ms):
        doubled = (steps_ms == 0).mean() > 0.4
        interval_ms = 1000 / _DOUBLED_HZ if doubled else float(np.median(steps_ms))
        rate_hz = 1000 / interval_ms if interval_ms > 0 else math.nan
    return [1, float(times[0]), float(max(times[-1], times[0])), eyes, rate_hz]


def read_samples(
    lines: Iterable[bytes], blocks: Sequence[SampleBlock], where: str, *, bare: bool
) -> pd.DataFrame:
    """Return the samples of all blocks.

    Parameters
    ----------
    bare
        Whether the lines have no START, and are those of the one block.

    Raises
    ------
    InputError
        If the samples of a block are in other coordinates than gaze.
    """
    gathered = [list(lines)] if bare else _lines_of(lines, blocks)
    parts, bad, bad_ms = [], [], []
    for block, (one, found) in enumerate(zip(blocks, gathered, strict=True), start=1):
        if not found or not one.eyes:
            continue
        if one.coordinates != GAZE:
            raise InputError(
                f"{where}: samples of recording block {block} are in {one.coordinates} "
                f"coordinates, which are no pixels; expected GAZE; convert the EDF with edf2asc "
                f"anew, without -sh and -sp"
            )
        part, unsound, unsound_ms = _block_samples(found, one)
        part.insert(0, "block", block)
        parts.append(part)
        bad += unsound
        bad_ms += unsound_ms
    samples = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        {"block": pd.Series(dtype="int64"), "time_ms": pd.Series(dtype="float64")}
    )  # fmt: skip
    samples.attrs["unsound"] = len(bad)
    samples.attrs["unsound_ms"] = tuple(bad_ms)
    samples.attrs["unsound_lines"] = [decoded(line) for line in bad[:_EXAMPLES]]
    return samples


def _lines_of(lines: Iterable[bytes], blocks: Sequence[SampleBlock]) -> list[list[bytes]]:
    """Return the sample lines of every block.

    What begins with a digit between two blocks belongs to what the tracker told of a calibration.
    """
    gathered: list[list[bytes]] = [[] for _ in blocks]
    begun, within = 0, False
    for line in lines:
        if line[:1].isdigit():
            if within:
                gathered[begun - 1].append(line)
        elif line.startswith((b"START", b"END")):
            kind, *words = decoded(line).split()
            time_ms = number(words[0]) if words else None
            if kind == "START":
                # After one that cannot be read come samples all the same.
                begun += time_ms is not None
                within = begun > 0
            elif kind == "END" and begun and time_ms is not None:
                within &= time_ms < blocks[begun - 1].start_ms
    return gathered


def _block_samples(
    lines: list[bytes], block: SampleBlock
) -> tuple[pd.DataFrame, list[bytes], list[float]]:
    """Return the samples of a block, the lines that could not be read as they should, and when.

    Lines without a time of their own have none.
    """
    names = sample_columns(block.eyes)
    if any(b"\t" not in line for line in lines):
        lines = [b"\t".join(line.split()) for line in lines]
    # A header of its own: lines may have more columns than are read, and mutilated ones fewer.
    header = "\t".join([*names, *(f"more {n}" for n in range(_MORE_COLUMNS))]).encode()
    table = b"\n".join([header, *lines])
    read = pd.read_csv(
        io.BytesIO(table.replace(b",", b".") if b"," in table else table), sep="\t", usecols=names,
        dtype=str, encoding="latin-1", on_bad_lines="skip", quoting=3, index_col=False,
        keep_default_na=False,
    )[names]  # fmt: skip
    texts = read.apply(lambda column: column.str.strip())
    numbers = texts.apply(pd.to_numeric, errors="coerce").astype("float64")
    numbers = numbers.replace([math.inf, -math.inf], math.nan)
    unsound = np.zeros(len(numbers), dtype=bool)
    for at in range(1, len(names), 3):
        unsound |= _without_missing(texts, numbers, names[at : at + 3])
    sound = numbers["time_ms"].notna().to_numpy()
    bad = list(np.flatnonzero(unsound | ~sound))
    skipped = len(lines) - len(numbers)
    unread = [lines[at] for at in bad] if not skipped else [b""] * (len(bad) + skipped)
    unsound_ms = numbers["time_ms"].to_numpy()[unsound & sound].tolist()
    numbers = numbers[sound].reset_index(drop=True)
    if block.rate_hz == _DOUBLED_HZ:
        time_ms = numbers["time_ms"].to_numpy(copy=True)
        again = np.flatnonzero(time_ms[1:] == time_ms[:-1]) + 1
        time_ms[again] += 1000 / _DOUBLED_HZ
        numbers["time_ms"] = time_ms
    return numbers, unread, unsound_ms


def _without_missing(texts: pd.DataFrame, numbers: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Make missing values of one eye NaN, in place; return which rows hold what is no value.

    ``edf2asc -miss`` names another word or number, which then stands for both coordinates of a
    sample without a pupil.
    """
    x, y, pupil = names
    unread = numbers[names].isna().to_numpy()
    lost = (numbers[pupil] == 0).to_numpy() | (unread.all(axis=1))
    rows = np.flatnonzero(lost | unread[:, :2].any(axis=1))
    x_text, y_text = texts[x].to_numpy()[rows], texts[y].to_numpy()[rows]
    alike = np.array([a == b for a, b in zip(x_text, y_text, strict=True)], dtype=bool)
    gone = rows[alike & (lost[rows] | unread[rows, 0])]
    if len(gone):
        numbers.loc[numbers.index[gone], [x, y]] = math.nan
    beyond = numbers[[x, y]].abs().max(axis=1).to_numpy() >= MISSING_BEYOND
    if beyond.any():
        numbers.loc[beyond, [x, y]] = math.nan
    bad = np.zeros(len(numbers), dtype=bool)
    for at, name in enumerate(names):
        where = np.flatnonzero(unread[:, at])
        bad[where] |= np.array([not _is_missing(text) for text in texts[name].to_numpy()[where]],
                               dtype=bool)  # fmt: skip
    bad[gone] = False
    return bad


def _is_missing(text: object) -> bool:
    return isinstance(text, str) and text.lower() in MISSING


def _is_value(word: bytes) -> bool:
    return word == b"." or number(decoded(word)) is not None
