"""Recordings of other trackers: a plain table of gaze samples, and BIDS ``physio``.

A plain table has a header and one row a sample, separated by commas, tabs or semicolons:
``time_ms`` (milliseconds, on any clock), then ``x_px`` and ``y_px`` of one eye, or ``x_left_px``,
``y_left_px``, ``x_right_px``, ``y_right_px``, in pixels of the screen from the top left, of which
whole numbers are the centres; and if known ``pupil`` (``pupil_left``, ``pupil_right``), ``block``
(a number, another one after every pause) and ``message`` (what the experiment told the tracker,
such as ``TRIALID 7``; a row of a message alone needs no position). One eye without a name is taken
for the left. `analysis.events --samples` writes such tables.

BIDS has samples without a header, gzipped, and a JSON file beside them that names their columns;
events of the tracker's parser and messages stand in ``physioevents``, where it is there.
"""

import io
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.recordings.asc_text import MISSING, decoded_table, text_lines
from analysis.recordings.intervals import sampling_interval_ms
from analysis.recordings.recording import Recording, assemble, sample_columns
from stimuli.contract.study import PHYSIO
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import read_json

_ONE_EYE = {"x_px": "x_left_px", "y_px": "y_left_px", "pupil": "pupil_left"}
_BIDS = {"x_coordinate": "x", "y_coordinate": "y", "pupil_size": "pupil"}
_MS = {"ms": 1.0, "msec": 1.0, "millisecond": 1.0, "milliseconds": 1.0,
       "s": 1000.0, "sec": 1000.0, "second": 1000.0, "seconds": 1000.0}  # fmt: skip
_EXPECTED = "time_ms, then x_px and y_px, or x_left_px, y_left_px, x_right_px, y_right_px"


def separator_of(header: str) -> str | None:
    """Return what separates the columns of a plain table of samples, None if it is none."""
    for separator in (",", "\t", ";"):
        if "time_ms" in [cell.strip().strip('"') for cell in header.split(separator)]:
            return separator
    return None


def read_sample_table(path: str | Path) -> Recording:
    """Read a plain table of samples, gzipped or not; see the module's first lines.

    Raises
    ------
    InputError
        If a column is missing, or a value is no number.
    """
    warnings: Counter[str] = Counter()
    lines = text_lines(Path(path).read_bytes(), str(path), warnings, cut=False)
    separator = separator_of(lines[0].decode("utf-8", "replace")) if lines else None
    if separator is None:
        raise InputError(f"{path}: is no table of samples; expected a header with {_EXPECTED}")
    table = pd.read_csv(
        io.StringIO(decoded_table(lines)), sep=separator, dtype=str,
        keep_default_na=False, skipinitialspace=True,
    )  # fmt: skip
    table.columns = [name.strip() for name in table.columns]
    table = table.rename(columns=_ONE_EYE)
    eyes = "".join(eye for eye, side in (("L", "left"), ("R", "right")) if f"x_{side}_px" in table)
    for name in ["time_ms", *(f"y_{'left' if eye == 'L' else 'right'}_px" for eye in eyes or "L")]:
        if not eyes or name not in table:
            name = name if eyes else "x_px"
            raise InputError(
                f"{path}: column {name!r} is missing; expected {_EXPECTED}"
                f"{nearest(name, table.columns)}"
            )
    numbers = {
        name: _numbers(table[name], f"{path}: {name}", comma=separator == ";")
        for name in ["block", *sample_columns(eyes)] if name in table
    }  # fmt: skip
    messages = table["message"] if "message" in table else pd.Series([""] * len(table))
    samples = pd.DataFrame({name: numbers.get(name, math.nan) for name in sample_columns(eyes)},
                           index=table.index)  # fmt: skip
    if samples["time_ms"].isna().any():
        line = int(np.flatnonzero(samples["time_ms"].isna())[0]) + 2
        raise InputError(f"{path}, line {line}: time_ms is missing; expected milliseconds")
    samples.insert(0, "block", _blocks(numbers.get("block"), len(table)))
    told = [
        (int(block), float(time), str(text).strip())
        for block, time, text in zip(samples["block"], samples["time_ms"], messages, strict=True)
        if str(text).strip().lower() not in ("", "n/a")
    ]
    positions = samples[[name for name in sample_columns(eyes) if "_px" in name]]
    alone = positions.isna().all(axis=1) & (messages.str.strip() != "").to_numpy()
    gaze = samples[~alone]
    return recording_of_samples(gaze.reset_index(drop=True), eyes, told, warnings, {})


def read_physio(path: str | Path) -> Recording:
    """Read a BIDS recording of gaze, ``..._physio.tsv.gz`` with its JSON file beside it.

    Raises
    ------
    InputError
        If the JSON file is missing, or gaze is not in pixels of the screen.
    """
    path = Path(path)
    described = _described(path)
    for name, expected in (("SampleCoordinateSystem", "gaze-on-screen"),):
        if described.get(name, expected) != expected:
            raise InputError(f"{path}: {name} is {described[name]!r}; expected {expected!r}")
    for name in ("x_coordinate", "y_coordinate"):
        units = str(_column(described, name).get("Units", "pixel")).lower()
        units = str(described.get("SampleCoordinateUnits", units)).lower()
        if units not in ("pixel", "pixels", "px"):
            raise InputError(f"{path}: {name} is in {units}; expected pixels of the screen")
    table = _headless(path, described)
    eye = "R" if str(described.get("RecordedEye", "left")).lower() == "right" else "L"
    side = "left" if eye == "L" else "right"
    if "timestamp" in table:
        time_ms = table["timestamp"] * _milliseconds(described, "timestamp", 1.0)
    else:
        start_s = float(described.get("StartTime") or 0.0)
        rate_hz = float(described.get("SamplingFrequency") or math.nan)
        time_ms = pd.Series(1000.0 * (start_s + np.arange(len(table)) / rate_hz))
    samples = pd.DataFrame({"block": 1, "time_ms": time_ms})
    for name, short in _BIDS.items():
        column = f"{short}_{side}" + ("" if short == "pupil" else "_px")
        samples[column] = table.get(name, math.nan)
    events = path.with_name(path.name.replace(PHYSIO, "_physioevents.tsv.gz"))
    found, told = _physio_events(events, eye) if events.is_file() else ({}, [])
    rate = float(described.get("SamplingFrequency") or math.nan)
    return recording_of_samples(samples, eye, told, Counter(), found, rate)


def physio_device(path: Path) -> str:
    """Return manufacturer and model of the tracker of a BIDS recording, empty if it names none."""
    described = _described(path)
    names = ("Manufacturer", "ManufacturersModelName")
    return " ".join(str(described[name]) for name in names if described.get(name))


def physio_rate_hz(path: Path) -> float | None:
    """Return the sampling frequency that a BIDS recording states."""
    return float(_described(path).get("SamplingFrequency") or 0.0) or None


def _physio_events(path: Path, eye: str) -> tuple[dict[str, list[tuple]], list[tuple]]:
    """Return events by kind and messages of a physioevents file."""
    described = _described(path)
    table = _headless(path, described, texts=("trial_type", "message"))
    onset = table["onset"] * _milliseconds(described, "onset", 1.0)
    duration = table.get("duration", pd.Series(math.nan, table.index)) * _milliseconds(
        described, "duration", 1000.0
    )
    places = [table.get(name, pd.Series(math.nan, table.index)) for name in
              ("x_coordinate", "y_coordinate")]  # fmt: skip
    found: dict[str, list[tuple]] = {"fixations": [], "blinks": []}
    told: list[tuple] = []
    kinds = table.get("trial_type", pd.Series("", table.index))
    texts = table.get("message", pd.Series("", table.index))
    for kind, start, lasted, x, y, text in zip(kinds, onset, duration, *places, texts, strict=True):
        event = (1, eye, float(start), float(start + lasted), float(lasted))
        if kind == "fixation" and math.isfinite(lasted):
            found["fixations"].append((*event, float(x), float(y), math.nan))
        elif kind == "blink" and math.isfinite(lasted):
            found["blinks"].append(event)
        if text not in ("", "n/a") and math.isfinite(start):
            told.append((1, float(start), str(text)))
    return found, told


def recording_of_samples(
    samples: pd.DataFrame, eyes: str, messages: list[tuple], warnings: Counter[str],
    events: Mapping[str, list[tuple]], rate_hz: float = math.nan, preamble: Sequence[str] = (),
) -> Recording:  # fmt: skip
    """Return the recording of a table of samples, with the events and messages that it came with.

    Parameters
    ----------
    samples : DataFrame
        As `Recording.samples` returns them.
    events
        Rows of ``fixations`` and ``blinks``, as `Recording` has them.
    rate_hz
        Samples a second; from their times where it is not known.
    """
    blocks = []
    for block in samples["block"].unique():
        times = samples.loc[samples["block"] == block, "time_ms"]
        step_ms = sampling_interval_ms(times.to_numpy())
        rate = rate_hz if rate_hz > 0 else 1000 / step_ms if step_ms > 0 else math.nan
        blocks.append((int(block), float(times.min()), float(times.max()), eyes, rate))
    samples.attrs["unsound"] = 0
    return assemble(
        fixations=list(events.get("fixations", ())), saccades=[],
        blinks=list(events.get("blinks", ())), messages=messages, blocks=blocks,
        begun={name: set() for name in ("fixations", "saccades", "blinks")}, preamble=preamble,
        warnings=warnings, read_samples=lambda: samples,
    )  # fmt: skip


def _blocks(stated: pd.Series | None, length: int) -> np.ndarray:
    """Return blocks from 1 on, a new one wherever the stated number changes."""
    if stated is None:
        return np.ones(length, dtype=np.int64)
    values = stated.ffill().fillna(0).to_numpy()
    return np.cumsum(np.append(True, values[1:] != values[:-1])).astype(np.int64)[:length]


def _numbers(texts: pd.Series, where: str, *, comma: bool = False) -> pd.Series:
    words = texts.str.strip()
    known = ~words.str.lower().isin([*MISSING, ""])
    numbers = pd.to_numeric(words.str.replace(",", ".") if comma else words, errors="coerce")
    numbers = numbers.where(np.isfinite(numbers))
    wrong = np.flatnonzero(known & numbers.isna())
    if len(wrong):
        raise InputError(
            f"{where} is {texts.iloc[wrong[0]]!r} in line {wrong[0] + 2}; expected a number or n/a"
        )
    return numbers.astype(np.float64)


def _headless(
    path: Path, described: Mapping[str, Any], texts: tuple[str, ...] = ()
) -> pd.DataFrame:
    names = list(described["Columns"])
    lines = text_lines(path.read_bytes(), str(path), Counter(), cut=False)
    table = pd.read_csv(
        io.StringIO(decoded_table([*lines, b""])), sep="\t", names=names, header=None, dtype=str,
        keep_default_na=False, quoting=3,
    )  # fmt: skip
    wanted = {"timestamp", "onset", "duration", *_BIDS}
    for name in names:
        if name in wanted and name not in texts:
            table[name] = _numbers(table[name], f"{path}: {name}")
    return table


def _described(path: Path) -> dict[str, Any]:
    sidecar = path.with_name(re.sub(r"\.tsv\.gz$", ".json", path.name))
    content = read_json(sidecar)
    if not isinstance(content, dict) or not isinstance(content.get("Columns"), list):
        raise InputError(f"{sidecar}: has no Columns; expected the names of those of {path.name}")
    return content


def _column(described: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    column = described.get(name)
    return column if isinstance(column, dict) else {}


def _milliseconds(described: Mapping[str, Any], name: str, default: float) -> float:
    return _MS.get(str(_column(described, name).get("Units", "")).lower(), default)
