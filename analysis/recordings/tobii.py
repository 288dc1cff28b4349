"""Recordings of a Tobii: the table of samples that Tobii Pro Lab, or Tobii Studio, exports.

The columns that readers of its exports know: ``Recording timestamp`` (ms or
microseconds from its start, as chosen at the export; newer programs write ``[ms]`` or ``[μs]``),
``Gaze point X`` and ``Y`` (both eyes together, in pixels of the display from its top left corner;
``Gaze point left X``, ... of each eye), ``Validity left`` and ``right`` (``Valid``, ``Invalid``),
``Pupil diameter left`` and ``right``; the program's own fixations in ``Eye movement type``, ``Eye
movement type index``, ``Gaze event duration`` (in newer programs ``Eye movement event duration``;
ms, or microseconds where time stamps are) and ``Fixation point X`` and ``Y``; which image
was shown in ``Event`` and ``Event value`` (``ImageStimulusStart``, ``ImageStimulusEnd``), or else
in ``Presented Stimulus name`` (``Presented Media name``); and ``Recording resolution width`` and
``height``. The gaze of both eyes together stands in place of the left eye's.

Tobii Studio wrote its names in one word (``RecordingTimestamp``, ``GazePointX (ADCSpx)``,
``GazeEventType``, ``FixationIndex``, ``MediaName``); they are read as those above. Its fixations
lie in pixels of the medium, so that their places are the means of their gaze.
"""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.recordings.intervals import sampling_interval_ms
from analysis.recordings.recording import Recording
from analysis.recordings.vendor_checks import check_pixels, check_times
from analysis.recordings.vendor_tables import (
    VendorTable,
    eye_samples,
    mean_of_known,
    read_vendor_table,
    runs_of,
    shown_messages,
    vendor_recording,
)
from stimuli.support.errors import InputError

HEADER = ("Recording timestamp", "Gaze point")
STUDIO_HEADER = ("RecordingTimestamp", "GazePoint")
_OTHER_NAMES = {
    "Eye movement event duration": "Gaze event duration",
    "RecordingTimestamp": "Recording timestamp",
    "ParticipantName": "Participant name",
    "RecordingName": "Recording name",
    **{f"GazePoint{eye}{axis}": f"Gaze point {eye.lower()} {axis}".replace("  ", " ")
       for eye in ("", "Left", "Right") for axis in "XY"},
    **{f"Pupil{eye}": f"Pupil diameter {eye.lower()}" for eye in ("Left", "Right")},
    **{f"Validity{eye}": f"Validity {eye.lower()}" for eye in ("Left", "Right")},
    "GazeEventType": "Eye movement type",
    "GazeEventDuration": "Gaze event duration",
    "FixationIndex": "Eye movement type index",
    "MediaName": "Presented Media name",
    "StudioEvent": "Event",
    "StudioEventData": "Event value",
}  # fmt: skip
_OF_SAMPLES = ("Eyetracker timestamp", "EyeTrackerTimestamp", "GazePointIndex")
_UNIT = re.compile(r"(.*?)\s*[\[(]\s*(ms|s|[uμµ]s|(?:DACS|ADCS)?\s*px|mm)\s*[\])]")
_RESOLUTION = re.compile(r"([0-9]{2,5})\s*x\s*([0-9]{2,5})")
_MS = {"ms": 1.0, "us": 1e-3, "μs": 1e-3, "µs": 1e-3, "s": 1e3}
# Between samples, of trackers from 20 to 2500 a second: nothing is as much in both units.
_STEP_MS, _STEP_US = (0.4, 50.0), (400.0, 50_000.0)
_INVALID = ("invalid", "2", "3", "4")  # Tobii Studio's codes: 0 and 1 are of a found eye


def read_tobii(path: str | Path, screen_px: tuple[int, int] | None = None) -> Recording:
    """Read a table of samples of one recording that Tobii Pro Lab exported, TSV or CSV.

    Parameters
    ----------
    screen_px
        Width and height of the display, where the table does not say.

    Raises
    ------
    InputError
        If a column is missing, gaze is not in pixels, times have no unit that can be told, or the
        table holds several recordings.
    """
    table = read_vendor_table(path, HEADER, STUDIO_HEADER)
    units: dict[str, str] = {}
    names: dict[str, str] = {}
    for name in table.texts.columns:
        if match := _UNIT.fullmatch(name):
            units[match[1]] = match[2].strip()
            names[name] = match[1]
    table.texts = table.texts.rename(columns=names).rename(columns=_OTHER_NAMES)
    table.texts = table.texts.loc[:, ~table.texts.columns.duplicated()]
    _check_one_recording(table)
    stamps = table.number("Recording timestamp")
    check_times(table, "Recording timestamp", stamps)
    samples_of = _sample_rows(table)
    factor = _milliseconds(table, units.get("Recording timestamp"), stamps[samples_of])
    time_ms = stamps * factor
    rows = table.where_true(samples_of)
    eyes, columns = _gaze(rows)
    samples = eye_samples(time_ms[samples_of], eyes, columns)
    return vendor_recording(
        table, samples, eyes, fixations=_fixations(rows, time_ms[samples_of], samples),
        messages=[*_events(table, time_ms), *_shown(table, time_ms)],
        screen_px=_screen(table) or screen_px,
    )  # fmt: skip


def _screen(table: VendorTable) -> tuple[int, int] | None:
    """Return width and height of the display, None where the table does not say."""
    size = [table.number(f"Recording resolution {side}") for side in ("width", "height")]
    known = [side[np.isfinite(side)] for side in size]
    if all(len(side) for side in known):
        return int(known[0][0]), int(known[1][0])
    of_studio = map(_RESOLUTION.fullmatch, table.text("RecordingResolution").unique())
    match = next(filter(None, of_studio), None)
    return (int(match[1]), int(match[2])) if match else None


def _check_one_recording(table: VendorTable) -> None:
    for name in ("Participant name", "Recording name"):
        found = [one for one in table.text(name).unique() if one]
        if len(found) > 1:
            raise InputError(
                f"{table.where}: {name} is {', '.join(map(repr, found[:3]))}, of {len(found)}; "
                f"expected one recording; export each to a file of its own"
            )


def _sample_rows(table: VendorTable) -> np.ndarray:
    """Return which rows are of the eye tracker: others have events, the mouse or other sensors."""
    sensor = table.text("Sensor").str.lower()
    if (sensor == "eye tracker").any():
        return (sensor == "eye tracker").to_numpy()
    for name in _OF_SAMPLES:
        if (counted := table.text(name) != "").any():
            return counted.to_numpy()
    # The row of an event repeats the fixation that was under way.
    gaze = [name for name in table.texts if str(name).startswith("Gaze point")]
    empty = (table.texts[gaze] == "").all(axis=1)
    validity = [name for name in table.texts if str(name).startswith("Validity")]
    unseen = (table.texts[validity] == "").all(axis=1) if validity else table.text("Event") != ""
    return ~(empty & (unseen | (table.text("Event") != ""))).to_numpy()


def _milliseconds(table: VendorTable, unit: str | None, stamps: np.ndarray) -> float:
    """Return what a time stamp is to be multiplied with."""
    if unit in _MS:
        return _MS[unit]
    step = sampling_interval_ms(stamps)
    for (least, most), factor in ((_STEP_MS, 1.0), (_STEP_US, 1e-3)):
        if least <= step <= most:
            return factor
    raise InputError(
        f"{table.where}: Recording timestamp steps by {step:g} from sample to sample; expected "
        f"{_STEP_MS[0]:g} to {_STEP_MS[1]:g} (ms) or {_STEP_US[0]:g} to {_STEP_US[1]:g} "
        f"(microseconds); write its unit into the header, as 'Recording timestamp [ms]'"
    )


def _gaze(rows: VendorTable) -> tuple[str, list[np.ndarray]]:
    """Return the eyes, and x, y and pupil of each."""
    lost = {side: rows.text(f"Validity {side}").str.lower().isin(_INVALID).to_numpy()
            for side in ("left", "right")}  # fmt: skip
    pupils = {side: rows.number(f"Pupil diameter {side}") for side in ("left", "right")}
    for pupil in pupils.values():
        pupil[pupil <= 0] = math.nan  # Tobii Studio writes -1, in most samples of fast trackers
    if rows.has("Gaze point X", "Gaze point Y"):
        x, y = rows.number("Gaze point X"), rows.number("Gaze point Y")
        neither = lost["left"] & lost["right"]
        x[neither] = y[neither] = math.nan
        columns, eyes = [x, y, mean_of_known(list(pupils.values()))], "L"
    else:
        rows.need("Gaze point left X", "Gaze point left Y", "Gaze point right X",
                  "Gaze point right Y")  # fmt: skip
        columns, eyes = [], "LR"
        for side in ("left", "right"):
            x, y = (rows.number(f"Gaze point {side} {axis}") for axis in "XY")
            x[lost[side]] = y[lost[side]] = math.nan
            columns += [x, y, pupils[side]]
    check_pixels(rows, "Gaze point", *(columns[at] for at in range(len(columns)) if at % 3 < 2))
    return eyes, columns


def _fixations(rows: VendorTable, time_ms: np.ndarray, samples: pd.DataFrame) -> list[tuple]:
    """Return the program's own fixations, rows as `Recording.fixations` has them."""
    kinds = rows.text("Eye movement type").str.lower()
    index = rows.text("Eye movement type index")
    labels = [f"{kind} {number}" for kind, number in zip(kinds, index, strict=True)]
    lasted = _durations_ms(rows, time_ms, labels)
    places = [rows.number(f"Fixation point {axis}") for axis in "XY"]
    means = [mean_of_known([*samples.filter(like=axis).to_numpy().T]) for axis in ("x_", "y_")]
    step_ms = sampling_interval_ms(time_ms)
    found = []
    for label, first, last in runs_of(labels):
        if not str(label).startswith("fixation"):
            continue
        own = slice(first, last + 1)
        x, y = (_mean(place[own]) for place in places)
        if math.isnan(x) or math.isnan(y):
            x, y = (_mean(mean[own]) for mean in means)
        start, end = float(time_ms[first]), float(time_ms[last])
        duration = _mean(lasted[own])
        duration = end - start + step_ms if math.isnan(duration) else duration
        found.append((1, "L", start, end, duration, x, y, math.nan))
    return found


def _durations_ms(rows: VendorTable, time_ms: np.ndarray, labels: list[str]) -> np.ndarray:
    """Return how long the event of every sample lasted.

    Without a unit in the header they are milliseconds, unless events then lasted a hundred times
    as long as their samples: in tables of microseconds some programs write these too.
    """
    lasted = rows.number("Gaze event duration")
    ratios = [
        lasted[first] / (time_ms[last] - time_ms[first])
        for label, first, last in runs_of(labels)
        if str(label).startswith("fixation") and last > first and time_ms[last] > time_ms[first]
    ]
    known = [ratio for ratio in ratios if math.isfinite(ratio)]
    return lasted / 1000 if known and np.median(known) > 100 else lasted


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def _events(table: VendorTable, time_ms: np.ndarray) -> list[tuple]:
    events, values = table.text("Event"), table.text("Event value")
    return [
        (1, float(time_ms[at]), f"{event} {value}".strip())
        for at, (event, value) in enumerate(zip(events, values, strict=True)) if event
    ]  # fmt: skip


def _shown(table: VendorTable, time_ms: np.ndarray) -> list[tuple]:
    """Return messages of the images that were shown, by events or else by the stimulus' column."""
    shown: list[tuple[str, float, float]] = []
    events, values = table.text("Event").to_numpy(), table.text("Event value").to_numpy()
    starts = np.flatnonzero(events == "ImageStimulusStart")
    for start in starts:
        later = [at for at in np.flatnonzero(events == "ImageStimulusEnd")
                 if at > start and values[at] == values[start]]  # fmt: skip
        gone = later[0] if later else len(events) - 1
        shown.append((str(values[start]), float(time_ms[start]), float(time_ms[gone])))
    if not shown:
        column = "Presented Stimulus name"
        if not table.has(column):
            column = "Presented Media name"
        for name, first, last in runs_of(table.text(column).tolist()):
            if name:
                gone = min(last + 1, len(time_ms) - 1)
                shown.append((str(name), float(time_ms[first]), float(time_ms[gone])))
    return shown_messages(shown, [1] * len(shown))
