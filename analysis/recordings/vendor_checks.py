"""Whether columns of another tracker's table are what their names say: times, pixels, shares."""

import numpy as np

from analysis.recordings.vendor_tables import VendorTable
from stimuli.support.errors import InputError

_LARGEST_SHARE = 2.0
"""Gaze farther off than this is no share of the screen; pixels that are all nearer are none."""


def check_times(table: VendorTable, name: str, time_ms: np.ndarray) -> None:
    """Check that every row has a time, and none is before the one above it.

    Raises
    ------
    InputError
        Names the line.
    """
    unknown, back = np.flatnonzero(np.isnan(time_ms)), np.flatnonzero(np.diff(time_ms) < 0) + 1
    for rows, what in ((unknown, "is missing"), (back, "goes back")):
        if len(rows):
            line = table.first_line + int(table.texts.index[rows[0]])
            raise InputError(
                f"{table.where}, line {line}: {name} {what}; expected the time of every sample, "
                f"in order, of one recording"
            )


def check_pixels(table: VendorTable, name: str, *columns: np.ndarray) -> None:
    """Check that positions are no shares of the screen.

    Raises
    ------
    InputError
        If all are so near 0 that they must be.
    """
    known = np.abs(np.concatenate(columns))
    known = known[np.isfinite(known)]
    if len(known) > 10 and known.max() <= _LARGEST_SHARE:
        raise InputError(
            f"{table.where}: {name} is {known.max():g} at most, which looks like a share of the "
            f"screen; expected pixels; export it in pixels of the display"
        )


def shares_to_pixels(table: VendorTable, name: str, shares: np.ndarray, side_px: int) -> np.ndarray:
    """Return shares of the screen's side as pixels whose whole numbers are the centres.

    Raises
    ------
    InputError
        If half of them lie so far off that they are no shares.
    """
    known = np.abs(shares[np.isfinite(shares)])
    if len(known) and np.median(known) > _LARGEST_SHARE:
        raise InputError(
            f"{table.where}: {name} is {np.median(known):g} in the middle; expected shares of the "
            f"screen, 0 to 1, as the program exports them"
        )
    return shares * side_px - 0.5
