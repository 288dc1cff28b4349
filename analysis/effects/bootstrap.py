"""Uncertainty over subjects and sources together: the pigeonhole bootstrap.

Every subject saw many sources and every source was seen by many subjects, so both are drawn anew,
with replacement and independently, and a fixation counts as often as its subject and its source
were drawn together (Owen 2007, "The pigeonhole bootstrap"). It errs on the wide side. Bandwidths,
weights and centre biases stay as they were fitted to the whole sample, and every contrast's
resamples are centred on what was measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.effects.contrasts import Contrast, relative_change

RESAMPLES = 10_000
_AT_ONCE = 250  # resamples of an entropy held in memory together


@dataclass(frozen=True, eq=False)
class Resamples:
    """Resampled changes, a row a resample and a column a contrast.

    Attributes
    ----------
    change, relative_change : arrays (resamples, contrasts)
        Of people, with subjects drawn anew; NaN where a contrast cannot be measured.
    times : array (resamples, contrasts)
        How often the source of each contrast was drawn.
    """

    change: np.ndarray
    relative_change: np.ndarray
    times: np.ndarray


def draw(strata: Sequence[str], resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Draw units with replacement within strata.

    Parameters
    ----------
    strata : sequence (n,)
        Stratum of every unit.

    Returns
    -------
    times : array (resamples, n)
        How often each unit was drawn; within a stratum they sum to its size.
    """
    labels = np.asarray(strata)
    times = np.zeros((resamples, len(labels)))
    for stratum in np.unique(labels):
        members = np.flatnonzero(labels == stratum)
        shares = np.full(len(members), 1.0 / len(members))
        times[:, members] = generator.multinomial(len(members), shares, size=resamples)
    return times


def pigeonhole(
    contrasts: Sequence[Contrast],
    subject_strata: Mapping[str, str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Resamples:
    """Draw subjects and sources anew and measure every contrast.

    Parameters
    ----------
    subject_strata : mapping
        By subject, sorted, the stratum within which it is drawn: all one, or the block seen first
        where different people saw original and version, so that no group is ever empty.
    seed
        Of the draws. Sources are drawn within their condition.
    """
    generator = np.random.default_rng([seed, len(contrasts)])
    subject_times = draw(list(subject_strata.values()), resamples, generator)
    conditions = {one.aim.version.source_id: one.aim.version.condition for one in contrasts}
    source_times = draw(list(map(str, conditions.values())), resamples, generator)
    column = {source: number for number, source in enumerate(conditions)}

    entropies: dict[str, np.ndarray] = {}  # an original takes part in two contrasts

    def resampled(contrast: Contrast, which: str) -> np.ndarray:
        one = getattr(contrast, which).resampled
        if one is None:
            return np.full(resamples, np.nan)
        name = getattr(contrast.aim, which).stim_id if contrast.aim.target is None else None
        if name in entropies:
            return entropies[name]
        parts = [
            one.values(subject_times[start : start + _AT_ONCE])
            for start in range(0, resamples, _AT_ONCE)
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
    measured = [(one.original.people, one.version.people) for one in contrasts]
    sources = [column[one.aim.version.source_id] for one in contrasts]
    return Resamples(
        _centred(version - original, [after - before for before, after in measured]),
        _centred(relative, [relative_change(*pair) for pair in measured]),
        source_times[:, sources],
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
    """Return the mean over contrasts in every resample, ``(resamples,)``; NaN where none is left.

    Parameters
    ----------
    values, times : arrays (resamples, contrasts)
        NaN values do not count. Where nothing but sources is drawn anew, one row of values
        stands for all resamples.
    """
    values, times = np.broadcast_arrays(values, times)
    known = np.isfinite(values)
    weights = times * known
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return (np.where(known, values, 0.0) * weights).sum(axis=1) / np.where(total, total, np.nan)


def interval(resampled: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of resamples ``(n,)``; NaN ones do not count."""
    known = resampled[np.isfinite(resampled)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def p_value(resampled: np.ndarray) -> float:
    """Return the two-sided probability of resamples ``(n,)`` beyond zero.

    The interval of level 1 - p ends at zero. It is never below 2 / (n + 1): what n resamples can
    tell.
    """
    known = resampled[np.isfinite(resampled)]
    if not len(known):
        return np.nan
    beyond = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2.0 * (beyond + 1) / (len(known) + 1))
