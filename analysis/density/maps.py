"""Density maps: natural-log probabilities of the cells of a grid that sum to one."""

import numpy as np


def log_probabilities(density: np.ndarray) -> np.ndarray:
    """Return the logarithm of a density after dividing it by its sum.

    A cell without any density gets the smallest positive number instead of minus infinity, so that
    maps stay finite; its probability is zero to every digit.
    """
    return np.log((density / density.sum()).clip(np.finfo(np.float64).tiny))
