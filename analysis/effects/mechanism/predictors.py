"""Which prediction foretells people's changes best: guide, judges, or the aim alone.

Correlations are over comparisons of a target, between a prediction and people's change of the share
of fixations on it. All predictions of a direction are held against the same comparisons: those that
every one of them has. Over both directions a prediction that knows nothing but the aim, up or down,
correlates already; what it knows beyond that shows in the difference from it, and within a
direction. Intervals are from subjects and sources drawn anew together, centred on what is measured.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.bootstrap import percentile_interval
from analysis.effects.correlations import centred_correlations, correlations
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
        *interval_columns("correlation", upper="n/a: fewer than three sources"),
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
LEAST_SOURCES = 3
_FEW = f"fewer than {LEAST_SOURCES} sources: no interval"


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
        drawn, times = resamples.change[:, which], resamples.times[:, which]
        found: dict[str, tuple[float, np.ndarray]] = {}
        for name, values in predictions.items():
            if name == THE_AIM and direction != BOTH:
                continue
            one = values[None, which]
            whole = float(correlations(one, people[None, which], np.ones_like(one))[0])
            enough = n_sources >= LEAST_SOURCES
            found[name] = whole, correlations(one, drawn, times) if enough else np.empty(0)
        for name, (whole, again) in found.items():
            low, high = percentile_interval(centred_correlations(again, whole))
            row = {
                "subset": label, "direction": str(direction), "predictor": name, "n": len(which),
                "n_sources": n_sources, "correlation": whole, "correlation_low": low,
                "correlation_high": high, "ceiling": (ceilings or {}).get(direction, math.nan),
                "note": None if n_sources >= LEAST_SOURCES else _FEW,
            }  # fmt: skip
            for other, column in ((THE_GUIDE, "difference"), (THE_AIM, "from_aim")):
                if other in found and other != name:
                    row |= _difference(column, found[name], found[other])
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


def _difference(
    column: str, one: tuple[float, np.ndarray], other: tuple[float, np.ndarray]
) -> dict[str, float]:
    """Return the difference of two correlations, its resamples centred on what was measured."""
    difference = one[0] - other[0]
    again = one[1] - other[1]
    again = again[np.isfinite(again)]
    low, high = math.nan, math.nan
    if len(again) and math.isfinite(difference):
        low, high = percentile_interval(again - again.mean() + difference)
    return {column: difference, f"{column}_low": low, f"{column}_high": high}
