"""Kernel density estimates of fixations: at points, left-one-subject-out, and as maps.

Points are ``(n, 2)`` arrays of ``(x, y)`` in image pixels; densities are per pixel of the image.
"""

import numpy as np

from analysis.density.grid import Grid
from analysis.density.kernels import interval_masses, peak_density


class LeaveOneSubjectOut:
    """The KDE at every fixation from the fixations of the other subjects, for any bandwidth.

    The squared distances are computed once; a search for the bandwidth then costs one exponential
    a pair and step.

    Parameters
    ----------
    xy_px : array (n, 2)
    subjects : array (n,)
        Labels; at least two differ.
    size_px
        ``(width, height)`` of the image.
    truncate
        Whether kernels are cut at the image's edges and renormalised.
    """

    def __init__(
        self,
        xy_px: np.ndarray,
        subjects: np.ndarray,
        size_px: tuple[float, float],
        *,
        truncate: bool = True,
    ) -> None:
        _, subject = np.unique(subjects, return_inverse=True)
        own = subject[:, None] == subject
        self._n_other = len(subject) - own.sum(axis=1)
        if not self._n_other.all():
            raise ValueError("one subject alone; leaving it out leaves nobody")
        difference = xy_px[:, None, :] - xy_px[None, :, :]
        self._squared = np.einsum("ijk,ijk->ij", difference, difference)
        # An infinite distance takes a subject's own fixations out of every sum below.
        self._squared[own] = np.inf
        self._xy_px, self._size_px, self._truncate = xy_px, size_px, truncate

    def density(self, bandwidth_px: float) -> np.ndarray:
        """Return the left-one-subject-out density at every fixation, ``(n,)`` per pixel."""
        kernels = np.exp(self._squared * (-0.5 / bandwidth_px**2))
        peaks = peak_density(self._xy_px, bandwidth_px, self._size_px, truncate=self._truncate)
        return kernels @ peaks / self._n_other


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
    exact, at the price of one pass over the fixations for each axis.

    Parameters
    ----------
    xy_px : array (n, 2)
    weights : array (n,), optional
        Of the kernels; 1 / n each unless given.
    dtype
        Precision of the map; float32 takes half the time, for maps that are stored as such.

    Returns
    -------
    probabilities : array (rows, columns)
        Sums to the sum of the weights: to one, unless not truncated.
    """
    if weights is None:
        weights = np.full(len(xy_px), 1.0 / max(len(xy_px), 1))
    x, y = axis_masses(xy_px, bandwidth_px, grid, truncate=truncate)
    return (y * weights[:, None]).astype(dtype).T @ x.astype(dtype)


def sampled_kde_map(xy_px: np.ndarray, bandwidth_px: float, grid: Grid) -> np.ndarray:
    """Return an un-truncated KDE sampled at the centres of the cells, and normalised over them.

    What pysaliency's ``KDEGoldModel`` gives, to 1e-9; `kde_map` integrates over each cell instead,
    so that its cells are right however small the bandwidth. Both are matrix products.

    Returns
    -------
    probabilities : array (rows, columns)
        Sums to one.
    """
    axes = []
    for axis, edges in enumerate((grid.x_edges_px, grid.y_edges_px)):
        centres = (edges[:-1] + edges[1:]) / 2
        scaled = (centres - xy_px[:, axis, None]) / bandwidth_px
        axes.append(np.exp(-0.5 * scaled**2))
    x, y = axes
    y /= float(x.sum(axis=1) @ y.sum(axis=1))  # of the factors, which are small, not of the map
    return y.T @ x


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
    rows, columns = (_extent(coverage.any(axis=axis)) for axis in (1, 0))
    return np.einsum("nc,nc->n", y[:, rows] @ coverage[rows, columns], x[:, columns])


def _extent(occupied: np.ndarray) -> slice:
    """Return the span of a flag's true values: a target fills a small part of the image."""
    where = np.flatnonzero(occupied)
    return slice(where[0], where[-1] + 1) if len(where) else slice(0)
