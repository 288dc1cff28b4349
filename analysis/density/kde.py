"""Kernel density estimates of fixations as maps, and their mass in regions.

Points are ``(n, 2)`` arrays of ``(x, y)`` in image pixels; densities are per pixel of the image.
"""

import numpy as np

from analysis.density.grid import Grid
from analysis.density.kernels import REACH, interval_masses

_ROWS = 128
"""Rows of a band."""


def axis_masses(
    xy_px: np.ndarray, bandwidth_px: float, grid: Grid, *, truncate: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mass of every kernel in each column ``(n, columns)`` and row ``(n, rows)``."""
    return (
        interval_masses(xy_px[:, 0], bandwidth_px, grid.x_edges_px, truncate=truncate),
        interval_masses(xy_px[:, 1], bandwidth_px, grid.y_edges_px, truncate=truncate),
    )


def kde_map(
    xy_px: np.ndarray,
    bandwidth_px: float,
    grid: Grid,
    *,
    weights: np.ndarray | None = None,
    truncate: bool = True,
    dtype: type = np.float64,
) -> np.ndarray:
    """Return the probability of every cell of the grid under a KDE.

    The map is a matrix product of two one-dimensional kernels, each integrated over its cells:
    exact, at the price of one pass over the fixations for each axis. It is made in bands of rows,
    each of the kernels that reach it.

    Parameters
    ----------
    xy_px : array (n, 2)
    weights : array (n,), optional
        Weight of each kernel; 1 / n unless given.
    dtype
        Precision of the map; float32 takes half the time, for maps that are stored as such.

    Returns
    -------
    probabilities : array (rows, columns)
        Sums to the sum of the weights: to one, unless not truncated.
    """
    if weights is None:
        weights = np.full(len(xy_px), 1.0 / max(len(xy_px), 1))
    order = np.argsort(xy_px[:, 1], kind="stable")
    xy_px, reach_px = xy_px[order], REACH * bandwidth_px
    x, y = axis_masses(xy_px, bandwidth_px, grid, truncate=truncate)
    y *= weights[order, None]
    x, y = (masses.astype(dtype, copy=False) for masses in (x, y))
    density: np.ndarray = np.empty(grid.shape, dtype)
    for top in range(0, grid.rows, _ROWS):
        rows = slice(top, min(top + _ROWS, grid.rows))
        ends_px = grid.y_edges_px[rows.start] - reach_px, grid.y_edges_px[rows.stop] + reach_px
        own = slice(*np.searchsorted(xy_px[:, 1], ends_px))
        np.matmul(y[own, rows].T, x[own], out=density[rows])
    return density


def region_masses(
    xy_px: np.ndarray, bandwidth_px: float, grid: Grid, coverage: np.ndarray
) -> np.ndarray:
    """Return the mass of the kernel of every fixation within a region, ``(n,)``.

    Their mean is the probability of the region under the KDE, so any re-weighting of subjects is a
    weighted mean of these numbers.

    Parameters
    ----------
    coverage : array (rows, columns)
        Share of every cell that the region covers.
    """
    x, y = axis_masses(xy_px, bandwidth_px, grid)
    rows, columns = (_extent(np.any(coverage, axis=axis)) for axis in (1, 0))
    return np.einsum("nc,nc->n", y[:, rows] @ coverage[rows, columns], x[:, columns])


def _extent(occupied: np.ndarray) -> slice:
    """Return the span of a flag's true values: a target fills a small part of the image."""
    where = np.flatnonzero(occupied)
    return slice(where[0], where[-1] + 1) if len(where) else slice(0)
