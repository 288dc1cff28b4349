"""The two numbers that the paper takes from a density: p_obj and entropy."""

import numpy as np
from scipy.special import entr

from analysis.density.grid import Grid


def p_obj(log_density: np.ndarray, coverage: np.ndarray) -> float:
    """Return the probability of fixating an object: the sum of the density over its mask.

    Parameters
    ----------
    log_density : array (rows, columns)
        Natural-log probability of every cell.
    coverage : array (rows, columns)
        Share of every cell that the mask covers.
    """
    return float((np.exp(log_density) * coverage).sum())


def entropy_bits(log_density: np.ndarray, grid: Grid) -> float:
    """Return the entropy of a density over the pixels of the image, -sum p log2 p, in bits.

    A cell's probability is spread evenly over its pixels, which adds log2 of their number; so the
    value depends on the grid only through the detail that the grid can hold, and the uniform
    density has log2(width x height) on any grid.
    """
    nats = entr(np.exp(log_density)).sum()
    return float(nats / np.log(2.0) + np.log2(grid.cell_area_px))
