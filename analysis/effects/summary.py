"""Effects in a few numbers: per condition and direction, for people and for the model."""

import math
from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from analysis.effects.bootstrap import Resamples, percentile_interval, resampled_means
from analysis.effects.contrasts import Contrast, effects_table
from analysis.effects.intervals import (
    LEAST_SOURCES,
    NO_INTERVAL,
    Interval,
    crossed_interval,
    sources_interval,
)
from analysis.effects.ratios import crossed_ratio, ratio_of_means, sources_ratio
from stimuli.contract.vocabulary import Condition, Direction, Viewer
from stimuli.support.tables import Column, Schema

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
        Column(
            "mean_change_low", float,
            "Lower end of its 95 % interval; none from fewer than three sources",
        ),
        Column("mean_change_high", float, "Upper end"),
        Column("p", float, "Of no mean change, two-sided, by the same Student's t"),
        Column("p_holm", float, "The same, corrected for the number of rows that have one (Holm)"),
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
        Column(
            "share_as_asked",
            float,
            "Share of aims that moved in the direction asked",
        ),
        Column("sign_agreement", float, "Share of aims where people moved as the model predicted, "
               "of those where it predicts a change"),
        Column("n_subjects", int, "Subjects whose fixations were used"),
        Column(
            "mean_change_density", float,
            "Mean change of people's fitted densities, as published: of p_obj smaller than that of "
            "the fixations",
        ),
        Column("change_of_mean", float, "mean_change / mean_original"),
        Column("change_of_mean_low", float, "Lower end of its 95 % interval, at least -1"),
        Column("change_of_mean_high", float, "Upper end"),
    ),
)  # fmt: skip

_KEYS = ["condition", "direction", "measure"]


def summary_table(contrasts: Sequence[Contrast], label: str, resamples: Resamples) -> pd.DataFrame:
    """Return the effects by condition and direction, for people and for the model.

    Parameters
    ----------
    contrasts
        The contrasts, in the order of `resamples`.
    label
        Content of the column ``subset``.
    resamples : Resamples
        Resampled changes, as `pigeonhole_bootstrap` returns them. People's intervals are over
        subjects and sources; the model is the same whoever looks, so its intervals are over
        sources.

    Returns
    -------
    summary : DataFrame
        Rows by `SUMMARY`.
    """
    effects = effects_table(contrasts, label)
    counted = np.array([one.version.counted - one.original.counted for one in contrasts])
    density = np.array([one.version.density - one.original.density for one in contrasts])
    people, model = (
        effects[effects["observer"] == viewer].reset_index(drop=True)
        for viewer in (Viewer.PEOPLE, Viewer.MODEL)
    )
    rows = []
    for (condition, direction, measure), chosen in sorted(
        people.groupby(_KEYS, sort=False), key=lambda group: _place(group[0])
    ):
        which = chosen.index.to_numpy()
        moved = np.sign(people.loc[which, "change"]) == np.sign(model.loc[which, "change"])
        known = people.loc[which, "change"].notna()
        told = known & (model.loc[which, "change"] != 0)
        drawn = resamples.of(which)
        shared = {
            "subset": label, "condition": condition, "direction": direction, "measure": measure,
            "p_holm": math.nan, "n_subjects": resamples.n_subjects,
            "sign_agreement": math.nan if direction == Direction.CONTROL else _mean(moved[told]),
        }  # fmt: skip
        rows.append(
            shared
            | {"observer": str(Viewer.PEOPLE)}
            | {"mean_change_counted": _mean(counted[which][known])}
            | {"mean_change_density": _mean(density[which][known])}
            | _statistics(chosen, direction)
            | _people_intervals(chosen, drawn)
        )
        predicted = model.loc[which]
        rows.append(
            shared
            | {"observer": str(Viewer.MODEL), "mean_change_counted": math.nan}
            | {"mean_change_density": math.nan}
            | _statistics(predicted, direction)
            | _model_intervals(predicted, drawn.times)
        )
    summary = pd.DataFrame(rows, columns=list(SUMMARY.names))
    # The declared contrasts are these rows: every condition and direction, once.
    declared = summary["p"].notna()
    if declared.any():
        from statsmodels.stats.multitest import multipletests  # slow to import

        _, corrected, *_ = multipletests(summary.loc[declared, "p"], method="holm")
        summary.loc[declared, "p_holm"] = corrected
    return summary


_ORDER = (Direction.INCREASE, Direction.DECREASE, Direction.CONTROL)


def _place(key: tuple[Hashable, ...]) -> tuple[bool, int]:
    """Order as the paper reports: objects before entropy, increase before decrease and control."""
    condition, direction, _ = key
    return condition != Condition.OBJECT, _ORDER.index(Direction(str(direction)))


def _statistics(effects: pd.DataFrame, direction: Hashable) -> dict[str, float]:
    """Return what is counted and averaged over the effects of one row."""
    change, relative = effects["change"], effects["relative_change"]
    measured = effects[change.notna()]
    asked = 1.0 if direction == Direction.INCREASE else -1.0
    return {
        "n": len(measured),
        "n_sources": _sources(effects),
        "n_without_estimate": len(effects) - len(measured),
        "mean_original": measured["original"].mean(),
        "mean_change": change.mean(),
        "change_of_mean": ratio_of_means(*_values(effects)),
        "median_change": change.median(),
        "mean_relative_change": relative.mean(),
        "median_relative_change": relative.median(),
        "share_as_asked": math.nan
        if direction == Direction.CONTROL
        else _mean(np.sign(measured["change"]) == asked),
    }


def _people_intervals(effects: pd.DataFrame, drawn: Resamples) -> dict[str, float]:
    n_sources = _sources(effects)
    change = crossed_interval(
        resampled_means, effects["change"].to_numpy(), drawn.change, drawn.times,
        n_sources=n_sources, subject_freedom=drawn.subject_freedom,
    )  # fmt: skip
    ratio = crossed_ratio(*_values(effects), drawn, n_sources=n_sources)
    relative = resampled_means(drawn.relative_change, drawn.times)
    known = n_sources >= LEAST_SOURCES and drawn.subject_freedom > 0
    return _ends(change, relative if known else np.empty(0), ratio)


def _model_intervals(effects: pd.DataFrame, times: np.ndarray) -> dict[str, float]:
    """Return intervals over sources alone, and no p: the model is the same whoever looks."""
    n_sources = _sources(effects)
    change = sources_interval(
        resampled_means, effects["change"].to_numpy(), times, n_sources=n_sources
    )
    ratio = sources_ratio(*_values(effects), times, n_sources=n_sources)
    relative = resampled_means(effects["relative_change"].to_numpy()[None], times)
    known = relative if n_sources >= LEAST_SOURCES else np.empty(0)
    return _ends(change, known, ratio) | {"p": NO_INTERVAL.p}


def _values(effects: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return effects["change"].to_numpy(float), effects["original"].to_numpy(float)


def _sources(effects: pd.DataFrame) -> int:
    return int(effects.loc[effects["change"].notna(), "source_id"].nunique())


def _ends(change: Interval, relative_change: np.ndarray, ratio: Interval) -> dict[str, float]:
    relative_low, relative_high = percentile_interval(relative_change)
    return {
        "mean_change_low": change.low, "mean_change_high": change.high, "p": change.p,
        "mean_relative_change_low": relative_low, "mean_relative_change_high": relative_high,
        "change_of_mean_low": ratio.low, "change_of_mean_high": ratio.high,
    }  # fmt: skip


def _mean(values: np.ndarray | pd.Series) -> float:
    return float(values.mean()) if len(values) else math.nan
