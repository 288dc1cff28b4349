"""Effects in a few numbers: per condition and direction, for people and for the model."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from analysis.effects.bootstrap import Resamples, interval, p_value, resampled_means
from analysis.effects.contrasts import Contrast, effects_table
from stimuli.tables import Column, Schema

SUMMARY = Schema(
    "summary",
    (
        Column("subset", str, "Fixations used"),
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What was asked of the measure"),
        Column("measure", str, "p_obj, or entropy_bits"),
        Column("observer", str, "people or model"),
        Column("n", int, "Aims (targets, or versions for the entropy) with an estimate"),
        Column("n_sources", int, "Sources that they come from"),
        Column("n_without_estimate", int, "Aims without one: fewer than two subjects looked"),
        Column("mean_original", float, "Mean value for the originals"),
        Column("mean_change", float, "Mean of version - original"),
        Column("mean_change_low", float, "Lower end of its 95 % interval"),
        Column("mean_change_high", float, "Upper end"),
        Column("p", float, "Of no mean change, two-sided, from the same resamples"),
        Column("p_holm", float, "The same, corrected for the number of rows of people (Holm)"),
        Column("median_change", float, "Median of version - original"),
        Column("mean_relative_change", float, "Mean of (version - original) / original"),
        Column("mean_relative_change_low", float, "Lower end of its 95 % interval"),
        Column("mean_relative_change_high", float, "Upper end"),
        Column("median_relative_change", float, "Median of (version - original) / original"),
        Column(
            "mean_change_counted",
            float,
            "Mean change of the share of fixations on the target, counted without a density",
        ),
        Column("share_as_asked", float, "Share of aims that moved in the direction asked"),
        Column("sign_agreement", float, "Share of aims where people moved as the model predicted"),
    ),
)

_KEYS = ["condition", "direction", "measure"]


def _place(condition: str, direction: str, _: str) -> tuple[bool, bool]:
    """Order as the paper reports: objects before entropy, increase before decrease."""
    return condition != "object", direction != "increase"


def summarise(contrasts: Sequence[Contrast], subset: str, resamples: Resamples) -> pd.DataFrame:
    """Return rows by `SUMMARY`.

    Parameters
    ----------
    contrasts
        In the order of `resamples`.
    resamples : Resamples
        People's intervals are over subjects and
        sources; the model is the same whoever looks, so its intervals are over sources.
    """
    effects = effects_table(contrasts, subset)
    counted = np.array([one.version.counted - one.original.counted for one in contrasts])
    people = effects[effects["observer"] == "people"].reset_index(drop=True)
    model = effects[effects["observer"] == "model"].reset_index(drop=True)
    rows = []
    for (condition, direction, measure), chosen in sorted(
        people.groupby(_KEYS, sort=False), key=lambda group: _place(*group[0])
    ):
        which = chosen.index.to_numpy()
        moved = np.sign(people.loc[which, "change"]) == np.sign(model.loc[which, "change"])
        known = people.loc[which, "change"].notna()
        agreement = float(moved[known].mean()) if known.any() else math.nan
        for observer, table in (("people", people), ("model", model)):
            part = table.loc[which]
            change, relative = part["change"], part["relative_change"]
            if observer == "people":
                changes = resamples.change[:, which]
                relatives = resamples.relative_change[:, which]
            else:
                changes, relatives = change.to_numpy()[None], relative.to_numpy()[None]
            times = resamples.times[:, which]
            measured = part[change.notna()]
            asked = 1.0 if direction == "increase" else -1.0
            means = resampled_means(changes, times)
            low, high = interval(means)
            relative_low, relative_high = interval(resampled_means(relatives, times))
            p = p_value(means) if observer == "people" else math.nan
            if observer == "model" and measured["source_id"].nunique() < 2:
                low = high = relative_low = relative_high = math.nan
            rows.append(
                {
                    "subset": part["subset"].iloc[0],
                    "condition": condition,
                    "direction": direction,
                    "measure": measure,
                    "observer": observer,
                    "n": len(measured),
                    "n_sources": measured["source_id"].nunique(),
                    "n_without_estimate": len(part) - len(measured),
                    "mean_original": measured["original"].mean(),
                    "mean_change": change.mean(),
                    "mean_change_low": low,
                    "mean_change_high": high,
                    "p": p,
                    "p_holm": math.nan,
                    "median_change": change.median(),
                    "mean_relative_change": relative.mean(),
                    "mean_relative_change_low": relative_low,
                    "mean_relative_change_high": relative_high,
                    "median_relative_change": relative.median(),
                    "mean_change_counted": (
                        counted[which][known].mean()
                        if observer == "people" and known.any()
                        else math.nan
                    ),
                    "share_as_asked": (
                        (np.sign(measured["change"]) == asked).mean() if len(measured) else math.nan
                    ),
                    "sign_agreement": agreement,
                }
            )
    summary = pd.DataFrame(rows, columns=list(SUMMARY.names))
    # The declared contrasts are these rows: every condition and direction, once.
    declared = summary["p"].notna()
    if declared.any():
        summary.loc[declared, "p_holm"] = multipletests(summary.loc[declared, "p"], method="holm")[
            1
        ]
    return summary
