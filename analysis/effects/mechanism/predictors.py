"""Which prediction foretells people's changes best: guide, judges, or the aim alone.

Correlations are over comparisons of a target, between a prediction and people's change of the share
of fixations on it. All predictions of a direction are held against the same comparisons: those that
every one of them has. Over both directions a prediction that knows nothing but the aim, up or down,
correlates already; what it knows beyond that shows in the difference from it, and within a
direction. Intervals are Student's from subjects and sources drawn anew, as those of the effects,
and of correlations on Fisher's scale (``python -m benchmarks.conclusions`` simulates what they
cover).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.correlations import correlations, fisher_z
from analysis.effects.intervals import LEAST_SOURCES, Drawn, Interval
from analysis.effects.mechanism.features import ASKED, GUIDE, JUDGE, MODEL, judges_of
from stimuli.contract.vocabulary import Direction
from stimuli.support.tables import Column, Schema, interval_columns

PREDICTORS = Schema(
    "predictors",
    (
        Column("subset", str, "Fixations used"),
        Column("direction", str, "What was asked: increase, decrease, or both"),
        Column("predictor", str, "What predicts: guide, a judge by name, mean of judges, asked "
               "(what the target density asks for), aim (up or down alone), guide + centre bias"),
        Column("n", int, "Comparisons, the same for every predictor of a direction"),
        Column("n_sources", int, "Sources that they come from"),
        Column("correlation", float, "Of the prediction with people's counted change"),
        *interval_columns("correlation", upper="n/a: too few sources"),
        Column("difference", float, "From the correlation of the guide"),
        *interval_columns("difference"),
        Column("from_aim", float, "Difference from the correlation of the aim alone; n/a within a "
               "direction"),
        *interval_columns("from_aim"),
        Column("ceiling", float, "Noise ceiling of the same comparisons: what a perfect prediction "
               "would have"),
        Column("note", str, "Why a value is missing"),
    ),
)  # fmt: skip
BOTH = "both"
THE_GUIDE, THE_AIM, THE_MODEL, THE_ASKED = "guide", "aim", "guide + centre bias", "asked"
THE_JUDGES = "mean of judges"
_FEW = f"fewer than {LEAST_SOURCES} sources: no interval"
_UNKNOWN = "too few comparisons, or a group of one subject: no interval"


@dataclass(frozen=True, eq=False)
class CountedResamples:
    """People's counted changes with subjects and sources drawn anew.

    Attributes
    ----------
    change : array (resamples, comparisons)
        Change of the share of fixations on the target.
    times : array (resamples, comparisons)
        How often the source of each comparison was drawn.
    subject_freedom
        Subjects less one in every group within which they were drawn; 0 if there is a group of one.
    """

    change: np.ndarray
    times: np.ndarray
    subject_freedom: int


def predictors_table(
    features: pd.DataFrame,
    resamples: CountedResamples,
    label: str,
    ceilings: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return how well each prediction foretells people's counted changes.

    Parameters
    ----------
    features : DataFrame
        A row for every comparison, by `analysis.effects.mechanism.features.COMPARISONS`.
    resamples : CountedResamples
        The same comparisons with subjects and sources drawn anew.
    label
        Content of the column ``subset``.
    ceilings : mapping
        By direction the noise ceiling of the `comparable` comparisons.

    Returns
    -------
    predictors : DataFrame
        Rows by `PREDICTORS`: those that the study has, over both directions and within each.
    """
    rows = list[dict[str, object]]()
    predictions = _predictions(features)
    directions, people = features["direction"].to_numpy(str), features["change"].to_numpy(float)
    known = comparable(features)
    for direction in (BOTH, Direction.INCREASE, Direction.DECREASE):
        aims = (Direction.INCREASE, Direction.DECREASE) if direction == BOTH else (direction,)
        which = np.flatnonzero(known & np.isin(directions, aims))
        n_sources = features["source_id"].iloc[which].nunique()
        if len(which) < 3:
            continue
        names = [name for name in predictions if direction == BOTH or name != THE_AIM]
        found = _Correlations.of(
            np.stack([predictions[name][which] for name in names]), people[which],
            resamples.change[:, which], resamples.times[:, which], n_sources,
            resamples.subject_freedom,
        )  # fmt: skip
        for place, name in enumerate(names):
            ends = found.interval(place)
            row = {
                "subset": label, "direction": str(direction), "predictor": name, "n": len(which),
                "n_sources": n_sources, "correlation": found.measured[place],
                "correlation_low": ends.low, "correlation_high": ends.high,
                "ceiling": (ceilings or {}).get(direction, math.nan),
                "note": None if math.isfinite(ends.low) else _why_none(n_sources),
            }  # fmt: skip
            for other, column in ((THE_GUIDE, "difference"), (THE_AIM, "from_aim")):
                if other in names and other != name:
                    row |= found.difference(place, names.index(other), column)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(PREDICTORS.names))


def comparable(features: pd.DataFrame) -> np.ndarray:
    """Return which comparisons have every prediction of the study, and a change of people."""
    known = np.isfinite(features["change"].to_numpy(float))
    for values in _predictions(features).values():
        known = known & np.isfinite(values)
    return known


def _predictions(features: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return every prediction that the study has, by its name."""
    judges = {name.removeprefix(JUDGE): name for name in judges_of(features)}
    columns = {THE_GUIDE: GUIDE, **judges, THE_ASKED: ASKED, THE_MODEL: MODEL}
    found = {
        name: features[column].to_numpy(float)
        for name, column in columns.items()
        if features[column].notna().any()
    }
    if len(judges) > 1:
        found[THE_JUDGES] = np.mean([found[name] for name in judges if name in found], axis=0)
    aim = features["direction"].map({Direction.INCREASE: 1.0, Direction.DECREASE: -1.0})
    return {**found, THE_AIM: aim.to_numpy(float)}


def _why_none(n_sources: int) -> str:
    return _FEW if n_sources < LEAST_SOURCES else _UNKNOWN


@dataclass(frozen=True, eq=False)
class _Correlations:
    """Correlations of predictions with people, measured ``(k,)`` and drawn anew ``(rows, k)``."""

    measured: np.ndarray
    together: np.ndarray
    subjects: np.ndarray
    sources: np.ndarray
    n_sources: int
    subject_freedom: int

    @classmethod
    def of(
        cls, predictions: np.ndarray, people: np.ndarray, drawn: np.ndarray, times: np.ndarray,
        n_sources: int, subject_freedom: int,
    ) -> "_Correlations":  # fmt: skip
        """Return them for predictions ``(k, n)``; the rest as `CountedResamples` has it."""
        once, people = np.ones((1, len(people))), people[None]
        return cls(
            correlations(predictions, people, once)[0], correlations(predictions, drawn, times),
            correlations(predictions, drawn, once), correlations(predictions, people, times),
            n_sources, subject_freedom,
        )  # fmt: skip

    def interval(self, place: int) -> Interval:
        """Return the interval of a correlation."""
        z = Drawn(*(fisher_z(one[:, place]) for one in self._drawn))
        found = self._interval(z, float(fisher_z(self.measured[place])))
        return Interval(math.tanh(found.low), math.tanh(found.high), found.p)

    def difference(self, place: int, other: int, column: str) -> dict[str, float]:
        """Return the difference of two correlations with its interval, as columns."""
        difference = float(self.measured[place] - self.measured[other])
        apart = Drawn(*(one[:, place] - one[:, other] for one in self._drawn))
        found = self._interval(apart, difference)
        low, high = np.clip([found.low, found.high], -2.0, 2.0)  # of two correlations
        return {column: difference, f"{column}_low": float(low), f"{column}_high": float(high)}

    @property
    def _drawn(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.together, self.subjects, self.sources

    def _interval(self, drawn: Drawn, estimate: float) -> Interval:
        return drawn.interval(
            estimate, n_sources=self.n_sources, subject_freedom=self.subject_freedom
        )
