"""Density maps: natural-log probabilities of the cells of a grid that sum to one.

In come fitted parameters, the fixations and the map of the centre bias; out come the map of all
fixations, and the maps that leave each subject out.
"""

from collections.abc import Iterator

import numpy as np

from analysis.density.grid import Grid
from analysis.density.kde import axis_masses, kde_map
from analysis.density.mixture import MixtureParameters


def log_probabilities(density: np.ndarray, *, out: np.ndarray | None = None) -> np.ndarray:
    """Return the natural logarithm of a density after dividing it by its sum.

    Parameters
    ----------
    density : array
        Non-negative; float32 or float64, which the result keeps.
    out : array, optional
        Where the result goes: `density` itself, if nobody needs it any more.

    Returns
    -------
    log_density : array
        Its exponential sums to one. A cell without any density gets the logarithm of the smallest
        positive number instead of minus infinity; its probability is zero to every digit.
    """
    # Each pass over a large map takes as long as the arithmetic that made it, so there are few.
    limits = np.finfo(density.dtype)
    total = density.sum(dtype=np.float64)
    if abs(total - 1.0) > 1e4 * limits.eps:
        density = np.divide(density, density.dtype.type(total), out=out)
    out = np.maximum(density, limits.tiny, out=out)
    return np.log(out, out=out)


def density_map(
    fit: MixtureParameters,
    xy_px: np.ndarray,
    centre_bias: np.ndarray,
    grid: Grid,
    *,
    truncate: bool = True,
    dtype: type = np.float64,
) -> np.ndarray:
    """Return the probability of every cell under a fitted density of all fixations.

    Parameters
    ----------
    centre_bias : array (rows, columns)
        Probability of every cell.

    Returns
    -------
    density : array (rows, columns)
        Sums to one (less what lies beside the image, unless truncated).
    """
    centre_bias = centre_bias.astype(dtype, copy=False)
    if not fit.kde:
        return fit.centre_bias * centre_bias + dtype(fit.uniform / grid.cells)
    density = kde_map(
        xy_px, fit.bandwidth_px, grid, weights=np.full(len(xy_px), fit.kde / len(xy_px)),
        truncate=truncate, dtype=dtype,
    )  # fmt: skip
    density += fit.centre_bias * centre_bias
    density += dtype(fit.uniform / grid.cells)
    return density


def log_density_map(
    fit: MixtureParameters,
    xy_px: np.ndarray,
    log_centre_bias: np.ndarray,
    grid: Grid,
    *,
    truncate: bool = True,
) -> np.ndarray:
    """Return the natural logarithm of `density_map`; its exponential sums to one."""
    density = density_map(fit, xy_px, np.exp(log_centre_bias), grid, truncate=truncate)
    return log_probabilities(density, out=density)


def leave_one_out_maps(
    fit: MixtureParameters,
    xy_px: np.ndarray,
    subjects: np.ndarray,
    centre_bias: np.ndarray,
    grid: Grid,
    *,
    truncate: bool = True,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield for every subject the density of all others: the map that their fixations are held to.

    Yields
    ------
    subject, log_density
        float32 ``(rows, columns)``.
    """
    rest = fit.centre_bias * centre_bias + fit.uniform / grid.cells
    if fit.kde:
        x, y = axis_masses(xy_px, fit.bandwidth_px, grid, truncate=truncate)
        kernels = y.T @ x
    for subject in np.unique(subjects):
        own, density = subjects == subject, rest
        if fit.kde:
            # A pass over a map costs more than its arithmetic, so there are few.
            share = fit.kde / (len(xy_px) - int(own.sum()))
            density = (y[own] * -share).T @ x[own]
            density += share * kernels
            np.maximum(density, 0.0, out=density)  # a difference of sums rounds below zero
            density += rest
        if not truncate:
            density = density / density.sum()
        low = density.astype(np.float32)
        yield str(subject), np.log(np.maximum(low, np.finfo(np.float32).tiny, out=low), out=low)
