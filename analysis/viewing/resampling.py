"""Means over targets with subjects and sources drawn anew, and bands that hold whole curves.

Subjects and sources are drawn together (`analysis.effects.bootstrap`), and everything is measured
on what was drawn. In every array of resamples the first row is no resample: there everybody and
every source counts once, so it holds the estimates. With few of either, percentiles of resamples
are too near the estimate; intervals and bands are wider than these as Student's t is than the
normal distribution, bands the more so, since it is far out where the two differ most.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from analysis.effects.bootstrap import draw, freedom_of
from analysis.effects.intervals import LEAST_SOURCES
from analysis.effects.student import quantile
from analysis.viewing.pairs import ImagePair

RESAMPLES = 2000
_AT_ONCE = 250  # resamples held in memory together
_MOST_MISSING = 0.01  # of the resamples of a value that has an interval
_MANY = 1e6  # degrees of freedom of which Student's t is normal


@dataclass(frozen=True, eq=False)
class Draws:
    """How often everybody and every source counts; the first row is one for all.

    Attributes
    ----------
    subjects : array (1 + resamples, subjects)
    pairs : array (1 + resamples, pairs)
        How often the source of each pair was drawn.
    sources
        Source of each pair.
    subject_freedom
        Subjects less one in every group within which they were drawn.
    """

    subjects: np.ndarray
    pairs: np.ndarray
    sources: Sequence[str]
    subject_freedom: int

    def of(self, places: Sequence[int] | np.ndarray) -> "Draws":
        """Return the draws of some pairs, by their places."""
        sources = [self.sources[place] for place in places]
        return replace(self, pairs=self.pairs[:, places], sources=sources)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of what is measured: of subjects or of sources, the fewer."""
        return float(min(self.subject_freedom, len(set(self.sources)) - 1))


def draw_clusters(
    subject_strata: Mapping[str, str], pairs: Sequence[ImagePair], seed: int, resamples: int
) -> Draws:
    """Draw subjects within their strata, and sources within their conditions.

    Where a stratum has one subject, or a condition fewer than `LEAST_SOURCES` sources, nobody knows
    how much these differ: resamples are NaN, and nothing of them has an interval.

    Parameters
    ----------
    subject_strata
        Stratum of every subject, in the order of the subjects.
    """
    generator = np.random.default_rng([seed, len(pairs)])
    subjects = draw(list(subject_strata.values()), resamples, generator)
    conditions = {pair.source: pair.condition for pair in pairs}
    sources = draw(list(conditions.values()), resamples, generator)
    freedom = freedom_of(list(subject_strata.values()))
    if freedom < 1:
        subjects = np.full(subjects.shape, np.nan)
    few = [list(conditions.values()).count(one) < LEAST_SOURCES for one in conditions.values()]
    sources = np.where(few, np.nan, sources)
    column = {source: number for number, source in enumerate(conditions)}
    of_pairs = sources[:, [column[pair.source] for pair in pairs]]
    of_subjects, of_pairs = (np.vstack([np.ones(len(one[0])), one]) for one in (subjects, of_pairs))
    return Draws(of_subjects, of_pairs, [pair.source for pair in pairs], freedom)


def mean_ratios(numerator: np.ndarray, denominator: np.ndarray, draws: Draws) -> np.ndarray:
    """Return means over targets of a ratio on originals and on versions, and of their difference.

    A target's ratio is the sum over subjects of the numerator, over that of the denominator. Only
    targets with a ratio on both images count, so the difference of the means is the mean of the
    differences.

    Parameters
    ----------
    numerator, denominator : arrays (subjects, pairs, 2, k)
        Sums of every subject on the original and the version of each pair; k values side by side.
    draws : Draws
        Of these subjects and pairs.

    Returns
    -------
    means : array (1 + resamples, 3, k)
        Original, version, version - original; NaN where nothing was seen.
    """
    n_subjects, n_pairs, _, k = numerator.shape
    upper, lower = (one.reshape(n_subjects, -1) for one in (numerator, denominator))
    parts = []
    for start in range(0, len(draws.subjects), _AT_ONCE):
        times = draws.subjects[start : start + _AT_ONCE]
        weights = draws.pairs[start : start + _AT_ONCE, :, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = ((times @ upper) / (times @ lower)).reshape(-1, n_pairs, 2, k)
            known = np.isfinite(ratios).all(axis=2)
            ratios[~np.isfinite(ratios)] = 0.0
            weights = weights * known
            means = (ratios * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]
        parts.append(np.concatenate([means, means[:, 1:] - means[:, :1]], axis=1))
    return np.concatenate(parts)


def intervals(
    values: np.ndarray, freedom: float = math.inf, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the interval of every value: percentiles, drawn out for few clusters.

    Parameters
    ----------
    values : array (1 + resamples, ...)
    freedom
        Degrees of freedom; by how much Student's t is wider than the normal distribution, so much
        farther are the ends from the estimate than the percentiles.

    Returns
    -------
    low, high : arrays (...)
        NaN where a value is missing from more than one resample in a hundred.
    """
    sound = _sound(values)
    low, high = np.full(sound.shape, np.nan), np.full(sound.shape, np.nan)
    if sound.any():
        ends = [(1 - level) / 2, (1 + level) / 2]
        found = np.nanquantile(values[1:, sound], ends, axis=0)
        whole = values[0, sound]
        low[sound], high[sound] = whole + _stretch(freedom, level) * (found - whole)
    return low, high


def _stretch(freedom: float, level: float) -> float:
    """Return by how much Student's interval is wider than the normal one."""
    if not freedom >= 1:
        return math.nan
    share = (1 + level) / 2
    return quantile(share, min(freedom, _MANY)) / quantile(share, _MANY)


def _students(normal: float, freedom: float) -> float:
    """Return the value that Student's t exceeds as often as the normal distribution `normal`."""
    if not freedom >= 1:
        return math.nan
    return -quantile(float(ndtr(-normal)), min(freedom, _MANY))


def simultaneous_band(
    values: np.ndarray, freedom: float = math.inf, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return a band that holds a whole curve with the probability `level`.

    Its half width is at every point the same multiple of the standard error there: the quantile of
    the largest studentised deviation of a resampled curve from the resamples' mean (max-t; Romano
    & Wolf 2005; Montiel Olea & Plagborg-Moller 2019). That quantile is of errors that are known;
    in its place stands the value that Student's t exceeds as often as the normal distribution
    exceeds it.

    Parameters
    ----------
    values : array (1 + resamples, points)
        The curve as it was measured, then its resamples.
    freedom
        As for `intervals`.

    Returns
    -------
    low, high : arrays (points,)
        NaN where a point is missing from more than one resample in a hundred, or never varies.
    """
    resampled, sound = values[1:], _sound(values)
    known = np.isfinite(resampled)
    counts = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, resampled, 0.0).sum(axis=0) / counts
    deviations = np.where(known, resampled - means, 0.0)
    errors = np.sqrt((deviations**2).sum(axis=0) / np.maximum(counts - 1, 1))
    sound &= errors > 1e-12
    if not sound.any():
        return np.full(len(sound), np.nan), np.full(len(sound), np.nan)
    largest = np.abs(deviations[:, sound] / errors[sound]).max(axis=1)
    multiple = _students(float(np.quantile(largest, level)), freedom)
    half = np.where(sound, multiple * errors, np.nan)
    return values[0] - half, values[0] + half


def _sound(values: np.ndarray) -> np.ndarray:
    missing = 1.0 - np.isfinite(values[1:]).mean(axis=0)
    return np.isfinite(values[0]) & (missing <= _MOST_MISSING)
