"""The fixation density of one image: p = w_k KDE + w_u uniform + w_c centre bias.

In come the fixations on it and its centre bias; out come the bandwidth and the weights that
maximise the likelihood of every subject's fixations under the KDE of the other subjects'
(cross-validation over subjects, as in the paper).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.density.grid import Grid
from analysis.density.leave_one_subject_out import LeaveOneSubjectOut
from analysis.density.search import best_mixture
from analysis.density.weights import fit_weights

# Of the image's longer side: 5 to 512 pixels of 1024.
BANDWIDTHS = (0.005, 0.5)


@dataclass(frozen=True, eq=False)
class ImageSample:
    """The fixations on one image that a density is fitted to.

    Attributes
    ----------
    xy_px : array (n, 2)
        Positions in the image's pixels, all of them on it.
    subjects : array (n,)
        Subject who made each fixation.
    centre_bias : array (n,)
        Probability of the cell of each under the centre bias, which comes from other images.
    """

    xy_px: np.ndarray
    subjects: np.ndarray
    centre_bias: np.ndarray

    @property
    def n_subjects(self) -> int:
        """How many subjects looked."""
        return len(np.unique(self.subjects))


@dataclass(frozen=True)
class MixtureParameters:
    """Bandwidth and weights of a density.

    Attributes
    ----------
    bandwidth_px
        Standard deviation of the kernels, in image pixels; NaN where there is no KDE.
    kde, uniform, centre_bias
        Weights; they sum to one.
    """

    bandwidth_px: float
    kde: float
    uniform: float
    centre_bias: float

    @property
    def weights(self) -> np.ndarray:
        """Weights of KDE, uniform and centre bias, ``(3,)``."""
        return np.array([self.kde, self.uniform, self.centre_bias])


@dataclass(frozen=True)
class DensityFit(MixtureParameters):
    """Parameters of one image's density, and how well it predicts a subject left out.

    Attributes
    ----------
    bandwidth_px
        Standard deviation of the kernels, in image pixels; NaN if `fitted` is false.
    kde, uniform, centre_bias
        Weights; they sum to one.
    log_likelihood_bits
        Mean cross-validated log likelihood of a fixation over the uniform density; NaN without
        fixations.
    information_gain_bits
        The same log likelihood over the centre bias.
    n_fixations, n_subjects
        How many fixations it was fitted to, of how many subjects.
    fitted
        False where fewer than two subjects looked: nothing can be cross-validated, the KDE is
        left out, and the density says nothing about this image, which then has no effect.
    """

    log_likelihood_bits: float
    information_gain_bits: float
    n_fixations: int
    n_subjects: int
    fitted: bool


@dataclass(frozen=True)
class MixtureModel:
    """The mixture of a Gaussian KDE, a uniform density and a centre bias.

    Attributes
    ----------
    grid : Grid
        Cells of the image, whose probabilities the density gives.
    truncate
        Whether kernels are cut at the image's edges and renormalised.
    """

    grid: Grid
    truncate: bool = True

    def fit(self, sample: ImageSample) -> DensityFit:
        """Fit bandwidth and weights by leave-one-subject-out likelihood."""
        if sample.n_subjects < 2:
            weights = np.array([0.0, 1.0])
            if len(sample.xy_px):
                weights = fit_weights(self._uniform_and_centre_bias(sample))
            return self.evaluate(sample, MixtureParameters(np.nan, 0.0, *map(float, weights)))
        components = self.cross_validated_components(sample)
        bandwidth_px, weights = best_mixture(components, *bandwidth_limits(self.grid))
        return _scored(components(bandwidth_px), bandwidth_px, weights, sample)

    def fit_shared(self, samples: Sequence[ImageSample]) -> MixtureParameters:
        """Return the one bandwidth and the one set of weights that suit all images best.

        Parameters
        ----------
        samples
            One an image; those of fewer than two subjects do not count. If none is left, all
            weight is the centre bias'.
        """
        each = [self.cross_validated_components(one) for one in samples if one.n_subjects >= 2]
        if not each:
            return MixtureParameters(np.nan, 0.0, 0.0, 1.0)
        bandwidth_px, weights = best_mixture(
            lambda bandwidth_px: np.concatenate([one(bandwidth_px) for one in each]),
            *bandwidth_limits(self.grid),
        )
        return MixtureParameters(bandwidth_px, *map(float, weights))

    def fit_weights_at(self, sample: ImageSample, bandwidth_px: float) -> DensityFit:
        """Fit the weights alone, at a given bandwidth; two subjects at least must have looked."""
        components = self.cross_validated_components(sample)(bandwidth_px)
        return _scored(components, bandwidth_px, fit_weights(components), sample)

    def evaluate(self, sample: ImageSample, parameters: MixtureParameters) -> DensityFit:
        """Return how well given parameters predict a subject left out.

        With fewer than two subjects the KDE's weight goes to the other two in their proportion.
        """
        if sample.n_subjects >= 2:
            components = self.cross_validated_components(sample)(parameters.bandwidth_px)
            return _scored(components, parameters.bandwidth_px, parameters.weights, sample)
        rest = parameters.weights[1:]
        rest = rest / rest.sum() if rest.any() else np.array([0.0, 1.0])
        others = self._uniform_and_centre_bias(sample)
        components = np.column_stack([np.zeros(len(sample.xy_px)), others])
        return replace(_scored(components, np.nan, np.array([0.0, *rest]), sample), fitted=False)

    def cross_validated_components(self, sample: ImageSample) -> Callable[[float], np.ndarray]:
        """Return a function of the bandwidth that gives the components at every fixation.

        Columns of its ``(n, 3)`` array are the KDE of the other subjects, uniform and centre bias,
        all as probabilities of a cell.
        """
        grid = self.grid
        others = LeaveOneSubjectOut(
            sample.xy_px, sample.subjects, grid.size_px, truncate=self.truncate
        )
        rest = self._uniform_and_centre_bias(sample)

        def components(bandwidth_px: float) -> np.ndarray:
            return np.column_stack([others.density(bandwidth_px) * grid.cell_area_px, rest])

        return components

    def _uniform_and_centre_bias(self, sample: ImageSample) -> np.ndarray:
        uniform = np.full(len(sample.centre_bias), 1.0 / self.grid.cells)
        return np.column_stack([uniform, sample.centre_bias])


def bandwidth_limits(grid: Grid) -> tuple[float, float]:
    """Return the narrowest and the broadest bandwidth that is looked for, in image pixels."""
    low, high = BANDWIDTHS
    return low * max(grid.size_px), high * max(grid.size_px)


def _scored(
    components: np.ndarray, bandwidth_px: float, weights: np.ndarray, sample: ImageSample
) -> DensityFit:
    """Return the fit with its mean log likelihoods, from the components at every fixation."""
    over_uniform = over_centre_bias = np.nan
    if len(components):
        likelihood = components @ weights
        over_uniform = float(np.log2(likelihood / components[:, 1]).mean())
        over_centre_bias = float(np.log2(likelihood / components[:, 2]).mean())
    kde, uniform, centre_bias = map(float, weights)
    return DensityFit(
        bandwidth_px=float(bandwidth_px), kde=kde, uniform=uniform, centre_bias=centre_bias,
        log_likelihood_bits=over_uniform, information_gain_bits=over_centre_bias,
        n_fixations=len(components), n_subjects=sample.n_subjects, fitted=True,
    )  # fmt: skip
