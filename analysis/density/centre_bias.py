"""The centre bias of a stimulus: where people look on the other images.

It is a KDE of the fixations on all other groups (sources, or stimuli as published) plus a small
uniform share, on the grid. Bandwidth and share maximise the likelihood of every group's fixations
under the centre bias from the others. The map without a group is the total minus the group's own
kernels, so no map is ever computed from all other fixations anew, and the total needs no more than
how many fixations fell into every cell: a set of any size streams through `CentreBiasCounts`.

Positions are those of the cells' centres, which changes nothing that a broad bias could show.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array

from analysis.density.grid import Grid, checked_fixations
from analysis.density.kde import kde_map
from analysis.density.kernels import interval_masses
from analysis.density.maps import log_probabilities
from analysis.density.search import best_mixture

# Of the image's longer side. The centre bias is broad; nothing finer is looked for.
BANDWIDTHS = (0.01, 0.5)
FIT_CELLS = 128
MOST_GROUPS = 300
"""Groups whose likelihood is maximised; beyond, some are drawn, since two parameters need no more.
All fixations of all groups are in the bias that explains them."""
LEAST_UNIFORM_SHARE = 1e-4  # keeps the logarithm finite where nobody ever looked


@dataclass(frozen=True, eq=False)
class CentreBias:
    """A fitted centre bias; `log_map` gives it without some fixations.

    Attributes
    ----------
    bandwidth_px, uniform_share
        Fitted; NaN and 1 where fewer than two groups have fixations, which leaves it uniform.
    total : array (rows, columns)
        Sum of the kernels of all fixations.
    n_fixations
        How many fixations these are.
    """

    grid: Grid
    bandwidth_px: float
    uniform_share: float
    total: np.ndarray
    n_fixations: int

    def density(self, own_xy_px: np.ndarray) -> np.ndarray:
        """Return the probability of every cell, ``(rows, columns)``, without own fixations.

        Parameters
        ----------
        own_xy_px : array (n, 2)
            All fixations of the group that is left out, all of them among those of `total`.
        """
        others = self.n_fixations - len(own_xy_px)
        if self.uniform_share >= 1.0 or others == 0:
            return np.full(self.grid.shape, 1.0 / self.grid.cells)
        kernels = self.total
        if len(own_xy_px):
            kernels = kernels - self._kernels_of(own_xy_px)
        return self._mixed(kernels, others)

    def _kernels_of(self, xy_px: np.ndarray) -> np.ndarray:
        """Return the sum of the kernels of fixations, ``(rows, columns)``."""
        grid, ones = self.grid, np.ones(len(xy_px))
        if len(xy_px) < grid.rows:
            return kde_map(grid.centre_of(xy_px), self.bandwidth_px, grid, weights=ones)
        x, y = self._cell_kernels
        cells = np.divmod(grid.cell_of(xy_px), grid.columns)
        return np.asarray(y.T @ (coo_array((ones, cells), shape=grid.shape).tocsr() @ x))

    @cached_property
    def _cell_kernels(self) -> tuple[np.ndarray, np.ndarray]:
        return _cell_kernels(self.bandwidth_px, self.grid)

    def density_at(self, xy_px: np.ndarray, own_xy_px: np.ndarray) -> np.ndarray:
        """Return `density` at points ``(m, 2)`` only, ``(m,)`` per cell."""
        others = self.n_fixations - len(own_xy_px)
        if self.uniform_share >= 1.0 or others == 0:
            return np.full(len(xy_px), 1.0 / self.grid.cells)
        rows, columns = np.divmod(self.grid.cell_of(xy_px), self.grid.columns)
        kernels, own = self.total[rows, columns], self.grid.centre_of(own_xy_px)
        if len(own):
            x = interval_masses(own[:, 0], self.bandwidth_px, self.grid.x_edges_px)[:, columns]
            y = interval_masses(own[:, 1], self.bandwidth_px, self.grid.y_edges_px)[:, rows]
            kernels = kernels - np.einsum("oc,oc->c", x, y)
        return self._mixed(kernels, others)

    def _mixed(self, kernels: np.ndarray, others: int) -> np.ndarray:
        # A difference of sums can fall below zero by rounding where the others never looked.
        density = kernels.clip(0.0) * ((1.0 - self.uniform_share) / others)
        return density + self.uniform_share / self.grid.cells

    def log_map(self, own_xy_px: np.ndarray) -> np.ndarray:
        """Return the natural logarithm of `density`; its exponential sums to one."""
        return log_probabilities(self.density(own_xy_px))


class CentreBiasCounts:
    """Gathers groups of fixations one after the other, in memory that their number leaves flat.

    Parameters
    ----------
    seed
        Seed of the draw of the groups that are fitted to, if there are more than `MOST_GROUPS`.
    """

    def __init__(self, grid: Grid, *, seed: int = 0) -> None:
        self._grid, self._coarse = grid, grid.coarser(FIT_CELLS)
        self._counts = np.zeros(grid.cells)
        self._fitted_to: list[np.ndarray] = []
        self._n_groups = 0
        self._generator = np.random.default_rng(seed)

    def add(self, xy_px: np.ndarray) -> None:
        """Add all fixations of one group, ``(n, 2)``."""
        if not len(xy_px):
            return
        self._counts += np.bincount(self._grid.cell_of(xy_px), minlength=self._grid.cells)
        self._n_groups += 1
        if len(self._fitted_to) < MOST_GROUPS:
            self._fitted_to.append(xy_px)
        elif (place := self._generator.integers(self._n_groups)) < MOST_GROUPS:
            self._fitted_to[place] = xy_px  # a reservoir: every group is as likely to be in it

    def fit(self) -> CentreBias:
        """Fit bandwidth and uniform share by leave-one-group-out likelihood."""
        grid, counts = self._grid, self._counts.reshape(self._grid.shape)
        bandwidth_px, share, total = np.nan, 1.0, np.zeros(grid.shape)
        if self._n_groups >= 2:
            bandwidth_px, share = self._best()
            share = max(share, LEAST_UNIFORM_SHARE)
            total = smooth_counts(counts, bandwidth_px, grid)
        return CentreBias(grid, bandwidth_px, share, total, int(self._counts.sum()))

    def _best(self) -> tuple[float, float]:
        """Return bandwidth and uniform share, from counts on a coarse grid.

        Its cells are finer than the narrowest bandwidth that is looked for.
        """
        grid = self._coarse
        counts = np.zeros(grid.cells)
        fine = np.flatnonzero(self._counts)
        np.add.at(counts, grid.cell_of(self._grid.centres_px(fine)), self._counts[fine])
        total_counts, n = counts.reshape(grid.shape), self._counts.sum()
        groups = [grid.cell_of(xy_px) for xy_px in self._fitted_to]
        others = np.concatenate([np.full(len(cells), n - len(cells)) for cells in groups])

        def components(bandwidth_px: float) -> np.ndarray:
            x, y = _cell_kernels(bandwidth_px, grid)
            total = y.T @ total_counts @ x
            left_out = []
            for cells in groups:
                row, column = np.divmod(cells, grid.columns)
                own = np.bincount(cells, minlength=grid.cells).reshape(grid.shape)
                if len(cells) > grid.columns:  # the whole map then costs less than its points
                    smooth = (y.T @ own @ x)[row, column]
                else:
                    smooth = np.einsum("ri,ri->i", y[:, row], own @ x[:, column])
                left_out.append(total[row, column] - smooth)
            density = np.concatenate(left_out).clip(0.0) / others
            return np.stack([density, np.full(len(density), 1.0 / grid.cells)], axis=1)

        low_px, high_px = (share * max(grid.size_px) for share in BANDWIDTHS)
        bandwidth_px, weights = best_mixture(components, low_px, high_px)
        return bandwidth_px, float(weights[1])


def fit_centre_bias(xy_px: np.ndarray, groups: np.ndarray, grid: Grid) -> CentreBias:
    """Fit the centre bias of a set of images: where people look on all others.

    Parameters
    ----------
    xy_px : array (n, 2)
        Fixations on all images, in their pixels.
    groups : array (n,)
        Source or stimulus of each: what is left out together.
    grid : Grid
        Size of the images, and the cells of the maps.

    Returns
    -------
    centre_bias : CentreBias
        Uniform where fewer than two groups have fixations.

    Notes
    -----
    A set that does not fit into memory streams through `CentreBiasCounts`.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import Grid, fit_centre_bias
    >>> xy_px = np.random.default_rng(0).normal((400, 300), 90, (300, 2)).clip(0, 599)
    >>> images = np.repeat(["a", "b", "c"], 100)
    >>> centre_bias = fit_centre_bias(xy_px, images, Grid(800, 600, 80, 60))
    >>> log_map = centre_bias.log_map(xy_px[images == "a"])  # from the other images
    >>> round(float(np.exp(log_map).sum()), 6)
    1.0
    """
    xy_px, groups = checked_fixations(xy_px, groups, grid, "groups")
    counts = CentreBiasCounts(grid)
    _, group = np.unique(groups, return_inverse=True)
    order = np.argsort(group, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        counts.add(xy_px[rows])
    return counts.fit()


def _cell_kernels(bandwidth_px: float, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the masses of kernels at the centres of columns ``(from, to)``, and of rows."""
    x, y = ((edges[:-1] + edges[1:]) / 2 for edges in (grid.x_edges_px, grid.y_edges_px))
    return (
        interval_masses(x, bandwidth_px, grid.x_edges_px),
        interval_masses(y, bandwidth_px, grid.y_edges_px),
    )


def smooth_counts(counts: np.ndarray, bandwidth_px: float, grid: Grid) -> np.ndarray:
    """Return counts of cells ``(rows, columns)``, each spread as a kernel at the cell's centre."""
    x, y = _cell_kernels(bandwidth_px, grid)
    return y.T @ counts @ x
