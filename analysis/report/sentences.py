"""The sentences in which the paper reports its effects, with the numbers of this study."""

import pandas as pd

from analysis.report.numbers import percent, signed

_AIMS = {
    "p_obj": "Where the aim was {aim}, the probability of fixating the target",
    "entropy_bits": "Where the aim was {aim} of the entropy, it",
}
_UNITS = {"p_obj": "", "entropy_bits": " bits"}
_DIRECTIONS = {"increase": "an increase", "decrease": "a decrease"}


def sentences(summary: pd.DataFrame) -> list[str]:
    """Return one sentence for each condition and direction.

    Parameters
    ----------
    summary : DataFrame
        By `analysis.effects.summary.SUMMARY`.
    """
    keys = ["condition", "direction", "measure"]
    return [
        _sentence(measure, direction, rows.set_index("observer"))
        for (_, direction, measure), rows in summary.groupby(keys, sort=False)
    ]


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
        f"({percent(people['mean_relative_change'])}; 95 % interval {signed(low)} to "
        f"{signed(high)}; n = {people['n']}, {_share(people)} moved as asked); {predicted}."
    )


def _share(people: pd.Series) -> str:
    return f"{round(people['share_as_asked'] * people['n'])} of which"
