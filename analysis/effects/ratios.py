"""Intervals of relative changes: the mean change over the mean of the originals.

To first order the error of a ratio of means, mean(change) / mean(original), is that of the mean of
(change - ratio * original) / mean(original), which is zero as measured (the delta method). So its
interval is that of a mean, Student's as all others, about the ratio.
"""

import math

import numpy as np

from analysis.effects.bootstrap import Resamples, resampled_means
from analysis.effects.intervals import Interval, crossed_interval, sources_interval


def ratio_of_means(change: np.ndarray, original: np.ndarray) -> float:
    """Return the mean change over the mean of the originals; NaN where that is not above zero.

    Contrasts whose change is not known (NaN) are in neither mean.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.effects.ratios import ratio_of_means
    >>> ratio_of_means(np.array([0.1, 0.2, np.nan]), np.array([0.2, 0.4, 0.9]))
    0.5
    """
    known = np.isfinite(change)
    below = float(original[known].mean()) if known.any() else 0.0
    return float(change[known].mean()) / below if below > 0 else math.nan


def crossed_ratio(
    change: np.ndarray, original: np.ndarray, drawn: Resamples, *, n_sources: int
) -> Interval:
    """Return the interval of a ratio of means over subjects and sources.

    Parameters
    ----------
    change, original : arrays (contrasts,)
        What people did, and its change.
    drawn : Resamples
        The same with subjects drawn anew, and how often sources were.
    n_sources
        How many sources the contrasts come from.
    """
    ratio, scale = ratio_of_means(change, original), _mean(change, original)
    about_zero = crossed_interval(
        resampled_means, (change - ratio * original) / scale,
        (drawn.change - ratio * drawn.original) / scale, drawn.times, n_sources=n_sources,
        subject_freedom=drawn.subject_freedom,
    )  # fmt: skip
    return _about(ratio, about_zero)


def sources_ratio(
    change: np.ndarray, original: np.ndarray, times: np.ndarray, *, n_sources: int
) -> Interval:
    """Return the interval of a ratio of means over sources alone, as of what a model predicts."""
    ratio, scale = ratio_of_means(change, original), _mean(change, original)
    residuals = (change - ratio * original) / scale
    return _about(ratio, sources_interval(resampled_means, residuals, times, n_sources=n_sources))


def _mean(change: np.ndarray, original: np.ndarray) -> float:
    known = np.isfinite(change)
    return float(original[known].mean()) if known.any() else math.nan


def _about(ratio: float, about_zero: Interval) -> Interval:
    return Interval(ratio + about_zero.low, ratio + about_zero.high, math.nan)
