"""Fixations and blinks of recordings that come without a parser's: those of samples alone.

An EyeLink's file has the fixations of the tracker's own parser. What other trackers record are
samples; their fixations are found by `analysis.fixations.detection`, and what is lost for at least
as long as a blink counts as one.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.fixations.detection import detect_fixations
from analysis.recordings.intervals import sampling_interval_ms
from analysis.recordings.recording import EVENT, Recording, typed_frame
from stimuli.contract.settings import Settings
from stimuli.contract.study import PHYSIO

# Below this rate five samples, over which velocity is measured, are longer than most saccades.
_VELOCITY_FROM_HZ = 200.0
_SHORTEST_BLINK_MS = 50.0


def is_of_samples(path: Path) -> bool:
    """Return whether a recording of a session is one of samples, by its name."""
    return path.name.endswith(PHYSIO)


def detector_at(rate_hz: float) -> str:
    """Return how fixations are found where the study names the tracker's, and it has none."""
    return "velocity" if rate_hz >= _VELOCITY_FROM_HZ else "dispersion"


def parsed(recording: Recording, path: Path, settings: Settings) -> Recording:
    """Return a recording with fixations and blinks of its samples, where it came with neither.

    Parameters
    ----------
    path
        Where it was read from.

    Raises
    ------
    InputError
        If it holds no samples.
    """
    if not is_of_samples(path) or len(recording.fixations):
        return recording
    rates = recording.blocks["sample_rate_hz"].dropna()
    chosen = settings.analysis
    if chosen.detector == "tracker":
        rate_hz = float(rates.iloc[0]) if len(rates) else settings.tracker.sample_rate_hz
        chosen = dataclasses.replace(chosen, detector=detector_at(rate_hz))
    samples = recording.samples()
    per_degree = settings.screen.geometry.pixels_per_degree
    return dataclasses.replace(
        recording,
        fixations=detect_fixations(samples, per_degree, chosen),
        blinks=typed_frame(_blinks(samples), EVENT),
    )


def _blinks(samples: pd.DataFrame) -> list[tuple]:
    """Return stretches of samples in a row without a position that last as long as a blink."""
    rows: list[tuple] = []
    time_ms = samples["time_ms"].to_numpy()
    if len(time_ms) < 2:
        return rows
    step_ms = sampling_interval_ms(time_ms)
    for eye, side in (("L", "left"), ("R", "right")):
        if f"x_{side}_px" not in samples:
            continue
        lost = np.flatnonzero(samples[f"x_{side}_px"].isna().to_numpy())
        apart = np.flatnonzero(np.diff(time_ms[lost]) > 1.5 * step_ms) + 1
        for own in np.split(lost, apart):
            duration_ms = len(own) * step_ms
            if duration_ms >= _SHORTEST_BLINK_MS:
                start_ms = float(time_ms[own[0]])
                rows.append((1, eye, start_ms, start_ms + duration_ms, duration_ms))
    return rows
