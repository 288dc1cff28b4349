"""Fixations found in the samples anew: a check that results do not hang on the tracker's parser.

The algorithms are pymovements': a threshold on velocity (I-VT) or on dispersion (I-DT), both after
Salvucci & Goldberg (2000). In come the samples of a recording, out come fixations in the form in
which the tracker's own are read.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from analysis.recordings.intervals import sample_places, sampling_interval_ms
from analysis.recordings.recording import FIXATION, typed_frame
from stimuli.contract.settings import AnalysisSettings
from stimuli.support.errors import InputError

_FEWEST_SAMPLES = 10
_MOST_SAMPLES = 2000 * 3600 * 4  # four hours at the highest rate; a wild time is no sample


def detect_fixations(
    samples: pd.DataFrame, pixels_per_degree: np.ndarray, settings: AnalysisSettings
) -> pd.DataFrame:
    """Detect the fixations of every eye in every block of a recording's samples.

    Parameters
    ----------
    samples : DataFrame
        Gaze samples, as `Recording.samples` returns them.
    pixels_per_degree : array (2,)
        Across and down, at the centre of the screen.
    settings
        ``detector`` (``velocity`` or ``dispersion``) and its thresholds.

    Returns
    -------
    fixations : DataFrame
        Columns of `Recording.fixations`; positions are the means of the samples.

    Raises
    ------
    InputError
        If there are no samples.

    Notes
    -----
    Salvucci & Goldberg (2000), "Identifying fixations and saccades in eye-tracking protocols".

    Examples
    --------
    >>> from dataclasses import replace
    >>> from analysis import detect_fixations, read_recording
    >>> from stimuli import open_study
    >>> settings = open_study("demo-study").settings
    >>> samples = read_recording("demo-study/sourcedata/sub-01/s01r1.asc").samples()
    >>> per_degree = settings.screen.geometry.pixels_per_degree
    >>> by_velocity = replace(settings.analysis, detector="velocity")
    >>> fixations = detect_fixations(samples, per_degree, by_velocity)
    """
    if samples.empty:
        raise InputError(
            f"analysis.detector is {settings.detector!r}, but a recording holds no samples; "
            f'expected samples in the file, or analysis.detector = "tracker"'
        )
    rows: list[tuple[Any, ...]] = []
    for eye, side in (("L", "left"), ("R", "right")):
        names = [f"x_{side}_px", f"y_{side}_px", f"pupil_{side}"]
        if names[0] not in samples:
            continue
        for block, part in samples.groupby("block"):
            step_ms = sampling_interval_ms(part["time_ms"].to_numpy())
            time_ms, gaze = _regular(part["time_ms"].to_numpy(), part[names].to_numpy(), step_ms)
            spans = _spans(gaze[:, :2] / pixels_per_degree, step_ms, settings)
            rows += [(block, eye, *_measured(time_ms, gaze, span, step_ms)) for span in spans]
    rows.sort(key=lambda row: row[2])
    return typed_frame(rows, FIXATION)


def _regular(
    time_ms: np.ndarray, gaze: np.ndarray, interval_ms: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return times at one interval, and the gaze at them, NaN where there was no sample."""
    if not interval_ms > 0:
        return time_ms, gaze
    sound = np.abs(time_ms - time_ms[0]) < _MOST_SAMPLES * interval_ms
    time_ms, gaze = time_ms[sound], gaze[sound]
    places = sample_places(time_ms, interval_ms)
    time_ms, gaze, places = time_ms[places >= 0], gaze[places >= 0], places[places >= 0]
    regular = np.full((places.max() + 1, gaze.shape[1]), np.nan)
    regular[places] = gaze
    times_ms = time_ms[0] + interval_ms * np.arange(len(regular))
    times_ms[places] = time_ms  # as the tracker has them, whatever rounds them
    return times_ms, regular


def _spans(deg: np.ndarray, interval_ms: float, settings: AnalysisSettings) -> np.ndarray:
    """Return first and last sample of every fixation, ``(n, 2)`` indices."""
    from pymovements.events import idt, ivt

    if len(deg) < _FEWEST_SAMPLES or not interval_ms > 0:
        return np.empty((0, 2), dtype=int)
    least = max(int(np.ceil(settings.minimum_fixation_ms / interval_ms)), 2)
    if settings.detector == "velocity":
        events = ivt(
            _velocity(interval_ms, deg), minimum_duration=least,
            velocity_threshold=settings.velocity_deg_s,
        )  # fmt: skip
    else:
        with warnings.catch_warnings():
            # Of stretches without a sample, which then are no fixation.
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            events = idt(deg, minimum_duration=least, dispersion_threshold=settings.dispersion_deg)
    return events.frame.select("onset", "offset").to_numpy().astype(int)


def _velocity(interval_ms: float, deg: np.ndarray) -> np.ndarray:
    """Return degrees a second over five samples, as Engbert & Kliegl (2003) smooth them."""
    velocity = np.full_like(deg, np.nan)
    change = deg[4:] + deg[3:-1] - deg[1:-3] - deg[:-4]
    velocity[2:-2] = change * (1000.0 / (6.0 * interval_ms))
    return velocity


def _measured(
    time_ms: np.ndarray, gaze: np.ndarray, span: np.ndarray, interval_ms: float
) -> tuple[float, ...]:
    first, last = span
    start, end = float(time_ms[first]), float(time_ms[last])
    duration = end - start + interval_ms
    own = gaze[first : last + 1]
    known = np.isfinite(own).any(axis=0)  # other trackers may tell nothing of the pupil
    means = np.full(own.shape[1], np.nan)
    means[known] = np.nanmean(own[:, known], axis=0)
    return (start, end, duration, *means)
