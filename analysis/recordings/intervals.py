"""How long it is from one sample of a recording to the next.

Trackers write their times in whole milliseconds, with a jitter, or leave samples out: of 300
samples a second come steps of 3, 3 and 4 ms, whose median is no step of the tracker.
"""

import math

import numpy as np

_SAME = 1.5
"""A step longer than so many medians skips samples."""


def sampling_interval_ms(time_ms: np.ndarray) -> float:
    """Return the mean step between samples at ``time_ms`` ``(n,)``; NaN of fewer than two."""
    steps_ms = np.diff(time_ms)
    if not len(steps_ms):
        return math.nan
    own = steps_ms[(steps_ms >= 0) & (steps_ms <= _SAME * np.median(steps_ms))]
    return float(own.mean()) if len(own) else math.nan


def sample_places(time_ms: np.ndarray, interval_ms: float) -> np.ndarray:
    """Return the number of every sample ``(n,)``, from 0, had none been left out.

    Two samples never fall on one place, unless time goes back.
    """
    steps_ms = np.diff(time_ms)
    steps = np.floor(steps_ms / interval_ms + 0.5)
    steps[(steps_ms >= 0) & (steps < 1)] = 1
    return np.append(0, np.cumsum(steps)).astype(np.int64)
