"""The sentences in which the paper reports its effects, with the numbers of this study.

They state what fixations did; where an analysis is as published, what fitted densities did.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.effects.intervals import FEW, LEAST_SOURCES
from analysis.report.numbers import percent, percent_interval, plain, signed
from stimuli.contract.vocabulary import Direction, Measure, Viewer
from stimuli.support.words import counted

_AIMS = {
    Measure.P_OBJ: "Where the aim was {aim}, the probability of fixating the target",
    Measure.ENTROPY: "Where the aim was {aim} of the entropy, it",
}
_UNITS = {Measure.P_OBJ: "", Measure.ENTROPY: " bits"}
_DIGITS = {Measure.P_OBJ: 3, Measure.ENTROPY: 2}
_COUNTED = {Measure.P_OBJ: "target", Measure.ENTROPY: "version"}
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
    *,
    of_densities: bool = False,
) -> list[str]:
    """Return one sentence for each condition and direction, and one a measure on the model.

    Where there are matched controls, one more says how much more the increases did. The last say
    what intervals of few subjects or sources are worth.

    Parameters
    ----------
    summary : DataFrame
        Rows by `analysis.effects.summary.SUMMARY`.
    agreement : DataFrame, optional
        Rows by `analysis.effects.agreement.AGREEMENT`.
    controls : DataFrame, optional
        Rows by `analysis.effects.controls.CONTROLS`.
    of_densities
        Whether people's p_obj is that of fitted densities, as published.
    """
    keys = ["condition", "direction", "measure"]
    effects = [
        _sentence(
            Measure(str(measure)), Direction(str(direction)), rows.to_dict("records"), of_densities
        )
        for (_, direction, measure), rows in summary.groupby(keys, sort=False)
    ]
    rows = [] if agreement is None else agreement.to_dict("records")
    paired = [] if controls is None else controls.to_dict("records")
    agreed = [_agreement(row, of_densities) for row in rows if row["n"]]
    return effects + _contrast(paired) + agreed + _cautions(summary)


def _interval(low: float, high: float, n_sources: int, measure: Measure = Measure.P_OBJ) -> str:
    """Return an interval in words, or why there is none."""
    if math.isfinite(low):
        return f"95 % interval {_change(low, measure)} to {_change(high, measure)}"
    if n_sources < LEAST_SOURCES:
        return f"no interval from {n_sources} {'source' if n_sources == 1 else 'sources'}"
    return "no interval: of a group of one subject no spread is known"


def _change(value: float, measure: Measure = Measure.P_OBJ) -> str:
    """Return a change with the decimals that its table has: all of a sentence the same."""
    return signed(value, _DIGITS[measure])


def _cautions(summary: pd.DataFrame) -> list[str]:
    """Say what few subjects or sources do to intervals, where there are few."""
    people = summary[(summary["observer"] == Viewer.PEOPLE) & (summary["n"] > 0)]
    cautions = []
    if (people["n_sources"] < LEAST_SOURCES).any():
        cautions.append(
            f"No interval is given from fewer than {LEAST_SOURCES} sources: one or two photographs "
            f"do not tell how much photographs differ, and what subjects alone tell is too narrow."
        )
    known = people[people["mean_change_low"].notna()]
    few = {
        "subjects": known["n_subjects"].min(),
        "sources": known["n_sources"].min(),
    }
    few = {name: int(n) for name, n in few.items() if n < FEW}
    if few:
        named = " and ".join(f"{n} {name}" for name, n in few.items())
        cautions.append(
            f"Intervals from {named} are rough: their width is itself hardly known, and they hold "
            f"only as far as so few stand for all."
        )
    return cautions


def _contrast(rows: Sequence[Mapping[Hashable, Any]]) -> list[str]:
    by_viewer = {row["observer"]: row for row in rows}
    if not by_viewer:
        return []
    people, model = by_viewer[Viewer.PEOPLE], by_viewer[Viewer.MODEL]
    if not people["n"]:
        return ["Increases cannot be compared with their controls: too few subjects looked."]
    between = _interval(people["contrast_low"], people["contrast_high"], people["n_sources"])
    n = counted(people["n"], "target")
    return [
        f"Increases changed the probability of fixating the target by "
        f"{_change(people['contrast'])} more than their controls ({between}; n = {n}); the model "
        f"predicted {_change(model['contrast'])}."
    ]


def _agreement(row: Mapping[Hashable, Any], of_densities: bool) -> str:
    between = ""
    if math.isfinite(row["slope_low"]):
        between = f" (95 % interval {plain(row['slope_low'], 2)} to {plain(row['slope_high'], 2)})"
    changes = _CHANGES[Measure(row["measure"])]
    if not between:
        return (
            f"Of {row['n_predicted']} predicted changes of {changes}, people moved the same way in "
            f"{row['n_same_sign']}; no slope is given without an interval."
        )
    smoothed = "; fitted densities are smoothed, so that even a right model gives less than 1"
    if not of_densities:
        smoothed = ""
    return (
        f"Of {row['n_predicted']} predicted changes of {changes}, people moved the same way in "
        f"{row['n_same_sign']}, and by {plain(row['slope'], 2)} of what was predicted"
        f"{between}{smoothed}."
    )


def _sentence(
    measure: Measure,
    direction: Direction,
    rows: Sequence[Mapping[Hashable, Any]],
    of_densities: bool,
) -> str:
    by_viewer = {row["observer"]: row for row in rows}
    people, model, unit = by_viewer[Viewer.PEOPLE], by_viewer[Viewer.MODEL], _UNITS[measure]
    # As published the mean of relative changes; else that of the mean, which no value near zero
    # carries away.
    relative = "mean_relative_change" if of_densities else "change_of_mean"
    predicted = (
        f"the model predicted {_change(model['mean_change'], measure)}{unit} "
        f"({percent(model[relative])})"
    )
    control = direction == Direction.CONTROL
    opening = _CONTROL if control else _AIMS[measure].format(aim=_DIRECTIONS[direction])
    if not people["n"]:
        return f"{opening} cannot be estimated: too few subjects looked; {predicted}."
    between = _interval(
        people["mean_change_low"],
        people["mean_change_high"],
        people["n_sources"],
        measure,
    )
    median = moved = published = chance = ""
    if math.isfinite(people.get("p", math.nan)):
        chance = f", p {_p_text(people['p'])}"
        if people["p_holm"] != people["p"]:
            chance += f", after Holm {_p_text(people['p_holm'])}"
    if of_densities:
        median = f", median {percent(people['median_relative_change'])}"
    elif measure == Measure.P_OBJ:
        published = f", {_change(people['mean_change_density'])} in fitted densities, as published"
    n = counted(people["n"], _COUNTED[measure])
    if not control:
        moved = f", {round(people['share_as_asked'] * people['n'])} of which moved as asked"
    return (
        f"{opening} changed by {_change(people['mean_change'], measure)}{unit} "
        f"({_relative(people, relative)}{median}; {between}{chance}; n = {n}{moved})"
        f"{published}; "
        f"{predicted}."
    )


def _relative(row: Mapping[Hashable, Any], name: str) -> str:
    """Return a relative change with its interval, where there is one."""
    low, high = (row.get(f"{name}_{end}", math.nan) for end in ("low", "high"))
    interval = f", {percent_interval(low, high)}" if math.isfinite(low + high) else ""
    return f"{percent(row[name])}{interval}"


def _p_text(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
