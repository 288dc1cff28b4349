"""Masks of targets: as truth values, and as the share of every cell of a grid that they cover."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from analysis.density.grid import Grid
from stimuli.contract.geometry import Rectangle
from stimuli.support import pictures
from stimuli.support.errors import InputError


def read_mask(path: Path, size_px: int) -> np.ndarray:
    """Read the mask of a target, ``(size_px, size_px)`` truth values.

    Raises
    ------
    InputError
        If the mask is absent, no picture, empty, grey, or not of the image's size.
    """
    if not path.exists():
        raise InputError(f"{path}: no such mask; run manipulation.generate again")
    mask = pictures.read_mask(path)
    if mask.shape != (size_px, size_px):
        raise InputError(
            f"{path}: mask is {mask.shape[1]} x {mask.shape[0]} px; expected {size_px} x "
            f"{size_px}, the size of the image as shown; run manipulation.generate again"
        )
    if not mask.any():
        raise InputError(f"{path}: mask is empty; expected 255 inside the target")
    return mask


@lru_cache(maxsize=16)
def read_coverage(path: Path, size_px: int, part: Rectangle, grid: Grid) -> np.ndarray:
    """Read the mask of a target and return the share of every cell that it covers.

    The grid tiles `part` of the image as shown, whose side is `size_px`.

    The last few are kept: an original is measured on the same masks as its versions.

    Raises
    ------
    InputError
        If the mask cannot be used; see `read_mask`.
    """
    mask = read_mask(path, size_px)[part.rows_and_columns]
    return grid.area_means(mask.astype(np.float64))
