"""People's changes by kind of object, by edit and by naturalness."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.effects.bootstrap import resampled_means
from analysis.effects.intervals import LEAST_SOURCES, crossed_interval
from analysis.effects.mechanism.features import MODEL
from analysis.effects.mechanism.object_groups import OBJECT_GROUPS
from analysis.effects.mechanism.predictors import CountedResamples
from stimuli.contract.vocabulary import Direction
from stimuli.support.tables import Column, Schema, interval_columns

MODERATORS = Schema(
    "moderators",
    (
        Column("subset", str, "Fixations used"),
        Column("by", str, "What the comparisons are grouped by: object, edit, realism, distance, "
               "budget or aim"),
        Column("level", str, "The group"),
        Column("direction", str, "What was asked of the targets"),
        Column("n", int, "Comparisons of a target"),
        Column("n_sources", int, "Sources that they come from"),
        Column("mean_change", float, "Of people: mean change of the share of fixations, counted"),
        *interval_columns("mean_change", upper="n/a: fewer than three sources"),
        Column("share_as_asked", float, "Share of comparisons that moved as asked; n/a: controls"),
        Column("mean_predicted", float, "Mean change that the study's model predicts"),
        Column("note", str, "Why there is no interval"),
    ),
)  # fmt: skip
_HALVES = {"realism": "realism", "distance": "feature_distance"}
_TRUTHS = {
    "budget": ("within_budget", {True: "keeps to its budget", False: "over its budget"}),
    "aim": ("aim_reached", {True: "predicted to reach its aim", False: "predicted to fall short"}),
}


def moderators_table(
    features: pd.DataFrame, resamples: CountedResamples, label: str
) -> pd.DataFrame:
    """Return people's mean counted change by group and direction, by `MODERATORS`.

    What all comparisons share, or the catalogue does not state, groups nothing and has no rows.

    Parameters
    ----------
    features : DataFrame
        A row for every comparison, by `analysis.effects.mechanism.features.COMPARISONS`.
    resamples : CountedResamples
        The same comparisons with subjects and sources drawn anew.
    label
        Content of the column ``subset``.
    """
    rows = list[Mapping[Hashable, Any]]()
    people = features["change"].to_numpy(float)
    for by, (levels, group) in _groupings(features).items():
        used = [one for one in levels if (group == one).any()]
        if len(used) < 2 and by != "object":
            continue
        for level in used:
            for direction in (Direction.INCREASE, Direction.DECREASE):
                chosen = (group == level) & (features["direction"] == direction).to_numpy()
                which = np.flatnonzero(chosen & np.isfinite(people))
                if not len(which):
                    continue
                n_sources = features["source_id"].iloc[which].nunique()
                interval = crossed_interval(
                    resampled_means, people[which], resamples.change[:, which],
                    resamples.times[:, which], n_sources=n_sources,
                    subject_freedom=resamples.subject_freedom,
                )  # fmt: skip
                asked = 1.0 if direction == Direction.INCREASE else -1.0
                few = f"fewer than {LEAST_SOURCES} sources: no interval"
                rows.append(
                    {
                        "subset": label, "by": by, "level": level, "direction": str(direction),
                        "n": len(which), "n_sources": n_sources,
                        "mean_change": float(people[which].mean()), "mean_change_low": interval.low,
                        "mean_change_high": interval.high,
                        "share_as_asked": float((np.sign(people[which]) == asked).mean()),
                        "mean_predicted": float(features[MODEL].to_numpy(float)[which].mean()),
                        "note": few if n_sources < LEAST_SOURCES else None,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows, columns=list(MODERATORS.names))


def _groupings(features: pd.DataFrame) -> dict[str, tuple[Sequence[str], np.ndarray]]:
    """Return for everything that groups comparisons its levels, and the level of each."""
    groups = features["group"].to_numpy(str)
    edits = features["transform"].to_numpy(str)
    found: dict[str, tuple[Sequence[str], np.ndarray]] = {
        "object": (OBJECT_GROUPS, groups),
        "edit": (sorted(set(edits)), edits),
    }
    aims = features["direction"] != Direction.CONTROL
    for by, column in _HALVES.items():
        values = features[column].to_numpy(float)
        known = values[np.isfinite(values) & aims.to_numpy()]
        if len(known):
            middle = float(np.median(known))
            levels = (f"at most {middle:.3g}", f"above {middle:.3g}")
            halves = np.where(values > middle, levels[1], levels[0]).astype(object)
            halves[~np.isfinite(values)] = None
            found[by] = levels, halves
    for by, (column, names) in _TRUTHS.items():
        found[by] = tuple(names.values()), features[column].map(names).to_numpy(object)
    return found
