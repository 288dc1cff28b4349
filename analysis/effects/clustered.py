"""A logit, and how sure its first coefficient is where observations are alike in clusters.

The sandwich of scores summed over clusters, with the corrections of one-way clusters for their
number and for the number of coefficients; clusters in two ways add, less those of their cells
(Cameron, Gelbach & Miller 2011).
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, xlogy

_STEPS, _TOLERANCE = 100, 1e-8


def clustered_logit(
    hits: np.ndarray, trials: np.ndarray, design: np.ndarray, clusters: Sequence[np.ndarray]
) -> tuple[float, list[float]]:
    """Return the first coefficient of a binomial logit, and estimates of its variance.

    Parameters
    ----------
    hits, trials : arrays (n,)
        Successes of every row, of how many.
    design : array (n, k)
        What the coefficients are multiplied by.
    clusters : two arrays (n,)
        Labels of the clusters, one way and the other.

    Returns
    -------
    coefficient, variances
        Binomial, by both kinds of clusters, by the first, and by the second.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the coefficients cannot be told apart.
    """
    coefficients, before = np.zeros(design.shape[1]), np.inf
    for _ in range(_STEPS):
        chance = expit(design @ coefficients)
        factor = cho_factor((design.T * (trials * chance * (1 - chance))) @ design)
        deviance = _deviance(hits, trials, chance)
        if abs(before - deviance) <= _TOLERANCE * max(abs(deviance), 1.0):
            break
        before = deviance
        coefficients = coefficients + cho_solve(factor, design.T @ (hits - trials * chance))
    bread = cho_solve(factor, np.eye(len(coefficients)))[0]
    influence = (design * (hits - trials * chance)[:, None]) @ bread
    first, second = (np.unique(labels, return_inverse=True)[1] for labels in clusters)
    rows, columns = design.shape
    of_first, of_second, of_cells = (
        _between(influence, labels) * (rows - 1) / (rows - columns)
        for labels in (first, second, first * (second.max() + 1) + second)
    )
    both = of_first + of_second - of_cells
    return float(coefficients[0]), [float(bread[0]), both, of_first, of_second]


def _between(influence: np.ndarray, labels: np.ndarray) -> float:
    """Return the sum of squares of clusters' sums, corrected for the number of clusters."""
    _, place = np.unique(labels, return_inverse=True)
    sums = np.bincount(place, influence)
    return float((sums**2).sum()) * len(sums) / (len(sums) - 1.0)


def _deviance(hits: np.ndarray, trials: np.ndarray, chance: np.ndarray) -> float:
    return -2.0 * float((xlogy(hits, chance) + xlogy(trials - hits, 1 - chance)).sum())
