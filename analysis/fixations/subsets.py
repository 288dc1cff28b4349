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


def usable(
    table: pd.DataFrame,
    subset: str,
    *,
    query: str | None = None,
    drop_beside_blink: bool = False,
) -> pd.DataFrame:
    """Return the fixations that enter densities: of a subset, on the image, of trials that count.

    Parameters
    ----------
    table : DataFrame
        Columns of `stimuli.tables.FIXATIONS`.
    subset
        ``all``, ``first-block`` or ``first-fixation``.
    query
        A further condition on the columns, as `pandas.DataFrame.query` reads it.
    drop_beside_blink
        Whether short fixations next to a blink are left out.

    Raises
    ------
    InputError
        If none is left, or the query cannot be read.
    """
    chosen = table[SUBSETS[subset](table) & table["inside"].astype(bool)]
    for column, keep in (("excluded", pd.Series.isna), ("beside_blink", lambda flag: ~flag)):
        if column in chosen and (column != "beside_blink" or drop_beside_blink):
            chosen = chosen[keep(chosen[column]).astype(bool)]
    if query:
        try:
            chosen = chosen.query(query)
        except Exception as error:  # pandas raises whatever its parser or the columns raise
            raise InputError(
                f"query {query!r} cannot be read ({error}); expected a condition on the columns "
                f"{', '.join(table.columns)}, such as 'duration_ms > 100'"
            ) from None
    if chosen.empty:
        raise InputError(
            f"subset {subset}{f' with query {query!r}' if query else ''} holds no fixation on an "
            f"image, of {len(table)} fixations in all; expected some: record more, or choose "
            f"--subset all"
        )
    return chosen.reset_index(drop=True)
