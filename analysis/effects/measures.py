"""The two numbers that the paper takes from a density: p_obj and entropy."""

import numpy as np
from scipy.special import entr

from analysis.density.grid import Grid
from stimuli.support.errors import InputError


def p_obj(log_density: np.ndarray, coverage: np.ndarray) -> float:
    """Return the probability of fixating an object: the sum of the density over its mask.

    Parameters
    ----------
    log_density : array (rows, columns)
        Natural-log probability of every cell.
    coverage : array (rows, columns)
        Share of every cell that the mask covers, such as ``grid.area_means(mask)``.

    Returns
    -------
    p_obj
        From 0 to 1.

    Raises
    ------
    InputError
        If the shapes differ, or coverage is no share.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import p_obj
    >>> log_density = np.full((10, 10), np.log(1 / 100))
    >>> mask = np.zeros((10, 10))
    >>> mask[:5, :5] = 1.0
    >>> round(p_obj(log_density, mask), 6)
    0.25
    """
    log_density, coverage = np.asarray(log_density), np.asarray(coverage)
    if log_density.shape != coverage.shape:
        raise InputError(
            f"log_density is {log_density.shape} and coverage {coverage.shape}; expected equal "
            f"shapes, as grid.area_means(mask) gives them"
        )
    if not (coverage.min() >= 0 and coverage.max() <= 1 + 1e-9):
        raise InputError(
            f"coverage is {coverage.min():g} to {coverage.max():g}; expected shares from 0 to 1; "
            f"of a mask of 0 and 255 take mask > 0"
        )
    covered = coverage.any(axis=1)  # a target fills few rows of an image
    return float((np.exp(log_density[covered]) * coverage[covered]).sum())


def entropy_bits(log_density: np.ndarray, grid: Grid) -> float:
    """Return the entropy of a density over the pixels of the image, -sum p log2 p, in bits.

    A cell's probability is spread evenly over its pixels, which adds log2 of their number; so the
    value depends on the grid only through the detail that the grid can hold, and the uniform
    density has log2(width x height) on any grid.

    Parameters
    ----------
    log_density : array (rows, columns)
        Natural-log probability of every cell.
    grid : Grid
        The cells and the image that they tile.

    Returns
    -------
    entropy_bits
        From 0 to log2 of the number of the image's pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import Grid, entropy_bits
    >>> log_density = np.full((32, 32), -np.log(32 * 32))
    >>> round(entropy_bits(log_density, Grid(1024, 1024, 32, 32)), 6)
    20.0
    """
    nats = entr(np.exp(log_density)).sum()
    return float(nats / np.log(2.0) + np.log2(grid.cell_area_px))
