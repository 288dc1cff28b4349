"""How well people foretell people: the most that a model of their changes can reach.

Subjects are parted into two halves at random, many times, and the halves' changes of the share of
fixations on each target are correlated over comparisons. Spearman and Brown's formula makes of it
the correlation that two groups as large as this one would have: the reliability of the changes. Its
root is the correlation that a perfect prediction would have with these people, the noise ceiling,
and a model's correlation divided by it is what the model explains of what can be. Intervals are
Student's with the jackknife's error over sources, that of the reliability on Fisher's scale. A
ratio to a ceiling that may be nothing may be anything: it has no interval where the reliability's
holds zero.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.effects.contrasts import Contrast
from analysis.effects.correlations import correlations, fisher_z
from analysis.effects.counts import Counts
from analysis.effects.student import quantile
from stimuli.contract.vocabulary import Direction, Viewer
from stimuli.support.tables import Column, Schema

NOISE_CEILING = Schema(
    "noise_ceiling",
    (
        Column("subset", str, "Fixations used"),
        Column("direction", str, "What was asked: increase, decrease, or both"),
        Column("n", int, "Comparisons of a target whose change both halves have"),
        Column("n_sources", int, "Sources that they come from"),
        Column("n_subjects", int, "Subjects, half of whom foretell the others"),
        Column("split_half", float, "Mean correlation of the changes of two random halves"),
        Column("reliability", float, "The same of two groups as large as this (Spearman-Brown)"),
        Column("reliability_low", float, "Lower end of its 95 % interval, over sources"),
        Column("reliability_high", float, "Upper end"),
        Column("ceiling", float, "Its root: the correlation of a perfect prediction with people"),
        Column("model_correlation", float, "Correlation of the model's changes with people's"),
        Column("of_ceiling", float, "The same divided by the ceiling"),
        Column("of_ceiling_low", float, "Lower end of its 95 % interval, over sources"),
        Column("of_ceiling_high", float, "Upper end"),
        Column("note", str, "Why there is no ceiling, or no interval of of_ceiling"),
    ),
)
BOTH = "both"
_SPLITS = 200
_LEAST_SUBJECTS, _LEAST_SOURCES = 4, 3
_DISAGREE = "the halves do not agree: there is nothing that could be foretold"
_UNSURE = "the reliability is not told from zero: what the model has of the ceiling has no interval"


def noise_ceiling(
    counts: Counts,
    predicted: np.ndarray,
    subject_strata: Mapping[str, str],
    *,
    seed: int,
    label: str = "all",
) -> pd.DataFrame:
    """Return how well half of the people foretell the other half, and a model all of them.

    Parameters
    ----------
    counts : Counts
        Fixations on the targets by subject.
    predicted : array (comparisons,)
        Change that a model predicts of each comparison of `counts`; where it is NaN the comparison
        does not count.
    subject_strata : mapping
        Group of every subject, within which halves are drawn, as `analysis.subject_strata` returns
        it.
    seed
        Seed of the halves and of the resamples.
    label
        Content of the column ``subset``.

    Returns
    -------
    ceiling : DataFrame
        Rows by `NOISE_CEILING`: both directions together, and each alone. Controls do not count.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from analysis import counts_of, noise_ceiling
    >>> generator = np.random.default_rng(0)
    >>> cells = [(subject, source, version) for subject in "123456" for source in "abcdefgh"
    ...          for version in (0, 1)]
    >>> trials = pd.DataFrame(cells, columns=["subject", "source_id", "version"])
    >>> trials = trials.assign(target="t", direction="increase", n_fixations=40)
    >>> trials["version_id"] = trials["source_id"] + "_increase"
    >>> effect = trials["source_id"].map(dict(zip("abcdefgh", np.linspace(0.0, 0.5, 8))))
    >>> trials["on_target"] = generator.binomial(40, 0.2 + effect * trials["version"])
    >>> ceiling = noise_ceiling(
    ...     counts_of(trials), np.linspace(0.0, 0.5, 8), dict.fromkeys("123456", "all"), seed=0
    ... )
    >>> bool(ceiling["reliability"][0] > 0.9)
    True
    """
    rows = []
    for direction in (BOTH, Direction.INCREASE, Direction.DECREASE):
        aims = (Direction.INCREASE, Direction.DECREASE) if direction == BOTH else (direction,)
        which = np.isin(counts.directions, aims) & np.isfinite(predicted)
        if which.any():
            row = {"subset": label, "direction": str(direction)}
            rows.append(row | _row(counts, predicted, which, subject_strata, seed))
    return pd.DataFrame(rows, columns=list(NOISE_CEILING.names))


def predicted_changes(contrasts: Sequence[Contrast], counts: Counts) -> np.ndarray:
    """Return the change that the study's model predicts of every comparison of `counts`."""
    model = {
        (one.comparison.version.stim_id, one.comparison.annotation_ids): one.change(Viewer.MODEL)
        for one in contrasts
        if one.comparison.target is not None
    }
    keys = counts.comparisons[["version_id", "target"]].itertuples(index=False, name=None)
    return np.array([model.get(key, math.nan) for key in keys], float)


def _row(
    counts: Counts,
    predicted: np.ndarray,
    which: np.ndarray,
    subject_strata: Mapping[str, str],
    seed: int,
) -> dict[str, object]:
    strata = [subject_strata[subject] for subject in counts.subjects]
    first = _halves(strata, np.random.default_rng([seed, int(which.sum())]))
    changes = [counts.changes(chosen) for chosen in (first, 1.0 - first)]
    known = np.isfinite(changes[0]) & np.isfinite(changes[1])
    which = np.flatnonzero(which & (known.mean(axis=0) > 0.5))
    unit, names = pd.factorize(counts.sources[which])
    n_sources = len(names)
    row: dict[str, object] = {
        "n": len(which), "n_sources": n_sources, "n_subjects": len(strata),
    }  # fmt: skip
    smallest = min(strata.count(one) for one in set(strata))
    if len(strata) < _LEAST_SUBJECTS or smallest < 2:
        return row | {"note": f"too few subjects: expected at least {_LEAST_SUBJECTS}, and two of "
                              f"every group"}  # fmt: skip
    if n_sources < _LEAST_SOURCES:
        return row | {"note": f"too few sources: expected at least {_LEAST_SOURCES}"}
    left_out = (np.arange(n_sources)[:, None] != unit).astype(float)
    times = np.vstack([np.ones((1, len(unit))), left_out])
    one, other = (half[:, which] for half in changes)
    split = _mean_correlations(one, other, times)
    with np.errstate(divide="ignore", invalid="ignore"):
        reliability = 2 * split / (1 + split)
        ceiling = np.sqrt(np.where(reliability > 0, reliability, np.nan))
    people = counts.pooled[which]
    model = correlations(predicted[which][None], people[None], times)[:, 0]
    row |= {"split_half": split[0], "model_correlation": model[0]}
    if not split[0] > 0:
        return row | {"note": _DISAGREE}
    low, high = _jackknife(fisher_z(reliability), n_sources)
    low, high = math.tanh(low), math.tanh(high)
    row |= {
        "reliability": reliability[0], "reliability_low": low, "reliability_high": high,
        "ceiling": ceiling[0],
    }  # fmt: skip
    row["of_ceiling"] = model[0] / ceiling[0]
    if not low > 0:
        return row | {"note": _UNSURE}
    low, high = _jackknife(model / ceiling, n_sources)
    return row | {"of_ceiling_low": low, "of_ceiling_high": high}


def _jackknife(values: np.ndarray, n: int) -> tuple[float, float]:
    """Return the 95 % interval of the first of values, the others of which leave a source out."""
    whole, without = values[0], values[1:]
    pseudo = n * whole - (n - 1) * without
    error = float(pseudo.std(ddof=1)) / math.sqrt(len(pseudo))
    half = quantile(0.975, n - 1) * error
    return float(whole) - half, float(whole) + half


def _halves(strata: Sequence[str], generator: np.random.Generator) -> np.ndarray:
    """Return who is in the first half, ``(splits, subjects)``: half of every stratum."""
    labels = np.asarray(strata)
    first = np.zeros((_SPLITS, len(labels)))
    for number in range(_SPLITS):
        for stratum in np.unique(labels):
            members = generator.permutation(np.flatnonzero(labels == stratum))
            # Of an odd number the larger part is now in this half, now in the other.
            first[number, members[: (len(members) + number % 2) // 2]] = 1.0
    return first


def _mean_correlations(first: np.ndarray, second: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the mean over splits of the halves' correlation, for every row of `times`.

    Parameters
    ----------
    first, second : arrays (splits, comparisons)
    times : array (resamples, comparisons)
        How often each comparison counts.
    """
    known = (np.isfinite(first) & np.isfinite(second)).astype(float)
    a, b = np.where(known, first, 0.0), np.where(known, second, 0.0)

    def total(values: np.ndarray) -> np.ndarray:
        return times @ values.T

    with np.errstate(divide="ignore", invalid="ignore"):
        n = total(known)
        mean_a, mean_b = total(a) / n, total(b) / n
        together = total(a * b) / n - mean_a * mean_b
        spread_a, spread_b = total(a * a) / n - mean_a**2, total(b * b) / n - mean_b**2
        varies = np.minimum(spread_a, spread_b) > 1e-15
        found = np.where(varies, together / np.sqrt(spread_a * spread_b), np.nan)
    z = fisher_z(found)
    sound = np.isfinite(z)
    count = sound.sum(axis=1)
    return np.tanh(np.where(sound, z, 0.0).sum(axis=1) / np.where(count, count, np.nan))
