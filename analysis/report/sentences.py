"""The sentences in which the paper reports its effects, with the numbers of this study."""

import math

import pandas as pd

from analysis.report.numbers import percent, plain, signed

_AIMS = {
    "p_obj": "Where the aim was {aim}, the probability of fixating the target",
    "entropy_bits": "Where the aim was {aim} of the entropy, it",
}
_UNITS = {"p_obj": "", "entropy_bits": " bits"}
_DIRECTIONS = {"increase": "an increase", "decrease": "a decrease"}


def sentences(summary: pd.DataFrame, agreement: pd.DataFrame | None = None) -> list[str]:
    """Return one sentence for each condition and direction, and one a measure on the model.

    Parameters
    ----------
    summary : DataFrame
        By `analysis.effects.summary.SUMMARY`.
    agreement : DataFrame, optional
        By `analysis.effects.agreement.AGREEMENT`.
    """
    keys = ["condition", "direction", "measure"]
    said = [
        _sentence(measure, direction, rows.set_index("observer"))
        for (_, direction, measure), rows in summary.groupby(keys, sort=False)
    ]
    rows = [] if agreement is None else agreement.to_dict("records")
    return said + [_agreement(row) for row in rows if row["n"]]


def _agreement(row: dict) -> str:
    what = {"p_obj": "the probability of fixating a target", "entropy_bits": "the entropy"}
    between = ""
    if math.isfinite(row["slope_low"]):
        between = f" (95 % interval {plain(row['slope_low'], 2)} to {plain(row['slope_high'], 2)})"
    return (
        f"Of {row['n']} predicted changes of {what[row['measure']]}, people moved the same way in "
        f"{row['n_same_sign']}, and by {plain(row['slope'], 2)} of what was predicted{between}."
    )


def _sentence(measure: str, direction: str, rows: pd.DataFrame) -> str:
    people, model, unit = rows.loc["people"], rows.loc["model"], _UNITS[measure]
    predicted = (
        f"the model predicted {signed(model['mean_change'])}{unit} "
        f"({percent(model['mean_relative_change'])})"
    )
    opening = _AIMS[measure].format(aim=_DIRECTIONS[direction])
    if not people["n"]:
        return f"{opening} cannot be estimated: too few subjects looked; {predicted}."
    low, high = people["mean_change_low"], people["mean_change_high"]
    return (
        f"{opening} changed by {signed(people['mean_change'])}{unit} "
        f"({percent(people['mean_relative_change'])}, median "
        f"{percent(people['median_relative_change'])}; 95 % interval {signed(low)} to "
        f"{signed(high)}; n = {people['n']}, {_share(people)} moved as asked); {predicted}."
    )


def _share(people: pd.Series) -> str:
    return f"{round(people['share_as_asked'] * people['n'])} of which"
