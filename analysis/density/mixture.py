"""Weights of a mixture whose components are known: a concave problem, solved to a proof.

Maximise f(w) = mean_i log sum_k w_k c_ik over the simplex. Since f grows with the scale of w, the
constraint that the weights sum to one may be replaced by subtracting their sum: the maximum of
f(w) - sum(w) over w >= 0 is the same (Kim, Carbonetto, Stephens & Anitescu 2020). Newton steps on
that, each a small non-negative least-squares problem, converge in a handful of steps.
"""

import numpy as np
from scipy.optimize import nnls

TOLERANCE = 1e-10
_MOST_STEPS = 100
_RIDGE = 1e-12
_ROUNDING = 1e-14


def fit_weights(components: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Return the maximum-likelihood weights of a mixture.

    Parameters
    ----------
    components : array (n, k)
        Density of every component at every point, non-negative; every point has one above zero.
    start : array (k,), optional
        Weights near the solution, such as those at a neighbouring bandwidth.

    Returns
    -------
    weights : array (k,)
        Non-negative, sum to one. The mean log likelihood is within `TOLERANCE` nats of the best:
        the largest directional derivative towards a single component bounds what is missing.

    Raises
    ------
    ValueError
        If a point has no density under any component.
    """
    n, k = components.shape
    largest = components.max(axis=1, keepdims=True)
    if n == 0 or not (largest > 0).all() or not np.isfinite(largest).all():
        raise ValueError("every point needs a finite, positive density under some component")
    scaled = components / largest  # a factor of a point shifts f and moves no maximum
    weights = np.full(k, 1.0 / k)
    if start is not None:
        # A little of every component: a point must not have its only density under a lost one.
        weights = 0.99 * start + 0.01 * weights
    for _ in range(_MOST_STEPS):
        ratios = scaled / (scaled @ weights)[:, None]
        gradient = ratios.mean(axis=0)
        if gradient.max() - 1.0 <= TOLERANCE:
            break
        weights = _step(scaled, weights, ratios, gradient)
        weights /= weights.sum()
    return weights


def _step(
    scaled: np.ndarray, weights: np.ndarray, ratios: np.ndarray, gradient: np.ndarray
) -> np.ndarray:
    """Take one Newton step, shortened until the objective grows."""
    hessian = ratios.T @ ratios / len(ratios)
    hessian += np.eye(len(weights)) * (_RIDGE * np.trace(hessian))
    # With r @ weights = 1 the quadratic model is v'Hv / 2 - v'(2 g - 1), in v >= 0.
    factor = np.linalg.cholesky(hessian)
    target, _ = nnls(factor.T, np.linalg.solve(factor, 2.0 * gradient - 1.0))

    def objective(candidate: np.ndarray) -> float:
        densities = scaled @ candidate
        if not densities.all():
            return -np.inf
        return float(np.log(densities).sum() / len(densities) - candidate.sum())

    direction, length, now = target - weights, 1.0, objective(weights) - _ROUNDING
    slope = 1e-4 * float((gradient - 1.0) @ direction)
    while length > _ROUNDING and objective(weights + length * direction) < now + length * slope:
        length *= 0.5
    return weights + length * direction
