"""Intervals of relative changes: the mean change over the mean of the originals.

A relative change r is held possible where the mean of change - r * original may be zero, by the
same Student's interval as all others (Fieller 1954). So the interval holds no change just where
that of the mean change does, and it is wider above than below. Nothing falls by more than all of
it: the interval ends at -1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from analysis.effects.bootstrap import Resamples, resampled_means
from analysis.effects.intervals import LEAST_SOURCES, NO_INTERVAL, Interval, freedom_of_both
from analysis.effects.student import quantile

_LEAST, _MOST = -1.0, 1e3  # no relative change beyond these is reported


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
    mean_change, mean_original = _means(change, original)
    return mean_change / mean_original if mean_original > 0 else math.nan


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

    Returns
    -------
    interval : Interval
        None (NaN) where the mean change has none, or where the originals are so near zero that
        every ratio is possible.
    """
    if n_sources < LEAST_SOURCES or drawn.subject_freedom < 1:
        return NO_INTERVAL
    once = np.ones((1, len(change)))
    together = _Spread.of(drawn.change, drawn.original, drawn.times)
    subjects = _Spread.of(drawn.change, drawn.original, once)
    sources = _Spread.of(change[None], original[None], drawn.times)

    def half(ratio: float) -> float:
        freedom = freedom_of_both(
            subjects.variance(ratio), sources.variance(ratio), drawn.subject_freedom, n_sources
        )
        return quantile(0.975, freedom) * math.sqrt(together.variance(ratio))

    return _possible(*_means(change, original), half)


def sources_ratio(
    change: np.ndarray, original: np.ndarray, times: np.ndarray, *, n_sources: int
) -> Interval:
    """Return the interval of a ratio of means over sources alone, as of what a model predicts."""
    if n_sources < LEAST_SOURCES:
        return NO_INTERVAL
    sources = _Spread.of(change[None], original[None], times)

    def half(ratio: float) -> float:
        return quantile(0.975, n_sources - 1.0) * math.sqrt(sources.variance(ratio))

    return _possible(*_means(change, original), half)


@dataclass(frozen=True)
class _Spread:
    """Variances of resampled means of changes and of originals, and their covariance."""

    change: float
    original: float
    together: float

    @classmethod
    def of(cls, change: np.ndarray, original: np.ndarray, times: np.ndarray) -> "_Spread":
        change, original = np.broadcast_arrays(change, original)
        both = np.isfinite(change) & np.isfinite(original)
        means = np.vstack(
            [resampled_means(np.where(both, one, np.nan), times) for one in (change, original)]
        )
        means = means[:, np.isfinite(means).all(axis=0)]
        if not means.size:
            return cls(math.nan, math.nan, math.nan)
        (a, c), (_, b) = np.cov(means, bias=True)
        return cls(float(a), float(b), float(c))

    def variance(self, ratio: float) -> float:
        """Return the variance of the mean of change - ratio * original."""
        return max(self.change - 2 * ratio * self.together + ratio**2 * self.original, 0.0)


def _means(change: np.ndarray, original: np.ndarray) -> tuple[float, float]:
    known = np.isfinite(change)
    if not known.any():
        return math.nan, 0.0
    return float(change[known].mean()), float(original[known].mean())


def _possible(change: float, original: float, half: Callable[[float], float]) -> Interval:
    """Return the ratios whose mean of change - ratio * original is within `half` of zero."""
    if not original > 0 or not math.isfinite(change + half(change / original)):
        return NO_INTERVAL

    def beyond(ratio: float) -> float:
        return abs(change - ratio * original) - half(ratio)

    ratio = change / original
    if half(ratio) == 0:
        return Interval(ratio, ratio, math.nan)
    if beyond(_MOST) < 0:
        return NO_INTERVAL
    low = _LEAST if beyond(_LEAST) <= 0 else brentq(beyond, _LEAST, ratio)
    return Interval(float(low), float(brentq(beyond, ratio, _MOST)), math.nan)
