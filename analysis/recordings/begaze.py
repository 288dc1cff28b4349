"""Recordings of SMI's trackers: the text that BeGaze and the IDF Converter export.

Lines of ``##`` come first, among them ``## Calibration Area:`` with the pixels of the screen, then
a header with ``Time`` (microseconds) and ``Type``: ``SMP`` of a sample, ``MSG`` of a message, whose
text follows ``# Message:``. Gaze stands in ``L POR X [px]``, ``L POR Y [px]`` and those of ``R``,
both 0 where the eye was lost; pupils in ``L Pupil Diameter [mm]`` or ``L Mapped Diameter [mm]``;
the program's own events in ``L Event Info`` and ``R Event Info`` (``Fixation``, ``Saccade``,
``Blink``), or ``B Event Info`` of both eyes together; ``B POR X [px]`` alone stands in place of the
left eye's. pymovements' ``from_begaze`` reads it too, but neither the messages nor lost gaze as
lost.

BeGaze's other table, "raw data", has ``RecordingTime [ms]``, ``Point of Regard Left X [px]``,
``Pupil Diameter Left [mm]``, ``Category Left`` (``Visual Intake`` of glasses is a fixation), those
of ``Right`` or ``Binocular``, and ``Stimulus``; it is read as the first.

As in BeGaze a message that is the name of a picture (``beach.jpg``) begins the trial on which it is
shown; without any the column ``Stimulus`` says.
"""

import math
import re
from pathlib import Path

import numpy as np

from analysis.recordings.intervals import sampling_interval_ms
from analysis.recordings.recording import Recording
from analysis.recordings.vendor_checks import check_pixels, check_times
from analysis.recordings.vendor_tables import (
    VendorTable,
    eye_samples,
    read_vendor_table,
    runs_of,
    shown_messages,
    vendor_recording,
)
from stimuli.support.errors import InputError

HEADER = ("Time", "Type")
RAW_HEADER = ("RecordingTime [ms]", "Point of Regard")
_RAW_NAMES = {
    name.format(eye): own.format(eye[0])
    for eye in ("Left", "Right", "Binocular")
    for name, own in (
        ("Point of Regard {} X [px]", "{} POR X [px]"),
        ("Point of Regard {} Y [px]", "{} POR Y [px]"),
        ("Pupil Diameter {} [mm]", "{} Pupil Diameter [mm]"),
        ("Category {}", "{} Event Info"),
    )
}
_FIXATIONS = ("fixation", "visual intake")
_AREA = re.compile(r"## Calibration Area:\s*([0-9]{1,6})\s+([0-9]{1,6})\s*")
_RATE = re.compile(r"## Sample Rate:\s*([0-9]{1,5}(?:\.[0-9]{1,6})?)\s*")
_MESSAGE = re.compile(r"#\s*Message:\s*")
_PICTURE = re.compile(r"(?:UE-)?(\S.*\.(?:jpe?g|png|bmp|gif|tiff?))", re.IGNORECASE)
# Between samples, of trackers from 20 to 2500 a second.
_STEP_US = (400.0, 50_000.0)


def read_begaze(path: str | Path, screen_px: tuple[int, int] | None = None) -> Recording:
    """Read a text of samples and messages that BeGaze or the IDF Converter exported.

    Parameters
    ----------
    screen_px
        Width and height of the screen, where the file has no ``## Calibration Area``.

    Raises
    ------
    InputError
        If no eye has its point of regard in pixels, or times are no microseconds.
    """
    table = read_vendor_table(path, HEADER, RAW_HEADER)
    if table.has("RecordingTime [ms]"):
        _take_raw_names(table)
    kind = table.text("Type").str.upper().to_numpy()
    eyes = "".join(one for one in "LR" if table.has(f"{one} POR X [px]", f"{one} POR Y [px]"))
    if not eyes and table.has("B POR X [px]", "B POR Y [px]"):
        names = [str(name) for name in table.texts if str(name).startswith("B ")]
        table.texts = table.texts.rename(columns={name: f"L{name[1:]}" for name in names})
        eyes = "L"
    if not eyes:
        table.need("L POR X [px]", "L POR Y [px]")
    time_us = table.number("Time")
    rows = table.where_true(kind == "SMP")
    stamps_us = time_us[kind == "SMP"]
    check_times(rows, "Time", stamps_us)
    step_us = sampling_interval_ms(stamps_us)
    if not _STEP_US[0] <= step_us <= _STEP_US[1]:
        raise InputError(
            f"{path}: Time steps by {step_us:g} from sample to sample; expected microseconds, "
            f"{_STEP_US[0]:g} to {_STEP_US[1]:g}"
        )
    columns = [column for eye in eyes for column in _gaze(rows, eye)]
    check_pixels(rows, "POR", *(columns[at] for at in range(len(columns)) if at % 3 < 2))
    time_ms = stamps_us / 1000
    samples = eye_samples(time_ms, eyes, columns)
    events = [_events(rows, eye, time_ms, columns[3 * at : 3 * at + 3], step_us / 1000)
              for at, eye in enumerate(eyes)]  # fmt: skip
    told = _messages(table, kind == "MSG", time_us / 1000)
    area = next(filter(None, map(_AREA.fullmatch, table.remarks)), None)
    return vendor_recording(
        table, samples, eyes, messages=[*_shown(told, rows, time_ms), *told],
        fixations=sorted((one for found, _ in events for one in found), key=lambda row: row[2]),
        blinks=sorted((one for _, found in events for one in found), key=lambda row: row[2]),
        screen_px=(int(area[1]), int(area[2])) if area else screen_px,
        rate_hz=_stated_hz(table, 1e6 / step_us),
    )  # fmt: skip


def _stated_hz(table: VendorTable, measured_hz: float) -> float:
    """Return the samples a second that the file states, NaN if it has others."""
    match = next(filter(None, map(_RATE.fullmatch, table.remarks)), None)
    stated = float(match[1]) if match else math.nan
    return stated if abs(stated - measured_hz) < 0.05 * measured_hz else math.nan


def _take_raw_names(table: VendorTable) -> None:
    """Name the columns of a "raw data" table as those of the first; its times become microseconds.

    Raises
    ------
    InputError
        If it holds several participants.
    """
    people = [one for one in table.text("Participant").unique() if one]
    if len(people) > 1:
        raise InputError(
            f"{table.where}: Participant is {', '.join(map(repr, people[:3]))}, of {len(people)}; "
            f"expected one; export each to a file of its own"
        )
    texts = table.texts.rename(columns=_RAW_NAMES)
    categories = texts.filter(regex="^[LRB] Event Info$").apply(lambda column: column.str.lower())
    own = ~(categories == "user event").any(axis=1)
    table.texts = texts[own]
    time_us = 1000 * table.number("RecordingTime [ms]")
    table.texts = table.texts.assign(Time=[f"{one:.3f}" for one in time_us], Type="SMP")


def _gaze(rows: VendorTable, eye: str) -> list[np.ndarray]:
    """Return x, y and pupil of an eye; what is 0 in both, not valid or in a blink, was lost."""
    x, y = (rows.number(f"{eye} POR {axis} [px]") for axis in "XY")
    lost = ((x == 0) & (y == 0)) | (_labels(rows, eye) == "blink")
    # Of an eye that is not seen some converters repeat the other's gaze. Others tell of neither.
    if any((rows.number(f"{one} Validity") > 0).any() for one in "LR"):
        lost |= rows.number(f"{eye} Validity") == 0
    x[lost] = y[lost] = math.nan
    names = [f"{eye} Pupil Diameter [mm]", f"{eye} Mapped Diameter [mm]", f"{eye} Dia X [px]"]
    pupil = rows.number(next((name for name in names if rows.has(name)), names[0]))
    pupil[lost | (pupil == 0)] = math.nan
    return [x, y, pupil]


def _labels(rows: VendorTable, eye: str) -> np.ndarray:
    known = (f"{eye} Event Info", "B Event Info", "Info")
    name = next((one for one in known if rows.has(one)), "Info")
    return rows.text(name).str.lower().to_numpy()


def _events(
    rows: VendorTable, eye: str, time_ms: np.ndarray, gaze: list[np.ndarray], step_ms: float
) -> tuple[list[tuple], list[tuple]]:
    """Return the program's own fixations and blinks of an eye."""
    fixations: list[tuple] = []
    blinks: list[tuple] = []
    for label, first, last in runs_of(_labels(rows, eye).tolist()):
        start, end = float(time_ms[first]), float(time_ms[last])
        event = (1, eye, start, end, end - start + step_ms)
        if label in _FIXATIONS:
            own = [column[first : last + 1] for column in gaze]
            known = [column[np.isfinite(column)] for column in own]
            means = (float(one.mean()) if len(one) else math.nan for one in known)
            fixations.append((*event, *means))
        elif label == "blink":
            blinks.append(event)
    return fixations, blinks


def _messages(table: VendorTable, which: np.ndarray, time_ms: np.ndarray) -> list[tuple]:
    """Return the texts of messages, which stand in the cell after the trial's number."""
    texts = map(message_text, table.texts[which].iloc[:, 3])
    return [
        (1, float(time), text)
        for time, text in zip(time_ms[which], texts, strict=True)
        if text and math.isfinite(time)
    ]


def message_text(cell: object) -> str:
    """Return a message without the words that mark it."""
    return _MESSAGE.sub("", str(cell), count=1)


def pictures(told: list[tuple], last_ms: float) -> list[tuple[str, float, float]]:
    """Return the pictures that messages ``(block, time_ms, text)`` name, each until the next."""
    starts = [(match[1], time) for _, time, text in told
              if (match := _PICTURE.fullmatch(text.strip()))]  # fmt: skip
    return _until_the_next(starts, last_ms)


def _until_the_next(
    starts: list[tuple[str, float]], last_ms: float
) -> list[tuple[str, float, float]]:
    if not starts:
        return []
    ends = [*(start for _, start in starts[1:]), max(last_ms, starts[-1][1])]
    return [(name, start, end) for (name, start), end in zip(starts, ends, strict=True) if name]


def _shown(told: list[tuple], rows: VendorTable, time_ms: np.ndarray) -> list[tuple]:
    """Return messages of the pictures that were shown, each until the next."""
    last_ms = float(time_ms[-1])
    named = [(str(name), float(time_ms[first]))
             for name, first, _ in runs_of(rows.text("Stimulus").tolist())]  # fmt: skip
    shown = pictures(told, last_ms) or _until_the_next(named, last_ms)
    return shown_messages(shown, [1] * len(shown))
