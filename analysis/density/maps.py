"""Density maps: natural-log probabilities of the cells of a grid that sum to one."""

import numpy as np


def log_probabilities(density: np.ndarray) -> np.ndarray:
    """Return the logarithm of a density after dividing it by its sum, in the density's precision.

    A cell without any density gets the smallest positive number instead of minus infinity, so that
    maps stay finite; its probability is zero to every digit.
    """
    # Each pass over a large map takes as long as the arithmetic that made it, so there are few.
    limits = np.finfo(density.dtype)
    total = density.sum(dtype=np.float64)
    if abs(total - 1.0) > 1e4 * limits.eps:
        density = density / density.dtype.type(total)
    out = np.maximum(density, limits.tiny)
    return np.log(out, out=out)
