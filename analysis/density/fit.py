"""The fixation density of one stimulus: p = w_k KDE + w_u uniform + w_c centre bias.

In come the fixations on it and its centre bias; out come the bandwidth and the weights that
maximise the likelihood of every subject's fixations under the KDE of the other subjects'
(cross-validation over subjects, as in the paper), and from them the map of all fixations.
"""

from dataclasses import dataclass

import numpy as np

from analysis.density.grid import Grid
from analysis.density.kde import LeaveOneSubjectOut, kde_map
from analysis.density.maps import log_probabilities
from analysis.density.mixture import fit_weights
from analysis.density.search import best_mixture

# Of the image's longer side: 5 to 512 pixels of 1024.
BANDWIDTHS = (0.005, 0.5)


@dataclass(frozen=True)
class Fit:
    """Parameters of one stimulus' density, and how well it predicts a subject left out.

    Attributes
    ----------
    bandwidth_px
        Of the KDE, in image pixels; NaN if `fitted` is false.
    kde, uniform, centre_bias
        Weights; they sum to one.
    log_likelihood_bits
        Mean cross-validated log likelihood of a fixation over the uniform density; NaN without
        fixations.
    information_gain_bits
        The same over the centre bias.
    n_fixations, n_subjects
        That it was fitted to.
    fitted
        False where fewer than two subjects looked: nothing can be cross-validated, the KDE is
        left out, and the density says nothing about this stimulus. Such a stimulus has no effect.
    """

    bandwidth_px: float
    kde: float
    uniform: float
    centre_bias: float
    log_likelihood_bits: float
    information_gain_bits: float
    n_fixations: int
    n_subjects: int
    fitted: bool


def fit_density(
    xy_px: np.ndarray,
    subjects: np.ndarray,
    log_centre_bias: np.ndarray,
    grid: Grid,
    *,
    truncate: bool = True,
) -> Fit:
    """Fit bandwidth and weights by leave-one-subject-out likelihood.

    Parameters
    ----------
    xy_px : array (n, 2)
        Fixations on the image, in its pixels.
    subjects : array (n,)
        Who made each.
    log_centre_bias : array (rows, columns)
        Log probability of every cell, from other images.
    truncate
        Whether kernels are cut at the image's edges and renormalised.
    """
    n, n_subjects = len(xy_px), len(np.unique(subjects))
    uniform = np.full(n, 1.0 / grid.cells)
    centre = np.exp(log_centre_bias.ravel()[grid.cell_of(xy_px)])
    if n_subjects < 2:
        weights = fit_weights(np.stack([uniform, centre], axis=1)) if n else np.array([0.0, 1.0])
        likelihood = np.stack([uniform, centre], axis=1) @ weights
        return Fit(
            np.nan, 0.0, *map(float, weights), *_in_bits(likelihood, uniform, centre),
            n, n_subjects, fitted=False,
        )  # fmt: skip

    others = LeaveOneSubjectOut(xy_px, subjects, grid.size_px, truncate=truncate)

    def components(bandwidth_px: float) -> np.ndarray:
        kde = others.density(bandwidth_px) * grid.cell_area_px
        return np.stack([kde, uniform, centre], axis=1)

    low_px, high_px = (share * max(grid.size_px) for share in BANDWIDTHS)
    bandwidth_px, weights = best_mixture(components, low_px, high_px)
    likelihood = components(bandwidth_px) @ weights
    return Fit(
        bandwidth_px, *map(float, weights), *_in_bits(likelihood, uniform, centre),
        n, n_subjects, fitted=True,
    )  # fmt: skip


def _in_bits(
    likelihood: np.ndarray, uniform: np.ndarray, centre: np.ndarray
) -> tuple[float, float]:
    if not len(likelihood):
        return np.nan, np.nan
    return (
        float(np.log2(likelihood / uniform).mean()),
        float(np.log2(likelihood / centre).mean()),
    )


def log_density_map(
    fit: Fit, xy_px: np.ndarray, log_centre_bias: np.ndarray, grid: Grid, *, truncate: bool = True
) -> np.ndarray:
    """Return the log probability of every cell under a fitted density of all fixations.

    Returns
    -------
    log_density : array (rows, columns)
        Natural logarithm; its exponential sums to one.
    """
    density = fit.uniform / grid.cells + fit.centre_bias * np.exp(log_centre_bias)
    if fit.kde:
        density += fit.kde * kde_map(xy_px, fit.bandwidth_px, grid, truncate=truncate)
    return log_probabilities(density)
