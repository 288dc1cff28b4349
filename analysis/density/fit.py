"""The fixation density of one stimulus: p = w_k KDE + w_u uniform + w_c centre bias.

In come the fixations on it and its centre bias; out come the bandwidth and the weights that
maximise the likelihood of every subject's fixations under the KDE of the other subjects'
(cross-validation over subjects, as in the paper), and from them the map of all fixations.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.density.grid import Grid
from analysis.density.kde import LeaveOneSubjectOut, axis_masses, kde_map
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
    centre: np.ndarray,
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
    centre : array (n,)
        Probability of the cell of each under the centre bias, from other images.
    truncate
        Whether kernels are cut at the image's edges and renormalised.
    """
    if len(np.unique(subjects)) < 2:
        rest = _rest(centre, grid)
        weights = fit_weights(rest) if len(xy_px) else np.array([0.0, 1.0])
        return fit_at(xy_px, subjects, centre, grid, np.nan, (0.0, *weights), truncate=truncate)
    components = cross_validated_components(xy_px, subjects, centre, grid, truncate=truncate)
    bandwidth_px, weights = best_mixture(components, *bandwidth_limits(grid))
    return _fit(components(bandwidth_px), bandwidth_px, weights, subjects)


def fit_shared(
    images: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
    grid: Grid,
    *,
    truncate: bool = True,
) -> tuple[float, np.ndarray]:
    """Return the one bandwidth and the one set of weights that suit all images together best.

    Parameters
    ----------
    images
        ``xy_px``, ``subjects`` and ``centre`` of each image, as for `fit_density`.

    Returns
    -------
    bandwidth_px, weights
        Weights of KDE, uniform and centre bias.
    """
    each = [
        cross_validated_components(*image, grid, truncate=truncate)
        for image in images
        if len(np.unique(image[1])) >= 2
    ]
    if not each:
        return np.nan, np.array([0.0, 0.0, 1.0])
    return best_mixture(
        lambda bandwidth_px: np.concatenate([one(bandwidth_px) for one in each]),
        *bandwidth_limits(grid),
    )


def fit_at(
    xy_px: np.ndarray,
    subjects: np.ndarray,
    centre: np.ndarray,
    grid: Grid,
    bandwidth_px: float,
    weights: Sequence[float] | None = None,
    *,
    truncate: bool = True,
) -> Fit:
    """Return how well given parameters predict a subject left out; arguments as `fit_density`.

    Weights that are not given are the best at the bandwidth. With fewer than two subjects the
    KDE's weight goes to the other two in their proportion.
    """
    if len(np.unique(subjects)) >= 2:
        others = cross_validated_components(xy_px, subjects, centre, grid, truncate=truncate)
        components = others(bandwidth_px)
        chosen = fit_weights(components) if weights is None else np.asarray(weights)
        return _fit(components, bandwidth_px, chosen, subjects)
    weights = (0.0, 0.5, 0.5) if weights is None else weights
    rest = np.asarray(weights[1:], dtype=float)
    rest = rest / rest.sum() if rest.any() else np.array([0.0, 1.0])
    alone = np.column_stack([np.zeros(len(xy_px)), _rest(centre, grid)])
    return replace(_fit(alone, np.nan, np.array([0.0, *rest]), subjects), fitted=False)


def bandwidth_limits(grid: Grid) -> tuple[float, float]:
    """Return the narrowest and the broadest bandwidth that is looked for, in image pixels."""
    low, high = BANDWIDTHS
    return low * max(grid.size_px), high * max(grid.size_px)


def cross_validated_components(
    xy_px: np.ndarray,
    subjects: np.ndarray,
    centre: np.ndarray,
    grid: Grid,
    *,
    truncate: bool = True,
) -> Callable[[float], np.ndarray]:
    """Return a function of the bandwidth that gives the components at every fixation.

    Columns of its ``(n, 3)`` array are the KDE of the other subjects, uniform and centre bias, all
    as probabilities of a cell.
    """
    others = LeaveOneSubjectOut(xy_px, subjects, grid.size_px, truncate=truncate)
    rest = _rest(centre, grid)

    def components(bandwidth_px: float) -> np.ndarray:
        return np.column_stack([others.density(bandwidth_px) * grid.cell_area_px, rest])

    return components


def _rest(centre: np.ndarray, grid: Grid) -> np.ndarray:
    return np.column_stack([np.full(len(centre), 1.0 / grid.cells), centre])


def _fit(
    components: np.ndarray, bandwidth_px: float, weights: np.ndarray, subjects: np.ndarray
) -> Fit:
    return Fit(
        float(bandwidth_px), *map(float, weights),
        *_in_bits(components @ weights, components[:, 1], components[:, 2]),
        len(components), len(np.unique(subjects)), fitted=True,
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


def density_map(
    fit: Fit,
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
    fit: Fit, xy_px: np.ndarray, log_centre_bias: np.ndarray, grid: Grid, *, truncate: bool = True
) -> np.ndarray:
    """Return the natural logarithm of `density_map`; its exponential sums to one."""
    density = density_map(fit, xy_px, np.exp(log_centre_bias), grid, truncate=truncate)
    return log_probabilities(density)


def leave_one_out_maps(
    fit: Fit,
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
