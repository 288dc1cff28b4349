"""Effects in units of their spread, and the effect on every subject.

Changes are those of the share of a subject's fixations on the target, counted without a density,
version minus original, where one subject saw both. Cohen's d_z is their mean over their standard
deviation: over subjects, each with the mean over its targets, it says how alike people are moved by
these photographs; over sources, each with all subjects together, how alike photographs move these
people. Its interval is exact for normal changes, from the noncentral t distribution (Cumming &
Finch 2001).
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import nctdtr

from analysis.effects.counts import Counts
from analysis.effects.student import quantile
from stimuli.contract.vocabulary import Direction
from stimuli.support.tables import Column, Schema

STANDARDISED = Schema(
    "standardised",
    (
        Column("subset", str, "Fixations used"),
        Column("direction", str, "What was asked of the targets"),
        Column("over", str, "subjects, or sources: whose changes these are"),
        Column("n", int, "How many subjects or sources have a change"),
        Column("mean_change", float, "Mean change of the share of fixations on the target"),
        Column("sd_change", float, "Standard deviation of the changes"),
        Column("d_z", float, "Cohen's d_z: mean over standard deviation"),
        Column("d_z_low", float, "Lower end of its 95 % interval"),
        Column("d_z_high", float, "Upper end"),
        Column("n_as_asked", int, "How many moved in the direction asked; n/a for controls"),
    ),
)
SUBJECT_EFFECTS = Schema(
    "subject_effects",
    (
        Column("subset", str, "Fixations used"),
        Column("subject", str, "Participant's number"),
        Column("direction", str, "What was asked of the targets"),
        Column("n_targets", int, "Targets of which this subject saw original and version"),
        Column("n_sources", int, "Photographs on which they are"),
        Column("change", float, "Mean change of the share of fixations on the target"),
        Column("change_low", float, "Lower end of its 95 % interval over photographs (Student's)"),
        Column("change_high", float, "Upper end; n/a: fewer than three photographs"),
        Column("as_asked", bool, "Whether it is in the direction asked; n/a for controls"),
    ),
)
_LEAST = 3  # units that an interval needs


def cohens_d_z(changes: np.ndarray) -> tuple[float, float, float]:
    """Return Cohen's d_z of changes and its 95 % interval.

    Parameters
    ----------
    changes : array (n,)
        One a unit, such as a subject; NaN ones do not count.

    Returns
    -------
    d_z, low, high
        NaN for fewer than three changes, or where all are the same.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import cohens_d_z
    >>> d_z, low, high = cohens_d_z(np.array([0.1, 0.3, 0.2, 0.2, 0.2]))
    >>> round(d_z, 2), round(low, 2), round(high, 2)
    (2.83, 0.75, 4.89)
    """
    changes = np.asarray(changes, float)
    changes = changes[np.isfinite(changes)]
    n = len(changes)
    spread = float(changes.std(ddof=1)) if n >= _LEAST else 0.0
    if spread < 1e-12:
        return math.nan, math.nan, math.nan
    d_z = float(changes.mean()) / spread
    low, high = (_noncentrality(d_z * math.sqrt(n), n - 1, share) for share in (0.975, 0.025))
    return d_z, low / math.sqrt(n), high / math.sqrt(n)


def _noncentrality(t: float, df: int, share: float) -> float:
    """Return the noncentrality under which a share of t values lies below the one found."""

    def distance(centre: float) -> float:
        below = float(nctdtr(df, centre, t))
        return (below if math.isfinite(below) else float(centre < t)) - share

    reach = 6.0 + 3.0 * abs(t)
    return float(brentq(distance, t - reach, t + reach, xtol=1e-6))


def standardised_effects(counts: Counts, label: str) -> pd.DataFrame:
    """Return Cohen's d_z over subjects and over sources for each direction.

    Parameters
    ----------
    counts : Counts
        Fixations on the targets by subject.
    label
        Content of the column ``subset``.

    Returns
    -------
    standardised : DataFrame
        Rows by `STANDARDISED`. In a first block, where nobody saw an original and its version,
        subjects have none.
    """
    rows = []
    for direction in _directions(counts):
        which = counts.directions == direction
        over = {
            "subjects": _mean(_by_source(counts, counts.by_subject, which), axis=1),
            "sources": _by_source(counts, counts.pooled[None], which)[0],
        }
        for name, changes in over.items():
            known = changes[np.isfinite(changes)]
            d_z, low, high = cohens_d_z(known)
            asked = _as_asked(known, direction) if len(known) else None
            rows.append(
                {
                    "subset": label, "direction": direction, "over": name, "n": len(known),
                    "mean_change": known.mean() if len(known) else math.nan,
                    "sd_change": known.std(ddof=1) if len(known) > 1 else math.nan,
                    "d_z": d_z, "d_z_low": low, "d_z_high": high,
                    "n_as_asked": None if asked is None else int(asked.sum()),
                }
            )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(STANDARDISED.names))
    return table.astype({"n_as_asked": "Int64"})


def subject_effects(counts: Counts, label: str) -> pd.DataFrame:
    """Return the mean change of every subject with its interval.

    Parameters
    ----------
    counts : Counts
        Fixations on the targets by subject.
    label
        Content of the column ``subset``.

    Returns
    -------
    subjects : DataFrame
        Rows by `SUBJECT_EFFECTS`. Subjects who saw no original together with a version of it, as in
        a first block, have no row.
    """
    rows = list[Mapping[Hashable, Any]]()
    for direction in _directions(counts):
        which = counts.directions == direction
        for number, own in enumerate(_by_source(counts, counts.by_subject, which)):
            known = own[np.isfinite(own)]
            if not len(known):
                continue
            change, half = float(known.mean()), math.nan
            if len(known) >= _LEAST:
                error = float(known.std(ddof=1)) / math.sqrt(len(known))
                half = quantile(0.975, len(known) - 1) * error
            asked = _as_asked(np.array([change]), direction)
            rows.append(
                {
                    "subset": label, "subject": counts.subjects[number], "direction": direction,
                    "n_targets": int(np.isfinite(counts.by_subject[number, which]).sum()),
                    "n_sources": len(known), "change": change, "change_low": change - half,
                    "change_high": change + half,
                    "as_asked": None if asked is None else bool(asked[0]),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(SUBJECT_EFFECTS.names))


def _directions(counts: Counts) -> list[str]:
    return [str(one) for one in Direction if one in set(counts.directions)]


def _as_asked(changes: np.ndarray, direction: str) -> np.ndarray | None:
    if direction == Direction.CONTROL:
        return None
    return changes > 0 if direction == Direction.INCREASE else changes < 0


def _by_source(counts: Counts, changes: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Return the mean over the targets of each source: ``(rows, sources)``."""
    sources = counts.sources
    groups = [which & (sources == source) for source in dict.fromkeys(sources[which])]
    return np.column_stack([_mean(changes[:, group], axis=1) for group in groups])


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the mean of the values that are known; NaN where none is."""
    known = np.isfinite(values)
    n = known.sum(axis=axis)
    return np.where(known, values, 0.0).sum(axis=axis) / np.where(n, n, np.nan)
