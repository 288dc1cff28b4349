"""What a recording holds, whatever file it came from.

A tracker starts and stops: every stretch of recording is a block, counted from 1, and every event
and message knows the block that it was written in (0 between blocks). Times are milliseconds of
the tracker's clock, x and y the tracker's pixels.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.recordings import calibration
from analysis.recordings.tracker_errors import tracker_errors

EVENT = ("block", "eye", "start_ms", "end_ms", "duration_ms")
FIXATION = (*EVENT, "x_px", "y_px", "pupil")
SACCADE = (
    *EVENT, "x_start_px", "y_start_px", "x_end_px", "y_end_px", "amplitude_deg",
    "peak_velocity_deg_s",
)  # fmt: skip
MESSAGE = ("block", "time_ms", "text")
BLOCK = ("block", "start_ms", "end_ms", "eyes", "sample_rate_hz")
_TEXT = ("eye", "text", "eyes", "model", "result")
_WHOLE = ("block", "point")


@dataclass(frozen=True, eq=False)
class Recording:
    """What a tracker recorded: events of its own parser, messages, and samples on demand.

    Attributes
    ----------
    fixations : DataFrame
        ``block``, ``eye`` (``L`` or ``R``), ``start_ms``, ``end_ms`` (first and last sample),
        ``duration_ms``, ``x_px``, ``y_px`` (the parser's mean position), ``pupil``. What the
        tracker gives as missing is NaN, and so are start and duration of an event whose start is
        not sound.
    saccades : DataFrame
        ``block``, ``eye``, ``start_ms``, ``end_ms``, ``duration_ms``, ``x_start_px``,
        ``y_start_px``, ``x_end_px``, ``y_end_px``, ``amplitude_deg``, ``peak_velocity_deg_s``.
    blinks : DataFrame
        ``block``, ``eye``, ``start_ms``, ``end_ms``, ``duration_ms``.
    messages : DataFrame
        ``block``, ``time_ms``, ``text``.
    blocks : DataFrame
        ``block``, ``start_ms``, ``end_ms`` (NaN if it was cut off), ``eyes`` (``L``, ``R`` or
        ``LR``), ``sample_rate_hz``.
    preamble : sequence of str
        The file's opening remarks, such as the tracker's version.
    warnings : mapping
        What was not sound, with counts; empty for a whole file.

    Examples
    --------
    >>> from analysis import read_recording
    >>> recording = read_recording("demo-study/sourcedata/sub-01/s01r1.asc")
    >>> errors_deg = recording.validations["error_mean_deg"]
    >>> drifts_deg = recording.drift_checks["offset_deg"]
    """

    fixations: pd.DataFrame
    saccades: pd.DataFrame
    blinks: pd.DataFrame
    messages: pd.DataFrame
    blocks: pd.DataFrame
    preamble: Sequence[str]
    warnings: Mapping[str, int]
    read_samples: Callable[[], pd.DataFrame]

    def samples(self) -> pd.DataFrame:
        """Read the gaze samples.

        Returns
        -------
        samples : DataFrame
            ``block``, ``time_ms``, and for each recorded eye ``x_left_px``, ``y_left_px``,
            ``pupil_left`` or the same of the right; NaN where the eye was lost. Empty if the file
            holds events only. ``attrs["unsound"]`` counts sample lines that could not be read,
            ``attrs["unsound_lines"]`` has the first of them, and ``attrs["unsound_ms"]`` when they
            were, as far as their lines say.

        Raises
        ------
        InputError
            If the samples are in other coordinates than gaze.
        """
        return self.read_samples()

    @cached_property
    def calibrations(self) -> pd.DataFrame:
        """Calibrations: ``block``, ``time_ms``, ``eye``, ``model``, ``result`` (GOOD, ...)."""
        return typed_frame(calibration.calibrations(self.messages), calibration.CALIBRATION)

    @cached_property
    def validations(self) -> pd.DataFrame:
        """Validations with their errors.

        ``block``, ``time_ms``, ``eye``, ``model``, ``result``, ``error_mean_deg``,
        ``error_max_deg``, ``offset_deg``, ``x_offset_px``, ``y_offset_px``; the numbers are NaN
        where it was aborted.
        """
        return typed_frame(calibration.validations(self.messages), calibration.VALIDATION)

    @cached_property
    def validation_points(self) -> pd.DataFrame:
        """One row a point of each validation.

        ``block``, ``time_ms``, ``eye``, ``point`` (from 0), ``x_px``, ``y_px``, ``offset_deg``,
        ``x_offset_px``, ``y_offset_px``.
        """
        return typed_frame(
            calibration.validation_points(self.messages), calibration.VALIDATION_POINT
        )

    @cached_property
    def drift_checks(self) -> pd.DataFrame:
        """Drift checks: ``block``, ``time_ms``, ``eye``, ``x_px``, ``y_px``, and the offsets."""
        return typed_frame(calibration.drift_checks(self.messages), calibration.DRIFT_CHECK)

    @cached_property
    def display_px(self) -> tuple[float, float, float, float] | None:
        """The tracker's pixels, ``(left, top, right, bottom)``, or None if no message says."""
        found = calibration.displays_px(self.messages)
        return (*found[0],) if found else None  # type: ignore[return-value]


def unsound_samples(samples: pd.DataFrame) -> dict[str, int]:
    """Return how many lines of samples could not be read, under words that show the first ones."""
    number = samples.attrs.get("unsound", 0)
    shown = "; ".join(repr(line) for line in samples.attrs.get("unsound_lines", ()) if line)
    what = "sample lines that cannot be read" + (f", such as {shown}" if shown else "")
    return {what: number} if number else {}


def sample_columns(eyes: str) -> list[str]:
    """Return the columns of samples of the eyes ``L``, ``R`` or ``LR``, block apart."""
    names = ["time_ms"]
    for eye in eyes:
        side = "left" if eye == "L" else "right"
        names += [f"x_{side}_px", f"y_{side}_px", f"pupil_{side}"]
    return names


def typed_frame(rows: Sequence[tuple], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a DataFrame whose column types do not depend on the rows."""
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    kinds = (
        object if name in _TEXT else np.int64 if name in _WHOLE else np.float64 for name in columns
    )
    return pd.DataFrame(
        {
            name: np.array(column, dtype=kind)
            for name, column, kind in zip(columns, values, kinds, strict=True)
        }
    )


def sound_times(start: float, end: float, duration: float) -> tuple[float, float, float]:
    """Return the times of an event, without a start that cannot be.

    An event whose beginning the tracker lost carries 4294967295, that is -1, as its start.
    """
    return (start, end, duration) if start <= end else (math.nan, end, math.nan)


def assemble(
    *,
    fixations: list[tuple],
    saccades: list[tuple],
    blinks: list[tuple],
    messages: list[tuple],
    blocks: list[tuple],
    begun: Mapping[str, set[tuple[str, float]]],
    preamble: Sequence[str],
    warnings: Counter[str],
    read_samples: Callable[[], pd.DataFrame],
) -> Recording:
    """Return the recording that these rows make up, and count what is not sound in it.

    Parameters
    ----------
    begun
        Eye and start of every event that was announced, by ``fixations``, ``saccades``, ``blinks``.
    warnings
        What is not sound, as far as the reader counted it already.
    """
    events = {"fixations": fixations, "saccades": saccades, "blinks": blinks}
    limits = {row[0]: row[1:3] for row in blocks}
    for name, rows in events.items():
        ended = {(eye, start) for _, eye, start, *_ in rows}
        warnings[f"{name} without a sound start"] += sum(math.isnan(row[2]) for row in rows)
        warnings[f"{name} begun but not ended"] += len(begun[name] - ended)
        warnings[f"{name} outside of their recording block"] += sum(
            row[0] in limits and (row[2] < limits[row[0]][0] or row[3] > limits[row[0]][1])
            for row in rows
        )
    warnings["recording blocks without an end"] += sum(math.isnan(row[2]) for row in blocks)
    for error in tracker_errors(text for *_, text in messages):
        warnings[str(error)] += error.count
    return Recording(
        typed_frame(fixations, FIXATION), typed_frame(saccades, SACCADE),
        typed_frame(blinks, EVENT), typed_frame(messages, MESSAGE), typed_frame(blocks, BLOCK),
        tuple(preamble), {what: count for what, count in warnings.items() if count}, read_samples,
    )  # fmt: skip
