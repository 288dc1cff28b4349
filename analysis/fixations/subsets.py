"""The subsets of fixations that the paper reports.

In the first block a subject has not seen any other version of the image, but then the original and
its versions were seen by different people: comparisons in it are between subjects. The first
fixation is the first that began after the image appeared.
"""

from collections.abc import Callable

import pandas as pd

from stimuli.errors import InputError

SUBSETS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "all": lambda table: table["fixation"] >= 1,
    "first-block": lambda table: (table["fixation"] >= 1) & (table["block_position"] == 1),
    "first-fixation": lambda table: table["fixation"] == 1,
}


def usable(table: pd.DataFrame, subset: str) -> pd.DataFrame:
    """Return the fixations of a subset that enter densities: on the image, and not number 0.

    Parameters
    ----------
    table : DataFrame
        Columns of `stimuli.tables.FIXATIONS`.
    subset
        ``all``, ``first-block`` or ``first-fixation``.

    Raises
    ------
    InputError
        If none is left.
    """
    chosen = table[SUBSETS[subset](table) & table["inside"].astype(bool)]
    if chosen.empty:
        raise InputError(
            f"subset {subset} holds no fixation on an image, of {len(table)} fixations in all; "
            f"expected some: record more, or choose --subset all"
        )
    return chosen.reset_index(drop=True)
