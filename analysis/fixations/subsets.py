"""The subsets of fixations that the paper reports.

In the first block a subject has not seen any other version of the image, but then the original and
its versions were seen by different people: comparisons in it are between subjects. The first
fixation is the first that began after the image appeared.
"""

from enum import StrEnum

import pandas as pd

from stimuli.support.checked import member
from stimuli.support.errors import InputError


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
        raise InputError(
            f"subset {subset}{f' with query {query!r}' if query else ''} holds no fixation on an "
            f"image, of {len(fixations)} fixations in all; expected some: record more, or choose "
            f"--subset all"
        )
    return chosen.reset_index(drop=True)
