"""A table of fixations, checked, in the order in which they were made."""

import math

import numpy as np
import pandas as pd

from stimuli.support.errors import InputError, nearest
from stimuli.support.words import counted

NEEDED = ("image", "subject", "x_px", "y_px", "onset_ms", "duration_ms")


def ordered_fixations(fixations: pd.DataFrame, viewing_ms: float) -> pd.DataFrame:
    """Return fixations by image, subject and trial, in the order of time.

    Parameters
    ----------
    fixations : DataFrame
        With the columns `NEEDED`; where there is no ``trial`` a subject saw every image once, and
        where there is no ``fixation`` they are numbered by their onsets, from 1, those that were
        under way when the image appeared being 0. ``viewing_ms`` says how long each trial's image
        was shown; without it that was `viewing_ms` on all.

    Returns
    -------
    ordered : DataFrame
        The columns `NEEDED`, ``trial``, ``fixation``, ``viewing_ms``; without those that began
        after the image had gone.

    Raises
    ------
    InputError
        If a column is missing, a value no number, or nothing is left.
    """
    if not 0 < viewing_ms < math.inf:
        raise InputError(f"viewing_ms is {viewing_ms}; expected more than 0 ms")
    for name in NEEDED:
        if name not in fixations:
            raise InputError(
                f"table of fixations: column {name!r} is missing; expected {', '.join(NEEDED)}"
                f"{nearest(name, fixations.columns)}"
            )
    table = fixations[["image", "subject"]].astype(str)
    for name in NEEDED[2:]:
        table[name] = _numbers(fixations, name)
    if (table["duration_ms"] < 0).any():
        row = int(np.flatnonzero(table["duration_ms"] < 0)[0])
        raise InputError(
            f"table of fixations, row {row}: duration_ms is {table['duration_ms'].iloc[row]:g}; "
            f"expected 0 or more"
        )
    table["trial"] = fixations["trial"].astype(str) if "trial" in fixations else "1"
    table["viewing_ms"] = viewing_ms
    for name in {"viewing_ms", "fixation"} & set(fixations):
        table[name] = _numbers(fixations, name)
    if "fixation" in fixations:
        table["fixation"] = table["fixation"].astype(int)
    table = table[table["onset_ms"] < table["viewing_ms"]]
    if table.empty:
        raise InputError(
            f"none of {counted(len(fixations), 'fixation')} began within {viewing_ms:g} ms of "
            f"its image's onset; expected onset_ms in ms, counted from the image's onset"
        )
    key = ["image", "subject", "trial"]
    table = table.sort_values([*key, "onset_ms"], kind="stable", ignore_index=True)
    if "fixation" not in table:
        began = table["onset_ms"] >= 0
        table["fixation"] = began.groupby([table[name] for name in key]).cumsum().astype(int)
    return table


def _numbers(fixations: pd.DataFrame, name: str) -> np.ndarray:
    values = pd.to_numeric(fixations[name], errors="coerce").to_numpy(float)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise InputError(
            f"table of fixations, row {wrong[0]}: {name} is '{fixations[name].iloc[wrong[0]]}'; "
            f"expected a number; leave out rows without one"
        )
    return values
