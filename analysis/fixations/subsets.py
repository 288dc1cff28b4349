"""The subsets of fixations that the paper reports.

In the first block a subject has not seen any other version of the image, but then the original and
its versions were seen by different people: comparisons in it are between subjects. The first
fixation is the first that began after the image appeared.
"""

from enum import StrEnum

import pandas as pd

from stimuli.support.checked import member
from stimuli.support.errors import InputError
from stimuli.support.words import counted


class Subset(StrEnum):
    """Which fixations an analysis uses: all, of the first block, or the first of each trial."""

    ALL = "all"
    FIRST_BLOCK = "first-block"
    FIRST_FIXATION = "first-fixation"

    def members(self, fixations: pd.DataFrame) -> pd.Series:
        """Return which rows of a fixation table belong to the subset, ``(n,)`` truth values."""
        if self == Subset.FIRST_FIXATION:
            return fixations["fixation"] == 1
        began = fixations["fixation"] >= 1
        if self == Subset.FIRST_BLOCK:
            return began & (fixations["block_position"] == 1)
        return began


def select_fixations(
    fixations: pd.DataFrame,
    subset: Subset = Subset.ALL,
    *,
    query: str | None = None,
    drop_beside_blink: bool = False,
) -> pd.DataFrame:
    """Return the fixations that enter densities: of a subset, on the image, of trials that count.

    Parameters
    ----------
    fixations : DataFrame
        Columns of `stimuli.contract.schemas.FIXATIONS`, as `read_fixations` returns them.
    subset : Subset
        All, those of each subject's first block, or the first of each trial.
    query
        A further condition on the columns, as `pandas.DataFrame.query` reads it.
    drop_beside_blink
        Whether short fixations next to a blink are left out.

    Returns
    -------
    selected : DataFrame
        The chosen rows in their order, numbered anew.

    Raises
    ------
    InputError
        If none is left, or the query cannot be read.

    Examples
    --------
    >>> from analysis import Subset, read_fixations, select_fixations
    >>> from stimuli import open_study
    >>> fixations = read_fixations(open_study("demo-study"))
    >>> used = select_fixations(fixations, Subset.FIRST_BLOCK, query="duration_ms > 100")
    >>> used["block_position"].unique().tolist()
    [1]
    """
    subset = member(Subset, subset, "subset")
    chosen = fixations[subset.members(fixations) & fixations["inside"].astype(bool)]
    if "excluded" in chosen:
        chosen = chosen[chosen["excluded"].isna()]
    if drop_beside_blink and "beside_blink" in chosen:
        chosen = chosen[~chosen["beside_blink"].astype(bool)]
    if query:
        try:
            chosen = chosen.query(query)
        except Exception as error:  # pandas raises whatever its parser or the columns raise
            raise InputError(
                f"query {query!r} cannot be read ({error}); expected a condition on the columns "
                f"{', '.join(fixations.columns)}, such as 'duration_ms > 100'"
            ) from None
    if chosen.empty:
        which = f"subset {subset}{f' with query {query!r}' if query else ''}"
        raise InputError(_why_empty(which, fixations, subset, drop_beside_blink))
    return chosen.reset_index(drop=True)


def _why_empty(which: str, fixations: pd.DataFrame, subset: Subset, drops: bool) -> str:
    """Return how many fixations each cause took, each counted once, and the repair of the first."""
    left, causes = fixations, dict[str, int]()
    excluded = _column(fixations, "excluded")
    for cause, applies in (
        (_excluded_trials(fixations), excluded.notna()),
        ("were under way when the image appeared", fixations["fixation"] == 0),
        ("lie off the image", ~fixations["inside"].astype(bool)),
        ("are short and beside a blink", _column(fixations, "beside_blink").eq(True) & drops),
        (f"are not of subset {subset}", ~subset.members(fixations)),
    ):  # fmt: skip
        taken = applies.reindex(left.index)
        causes[cause] = int(taken.sum())
        left = left[~taken]
    causes["do not meet the query"] = len(left)
    told = "; ".join(f"{number} {cause}" for cause, number in causes.items() if number)
    most = max(causes, key=lambda cause: causes[cause])
    known = [text for part, text in _REPAIRS.items() if part in most and causes[most]]
    wider = "" if subset == Subset.ALL else ", or choose --subset all"
    repair = known[0] if known else f"record more{wider}"
    return (
        f"{which} holds no fixation on an image, of {counted(len(fixations), 'fixation')} in all"
        f"{f': {told}' if told else ''}; expected some: {repair}"
    )


_REPAIRS = {
    "excluded": "loosen the rules of [exclusions] in study.toml, or look at the recordings "
    "(python -m analysis.session)",
    "off the image": "compare [screen] and [images] in study.toml with the screen of the recording",
    "blink": "set exclusions.drop_blink_adjacent = false in study.toml",
    "query": "choose another --query",
}


def _excluded_trials(fixations: pd.DataFrame) -> str:
    """Return in words on how many trials the fixations lie that a rule leaves out, by rule."""
    rules = _column(fixations, "excluded").dropna()
    trials = fixations.loc[rules.index, ["subject", "trial"]].assign(
        rule=rules.str.split(r" [\d-]", regex=True).str[0].str.rstrip(":")
    )
    numbers = trials.drop_duplicates()["rule"].value_counts()
    by_rule = ", ".join(f"{number} by {rule}" for rule, number in numbers.items())
    return f"are on {numbers.sum()} excluded trials ({by_rule})"


def _column(fixations: pd.DataFrame, name: str) -> pd.Series:
    """Return a column; of a table without it, one of missing values."""
    return fixations[name] if name in fixations else pd.Series(None, fixations.index, dtype=object)
