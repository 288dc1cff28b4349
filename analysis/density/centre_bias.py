"""The centre bias of a stimulus: where people look on the other images.

It is a KDE of the fixations on all other groups (sources, or stimuli as published) plus a small
uniform share, on the grid. Bandwidth and share maximise the likelihood of every group's fixations
under the centre bias from the others. The map without a group is the total minus the group's own
kernels, so no map is ever computed from all other fixations anew.
"""

from dataclasses import dataclass

import numpy as np

from analysis.density.grid import Grid
from analysis.density.kde import kde_map
from analysis.density.kernels import interval_masses
from analysis.density.maps import log_probabilities
from analysis.density.search import best_mixture

# Of the image's longer side. The centre bias is broad; nothing finer is looked for.
BANDWIDTHS = (0.01, 0.5)
FIT_CELLS = 128
LEAST_UNIFORM_SHARE = 1e-4  # keeps the logarithm finite where nobody ever looked


@dataclass(frozen=True, eq=False)
class CentreBias:
    """A fitted centre bias; `log_map` gives it without one group.

    Attributes
    ----------
    bandwidth_px, uniform_share
        Fitted; NaN and 1 where fewer than two groups have fixations, which leaves it uniform.
    total : array (rows, columns)
        Sum of the kernels of all fixations.
    xy_px, groups : arrays (n, 2), (n,)
        The fixations it was made from.
    """

    grid: Grid
    bandwidth_px: float
    uniform_share: float
    total: np.ndarray
    xy_px: np.ndarray
    groups: np.ndarray

    def log_map(self, group: str) -> np.ndarray:
        """Return the log probability of every cell without the fixations of `group`.

        Returns
        -------
        log_map : array (rows, columns)
            Natural logarithm; its exponential sums to one.
        """
        uniform = 1.0 / self.grid.cells
        own = self.groups == group
        others = len(own) - int(own.sum())
        if self.uniform_share >= 1.0 or others == 0:
            return np.full(self.grid.shape, np.log(uniform))
        kernels = self.total
        if own.any():
            weights = np.ones(len(own) - others)
            kernels = kernels - kde_map(
                self.xy_px[own], self.bandwidth_px, self.grid, weights=weights
            )
        # A difference of sums can fall below zero by rounding where the others never looked.
        density = kernels.clip(0.0) / others
        density = (1.0 - self.uniform_share) * density + self.uniform_share * uniform
        return log_probabilities(density)


def fit_centre_bias(xy_px: np.ndarray, groups: np.ndarray, grid: Grid) -> CentreBias:
    """Fit bandwidth and uniform share by leave-one-group-out likelihood.

    Parameters
    ----------
    xy_px : array (n, 2)
        Fixations on all images.
    groups : array (n,)
        Source or stimulus of each: what is left out together.
    """
    xy_px, groups = np.asarray(xy_px, dtype=np.float64), np.asarray(groups)
    bandwidth_px, share, total = np.nan, 1.0, np.zeros(grid.shape)
    if len(np.unique(groups)) >= 2:
        bandwidth_px, share = _fit(xy_px, groups, grid.coarser(FIT_CELLS))
        share = max(share, LEAST_UNIFORM_SHARE)
        total = kde_map(xy_px, bandwidth_px, grid, weights=np.ones(len(xy_px)))
    return CentreBias(grid, bandwidth_px, share, total, xy_px, groups)


def _fit(xy_px: np.ndarray, groups: np.ndarray, grid: Grid) -> tuple[float, float]:
    """Return bandwidth and uniform share, from counts on a coarse grid.

    On the grid a KDE is two small matrix products whatever the number of fixations. Its cells are
    finer than the narrowest bandwidth that is looked for.
    """
    names, group = np.unique(groups, return_inverse=True)
    cell = grid.cell_of(xy_px)
    row, column = np.divmod(cell, grid.columns)
    counts = np.zeros((len(names), grid.cells))
    np.add.at(counts, (group, cell), 1.0)
    others = (len(group) - counts.sum(axis=1))[group]
    # Rows first and groups in the middle: smoothing all groups is then two plain matrix products.
    counts = counts.reshape(-1, *grid.shape).transpose(1, 0, 2).reshape(grid.rows, -1)
    x_centres, y_centres = (
        (edges[:-1] + edges[1:]) / 2 for edges in (grid.x_edges_px, grid.y_edges_px)
    )

    def components(bandwidth_px: float) -> np.ndarray:
        x = interval_masses(x_centres, bandwidth_px, grid.x_edges_px)
        y = interval_masses(y_centres, bandwidth_px, grid.y_edges_px)
        own = ((y.T @ counts).reshape(-1, grid.columns) @ x).reshape(grid.rows, len(names), -1)
        left_out = (own.sum(axis=1)[row, column] - own[row, group, column]).clip(0.0) / others
        return np.stack([left_out, np.full(len(cell), 1.0 / grid.cells)], axis=1)

    low_px, high_px = (share * max(grid.size_px) for share in BANDWIDTHS)
    bandwidth_px, weights = best_mixture(components, low_px, high_px)
    return bandwidth_px, float(weights[1])
