"""The bandwidth that maximises a mixture's likelihood, its weights being the best at each.

A coarse scan, then a bounded search, both in the logarithm of the bandwidth.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

from analysis.density.weights import fit_weights

_SCAN = 13
_TOLERANCE = 1e-3  # of the logarithm: a thousandth of the bandwidth


def best_mixture(
    components: Callable[[float], np.ndarray], low: float, high: float
) -> tuple[float, np.ndarray]:
    """Return the bandwidth between `low` and `high` of highest likelihood, and the weights there.

    Parameters
    ----------
    components
        Gives for a bandwidth the density of every component at every point, ``(n, k)``.

    Notes
    -----
    The scan guards against a local maximum: with few fixations a profile likelihood can have two.
    """
    weights: np.ndarray | None = None

    def log_likelihood(bandwidth: float) -> float:
        nonlocal weights
        densities = components(bandwidth)
        weights = fit_weights(densities, weights)
        return float(np.log(densities @ weights).mean())

    scan = np.geomspace(low, high, _SCAN)
    values = [log_likelihood(float(bandwidth)) for bandwidth in scan]
    best = int(np.argmax(values))
    around = scan[max(best - 1, 0)], scan[min(best + 1, _SCAN - 1)]
    found = minimize_scalar(
        lambda log_bandwidth: -log_likelihood(float(np.exp(log_bandwidth))),
        bounds=tuple(np.log(around)),
        method="bounded",
        options={"xatol": _TOLERANCE},
    )
    bandwidth = float(np.exp(found.x)) if -found.fun > values[best] else float(scan[best])
    return bandwidth, fit_weights(components(bandwidth), weights)
