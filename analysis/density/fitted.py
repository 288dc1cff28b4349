"""One image's fixation density, fitted: its parameters and its map."""

from dataclasses import dataclass

import numpy as np

from analysis.density.grid import Grid, checked_fixations
from analysis.density.maps import log_density_map
from analysis.density.mixture import DensityFit, ImageSample, MixtureModel


@dataclass(frozen=True, eq=False)
class FittedDensity:
    """The fixation density of one image.

    Attributes
    ----------
    grid : Grid
        Cells of the maps.
    fit : DensityFit
        Bandwidth, weights and cross-validated likelihood.
    log_density, log_centre_bias : arrays (rows, columns)
        Natural-log probability of every cell of the grid; the exponential of each sums to one.
    xy_px, subjects : arrays (n, 2), (n,)
        The fixations it was made from.
    """

    grid: Grid
    fit: DensityFit
    log_density: np.ndarray
    log_centre_bias: np.ndarray
    xy_px: np.ndarray
    subjects: np.ndarray


def fit_density(
    xy_px: np.ndarray,
    subjects: np.ndarray,
    grid: Grid,
    *,
    log_centre_bias: np.ndarray | None = None,
    bandwidth_factor: float = 1.0,
    truncate: bool = True,
) -> FittedDensity:
    """Fit the fixation density of one image: a Gaussian KDE, a uniform density, a centre bias.

    Bandwidth and weights maximise the likelihood of every subject's fixations under the KDE of
    the other subjects' (leave one subject out), as in Gatys et al. (2017).

    Parameters
    ----------
    xy_px : array (n, 2)
        Fixations on the image, ``(x, y)`` in its pixels with the origin at the top left.
    subjects : array (n,)
        Subject who made each fixation.
    grid : Grid
        The image's size, and the cells of the map.
    log_centre_bias : array (rows, columns), optional
        Natural-log probability of every cell under the centre bias, such as
        ``fit_centre_bias(...).log_map(xy_px)``. Uniform where it is not given.
    bandwidth_factor
        Factor on the fitted bandwidth, the weights being fitted anew: a check.
    truncate
        Whether kernels are cut at the image's edges and renormalised.

    Returns
    -------
    density : FittedDensity
        With fewer than two subjects ``density.fit.fitted`` is false: nothing can be
        cross-validated, and the map is that of uniform density and centre bias.

    Raises
    ------
    InputError
        If there is not one subject for each fixation, or a fixation lies beside the image.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import Grid, fit_density
    >>> xy_px = np.random.default_rng(0).normal((300, 200), 40, (60, 2))
    >>> density = fit_density(xy_px, np.arange(60) % 6, Grid(800, 600, 80, 60))
    >>> density.log_density.shape
    (60, 80)
    >>> bool(density.fit.log_likelihood_bits > 2)  # over the uniform density, a subject left out
    True
    """
    xy_px, subjects = checked_fixations(xy_px, subjects, grid, "subjects")
    if log_centre_bias is None:
        log_centre_bias = np.full(grid.shape, -np.log(grid.cells))
    model = MixtureModel(grid, truncate)
    centre_bias = np.exp(log_centre_bias.ravel()[grid.cell_of(xy_px)])
    sample = ImageSample(xy_px, subjects, centre_bias)
    fit = model.fit(sample)
    if bandwidth_factor != 1.0 and fit.fitted:
        fit = model.fit_weights_at(sample, bandwidth_factor * fit.bandwidth_px)
    log_density = log_density_map(fit, xy_px, log_centre_bias, grid, truncate=truncate)
    return FittedDensity(grid, fit, log_density, log_centre_bias, xy_px, subjects)
