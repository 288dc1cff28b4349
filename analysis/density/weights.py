"""Weights of a mixture whose components are known: a concave problem, solved to a proof.

Maximise f(w) = mean_i log sum_k w_k c_ik over the simplex. Since f grows with the scale of w, the
constraint that the weights sum to one may be replaced by subtracting their sum: the maximum of
f(w) - sum(w) over w >= 0 is the same (Kim, Carbonetto, Stephens & Anitescu 2020). Newton steps on
that, each a small non-negative least-squares problem, converge in a handful of steps.
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtrs
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
    densities = scaled @ weights
    for _ in range(_MOST_STEPS):
        ratios = scaled / densities[:, None]
        gradient = ratios.sum(axis=0) / n
        if gradient.max() - 1.0 <= TOLERANCE:
            break
        target = _newton_target(ratios, gradient)
        weights, densities = _searched(scaled, weights, densities, target, gradient)
        total = weights.sum()
        weights /= total
        densities /= total
    return weights


def _newton_target(ratios: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Return the non-negative minimum of the quadratic model.

    With r @ weights = 1 it is v'Hv / 2 - v'(2 g - 1), in v >= 0.
    """
    hessian = ratios.T @ ratios
    hessian /= len(ratios)
    hessian.flat[:: len(gradient) + 1] += _RIDGE * np.trace(hessian)
    # LAPACK itself: the problem is so small that numpy's checks would take most of the time.
    factor, _ = dpotrf(hessian, lower=1, clean=1)
    right, _ = dtrtrs(factor, 2.0 * gradient - 1.0, lower=1)
    target, _ = nnls(factor.T, right)
    return target


@np.errstate(divide="ignore", invalid="ignore")
def _searched(
    scaled: np.ndarray,
    weights: np.ndarray,
    densities: np.ndarray,
    target: np.ndarray,
    gradient: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Go towards the target, less far until the objective grows; return weights and densities."""
    n = len(densities)
    direction, way = target - weights, scaled @ target - densities
    now = np.log(densities).sum() / n - weights.sum() - _ROUNDING
    slope, length = 1e-4 * float((gradient - 1.0) @ direction), 1.0
    while length > _ROUNDING:
        found = densities + length * way
        there = np.log(found).sum() / n - (weights + length * direction).sum()
        if there >= now + length * slope:  # false where some point has no density left
            return weights + length * direction, found
        length *= 0.5
    return weights, densities
