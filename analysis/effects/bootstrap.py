"""Uncertainty over subjects and sources together: the pigeonhole bootstrap.

Every subject saw many sources and every source was seen by many subjects, so both are drawn anew,
with replacement and independently, and a fixation counts as often as its subject and its source
were drawn together (Owen 2007, "The pigeonhole bootstrap"). Its variance errs on the wide side,
the more so the more of it is due to single fixations. Of n units n - 1 are drawn, or it would be
too small for few units (Rao & Wu 1988). Where a measure is that of a fitted density, bandwidths,
weights and centre biases stay as they were fitted to the whole sample. Every contrast's resamples
are centred on what was measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.effects.contrasts import Contrast
from analysis.effects.resampling import ResampledEntropy
from stimuli.contract.vocabulary import Viewer

RESAMPLES = 10_000
_AT_ONCE = 250  # resamples of an entropy held in memory together


@dataclass(frozen=True, eq=False)
class Resamples:
    """Resampled changes, a row a resample and a column a contrast.

    Attributes
    ----------
    change, relative_change : arrays (resamples, contrasts)
        Change of people in every resample of subjects; NaN where a contrast cannot be measured.
    times : array (resamples, contrasts)
        How often the source of each contrast was drawn.
    n_subjects
        How many subjects were drawn from.
    subject_freedom
        Subjects less one in every group within which they were drawn, summed; 0 if there is a
        group of one.
    original : array (resamples, contrasts)
        What people did on the originals, likewise.
    """

    change: np.ndarray
    relative_change: np.ndarray
    times: np.ndarray
    n_subjects: int = 0
    subject_freedom: int = 0
    original: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    def of(self, which: np.ndarray) -> "Resamples":
        """Return the resamples of some contrasts, by their places."""
        return replace(
            self, change=self.change[:, which], relative_change=self.relative_change[:, which],
            times=self.times[:, which], original=self.original[:, which],
        )  # fmt: skip


def freedom_of(strata: Sequence[str]) -> int:
    """Return the degrees of freedom of units drawn within strata; 0 if a stratum has but one."""
    sizes = np.unique(np.asarray(strata), return_counts=True)[1]
    return int((sizes - 1).sum()) if len(sizes) and sizes.min() > 1 else 0


def draw(strata: Sequence[str], resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Draw units with replacement within strata, one fewer than there are.

    Parameters
    ----------
    strata : sequence (n,)
        Stratum of every unit.

    Returns
    -------
    times : array (resamples, n)
        How often each unit counts; within a stratum they sum to its size. The variance of a mean
        over resamples is that of the mean, without bias (Rao & Wu 1988).
    """
    labels = np.asarray(strata)
    times = np.zeros((resamples, len(labels)))
    for stratum in np.unique(labels):
        members = np.flatnonzero(labels == stratum)
        n, drawn = len(members), max(len(members) - 1, 1)
        counts = generator.multinomial(drawn, np.full(n, 1.0 / n), size=resamples)
        times[:, members] = counts * (n / drawn)
    return times


def pigeonhole_bootstrap(
    contrasts: Sequence[Contrast],
    subject_strata: Mapping[str, str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Resamples:
    """Draw subjects and sources anew, together, and measure every contrast on what was drawn.

    Parameters
    ----------
    contrasts
        Versions with their originals, as `measure_effects` returns them.
    subject_strata : mapping
        Stratum within which each subject is drawn, by subject, sorted: one for all, or the block
        seen first where different people saw original and version, so that no group is ever
        empty.
    seed
        Seed of the draws. Sources are drawn within their condition.
    resamples
        How many times subjects and sources are drawn.

    Returns
    -------
    resamples : Resamples
        Changes of every contrast, and how often its source was drawn.

    Notes
    -----
    After Owen (2007), "The pigeonhole bootstrap".

    Examples
    --------
    >>> from analysis import measure_effects, percentile_interval, pigeonhole_bootstrap
    >>> from analysis import read_design, read_fixations, resampled_means, select_fixations
    >>> from analysis import subject_strata
    >>> from stimuli import open_study
    >>> study = open_study("demo-study")
    >>> used = select_fixations(read_fixations(study))
    >>> contrasts = measure_effects(read_design(study), used).contrasts
    >>> resamples = pigeonhole_bootstrap(contrasts, subject_strata(used), seed=0, resamples=500)
    >>> low, high = percentile_interval(resampled_means(resamples.change, resamples.times))
    """
    generator = np.random.default_rng([seed, len(contrasts)])
    subject_times = draw(list(subject_strata.values()), resamples, generator)
    versions = [one.comparison.version for one in contrasts]
    conditions = {version.source_id: version.condition for version in versions}
    source_times = draw(list(map(str, conditions.values())), resamples, generator)
    column = {source: number for number, source in enumerate(conditions)}

    entropies: dict[str, np.ndarray] = {}  # an original takes part in two contrasts

    def resampled(contrast: Contrast, which: str) -> np.ndarray:
        one = getattr(contrast, which).resampled
        if one is None:
            return np.full(resamples, np.nan)
        comparison = contrast.comparison
        name = getattr(comparison, which).stim_id if comparison.target is None else None
        if name in entropies:
            return entropies[name]
        at_once = _AT_ONCE if isinstance(one, ResampledEntropy) else resamples
        parts = [
            one.values(subject_times[start : start + at_once])
            for start in range(0, resamples, at_once)
        ]
        values = np.concatenate(parts)
        if name is not None:
            entropies[name] = values
        return values

    def values(which: str) -> np.ndarray:
        return np.column_stack([resampled(one, which) for one in contrasts])

    original, version = values("original"), values("version")
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(original > 0, (version - original) / original, np.nan)
    return Resamples(
        _centred(version - original, [one.change(Viewer.PEOPLE) for one in contrasts]),
        _centred(relative, [one.relative_change(Viewer.PEOPLE) for one in contrasts]),
        source_times[:, [column[version.source_id] for version in versions]],
        len(subject_strata),
        freedom_of(list(subject_strata.values())),
        _centred(original, [one.original.people for one in contrasts]),
    )


def _centred(values: np.ndarray, measured: Sequence[float]) -> np.ndarray:
    """Shift the resamples of every contrast so that their mean is what was measured.

    A resample has fewer different subjects, which lowers an entropy, and that of original and
    version unequally; without the shift the interval would stand beside the estimate.
    """
    known = np.isfinite(values)
    means = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return values + (np.array(measured) - means)


def resampled_means(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the mean over contrasts in every resample; NaN where none is left.

    Parameters
    ----------
    values, times : arrays (resamples, contrasts)
        NaN values do not count. Where nothing but sources is drawn anew, one row of values
        stands for all resamples.

    Returns
    -------
    means : array (resamples,)

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import resampled_means
    >>> resampled_means(np.array([[0.1, 0.3], [0.2, 0.4]]), np.array([[1, 1], [2, 0]]))
    array([0.2, 0.2])
    """
    values, times = np.broadcast_arrays(values, times)
    known = np.isfinite(values)
    weights = times * known
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return (np.where(known, values, 0.0) * weights).sum(axis=1) / np.where(total, total, np.nan)


def percentile_interval(resampled: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the interval between two percentiles of resamples.

    Parameters
    ----------
    resampled : array (n,)
        Values in every resample; NaN ones do not count.
    level
        Share of the resamples that the interval holds.

    Returns
    -------
    low, high
        NaN if no resample counts.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import percentile_interval
    >>> low, high = percentile_interval(np.arange(201.0))
    >>> round(low), round(high)
    (5, 195)
    """
    known = resampled[np.isfinite(resampled)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
