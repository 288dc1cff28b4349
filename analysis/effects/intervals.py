"""Intervals of what is averaged over subjects and sources.

The pigeonhole bootstrap gives the variance of an average when subjects and sources are drawn anew
together. With few of either a percentile of its resamples is too near the estimate, so that the
interval is Student's: the estimate and a multiple of the bootstrap's standard deviation, whose
degrees of freedom are Satterthwaite's, from the variances of drawing subjects alone and sources
alone. Fewer than three sources give no interval: what two photographs tell of how photographs
differ is next to nothing, and subjects alone tell nothing of it. What these intervals cover is
simulated by ``python -m benchmarks.conclusions``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.effects.student import quantile, two_sided

LEAST_SOURCES = 3
"""Fewer sources than these give no interval."""
FEW = 5
"""With fewer subjects or sources than these an interval is rough, and the report says so."""

Statistic = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Gives of values and of how often sources count, both ``(resamples, contrasts)``, one number a
resample, such as `resampled_means`."""


@dataclass(frozen=True)
class Interval:
    """Ends of an interval, and the two-sided probability of no effect; NaN where there is none."""

    low: float
    high: float
    p: float


NO_INTERVAL = Interval(np.nan, np.nan, np.nan)


def crossed_interval(
    statistic: Statistic,
    measured: np.ndarray,
    resampled: np.ndarray,
    times: np.ndarray,
    *,
    n_sources: int,
    subject_freedom: int,
    level: float = 0.95,
) -> Interval:
    """Return the interval of a statistic over subjects and sources.

    Parameters
    ----------
    statistic
        What is made of the contrasts, such as their mean.
    measured : array (contrasts,)
        Value of every contrast.
    resampled : array (resamples, contrasts)
        The same with subjects drawn anew, centred on what was measured.
    times : array (resamples, contrasts)
        How often the source of each contrast was drawn.
    n_sources
        How many sources the contrasts come from.
    subject_freedom
        Subjects less one, in every group within which they were drawn; 0 if there is a group of
        one, of whose spread nothing is known.
    level
        Share of studies whose interval should hold the truth.

    Returns
    -------
    interval : Interval
        None (NaN) from fewer than three sources, or where `subject_freedom` is 0.
    """
    if n_sources < LEAST_SOURCES or subject_freedom < 1:
        return NO_INTERVAL
    once = np.ones((1, len(measured)))
    drawn = Drawn(
        statistic(resampled, times), statistic(resampled, once), statistic(measured[None], times)
    )
    estimate = float(statistic(measured[None], once)[0])
    return drawn.interval(
        estimate, n_sources=n_sources, subject_freedom=subject_freedom, level=level
    )


@dataclass(frozen=True, eq=False)
class Drawn:
    """A statistic with subjects and sources drawn anew together, and each of them alone.

    Attributes
    ----------
    together, subjects, sources : arrays (resamples,)
        NaN where a resample has none.
    """

    together: np.ndarray
    subjects: np.ndarray
    sources: np.ndarray

    def interval(
        self, estimate: float, *, n_sources: int, subject_freedom: int, level: float = 0.95
    ) -> Interval:
        """Return Student's interval about the estimate, as `crossed_interval`."""
        if n_sources < LEAST_SOURCES or subject_freedom < 1:
            return NO_INTERVAL
        subjects, sources = _variance(self.subjects), _variance(self.sources)
        freedom = freedom_of_both(subjects, sources, subject_freedom, n_sources)
        return _student(estimate, _variance(self.together), freedom, level)


def freedom_of_both(subjects: float, sources: float, subject_freedom: int, n_sources: int) -> float:
    """Return Satterthwaite's degrees of freedom of a variance over subjects and sources.

    Parameters
    ----------
    subjects, sources
        Variances where these alone are drawn anew.
    subject_freedom, n_sources
        As in `crossed_interval`.
    """
    below = subjects**2 / subject_freedom + sources**2 / (n_sources - 1)
    return (subjects + sources) ** 2 / below if below > 0 else 1.0


def sources_interval(
    statistic: Statistic,
    measured: np.ndarray,
    times: np.ndarray,
    *,
    n_sources: int,
    level: float = 0.95,
) -> Interval:
    """Return the interval of a statistic over sources alone, as for what the model predicts.

    Parameters
    ----------
    statistic, measured, times, n_sources, level
        As in `crossed_interval`.
    """
    if n_sources < LEAST_SOURCES:
        return NO_INTERVAL
    estimate = statistic(measured[None], np.ones((1, len(measured))))[0]
    sources = _variance(statistic(measured[None], times))
    return _student(estimate, sources, n_sources - 1.0, level)


def _variance(resampled: np.ndarray) -> float:
    known = resampled[np.isfinite(resampled)]
    return float(known.var()) if len(known) else np.nan


def _student(estimate: float, variance: float, freedom: float, level: float) -> Interval:
    if not np.isfinite(estimate + variance):
        return NO_INTERVAL
    error = np.sqrt(variance)
    half = quantile((1 + level) / 2, freedom) * error
    p = two_sided(estimate / error, freedom) if error > 0 else np.nan
    return Interval(float(estimate - half), float(estimate + half), p)
