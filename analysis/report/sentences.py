"""The sentences in which the paper reports its effects, with the numbers of this study."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.report.numbers import percent, plain, signed
from stimuli.contract.vocabulary import Direction, Measure, Viewer

_AIMS = {
    Measure.P_OBJ: "Where the aim was {aim}, the probability of fixating the target",
    Measure.ENTROPY: "Where the aim was {aim} of the entropy, it",
}
_UNITS = {Measure.P_OBJ: "", Measure.ENTROPY: " bits"}
_DIRECTIONS = {Direction.INCREASE: "an increase", Direction.DECREASE: "a decrease"}
_CONTROL = (
    "Where another region of like size and saliency had the increase's change (control), the "
    "probability of fixating the target"
)
_CHANGES = {
    Measure.P_OBJ: "the probability of fixating a target",
    Measure.ENTROPY: "the entropy",
}


def effect_sentences(
    summary: pd.DataFrame,
    agreement: pd.DataFrame | None = None,
    controls: pd.DataFrame | None = None,
) -> list[str]:
    """Return one sentence for each condition and direction, and one a measure on the model.

    Where there are matched controls, one more says how much more the increases did.

    Parameters
    ----------
    summary : DataFrame
        Rows by `analysis.effects.summary.SUMMARY`.
    agreement : DataFrame, optional
        Rows by `analysis.effects.agreement.AGREEMENT`.
    controls : DataFrame, optional
        Rows by `analysis.effects.controls.CONTROLS`.
    """
    keys = ["condition", "direction", "measure"]
    effects = [
        _sentence(Measure(str(measure)), Direction(str(direction)), rows.to_dict("records"))
        for (_, direction, measure), rows in summary.groupby(keys, sort=False)
    ]
    rows = [] if agreement is None else agreement.to_dict("records")
    paired = [] if controls is None else controls.to_dict("records")
    return effects + _contrast(paired) + [_agreement(row) for row in rows if row["n"]]


def _contrast(rows: Sequence[Mapping[Hashable, Any]]) -> list[str]:
    by_viewer = {row["observer"]: row for row in rows}
    if not by_viewer:
        return []
    people, model = by_viewer[Viewer.PEOPLE], by_viewer[Viewer.MODEL]
    if not people["n"]:
        return ["Increases cannot be compared with their controls: too few subjects looked."]
    low, high = people["contrast_low"], people["contrast_high"]
    return [
        f"Increases changed the probability of fixating the target by {signed(people['contrast'])} "
        f"more than their controls (95 % interval {signed(low)} to {signed(high)}; n = "
        f"{people['n']}); the model predicted {signed(model['contrast'])}."
    ]


def _agreement(row: Mapping[Hashable, Any]) -> str:
    between = ""
    if math.isfinite(row["slope_low"]):
        between = f" (95 % interval {plain(row['slope_low'], 2)} to {plain(row['slope_high'], 2)})"
    changes = _CHANGES[Measure(row["measure"])]
    return (
        f"Of {row['n']} predicted changes of {changes}, people moved the same way in "
        f"{row['n_same_sign']}, and by {plain(row['slope'], 2)} of what was predicted{between}."
    )


def _sentence(
    measure: Measure, direction: Direction, rows: Sequence[Mapping[Hashable, Any]]
) -> str:
    by_viewer = {row["observer"]: row for row in rows}
    people, model, unit = by_viewer[Viewer.PEOPLE], by_viewer[Viewer.MODEL], _UNITS[measure]
    predicted = (
        f"the model predicted {signed(model['mean_change'])}{unit} "
        f"({percent(model['mean_relative_change'])})"
    )
    control = direction == Direction.CONTROL
    opening = _CONTROL if control else _AIMS[measure].format(aim=_DIRECTIONS[direction])
    if not people["n"]:
        return f"{opening} cannot be estimated: too few subjects looked; {predicted}."
    low, high = people["mean_change_low"], people["mean_change_high"]
    moved = ""
    if not control:
        moved = f", {round(people['share_as_asked'] * people['n'])} of which moved as asked"
    return (
        f"{opening} changed by {signed(people['mean_change'])}{unit} "
        f"({percent(people['mean_relative_change'])}, median "
        f"{percent(people['median_relative_change'])}; 95 % interval {signed(low)} to "
        f"{signed(high)}; n = {people['n']}{moved}); {predicted}."
    )
