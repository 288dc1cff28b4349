"""The value of a measure when subjects count several times or not at all.

A density is a weighted sum over fixations, so leaving a subject out, or counting one twice, is
another weighting of sums that are made once per subject. Bandwidth, weights and centre bias stay
as they were fitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.density.fitted import FittedDensity
from analysis.density.kde import kde_map, region_masses
from analysis.effects.measures import entropy_bits, p_obj

ENTROPY_CELLS = 48
"""Longest side of the grid on which entropies are resampled."""

_TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True, eq=False)
class ResampledMean:
    """A mean over the fixations on one stimulus, as a function of how often each subject counts.

    Attributes
    ----------
    sums, counts : arrays (subjects,)
        Sum over the fixations of each subject, and their number.
    """

    sums: np.ndarray
    counts: np.ndarray

    def values(self, times: np.ndarray) -> np.ndarray:
        """Return means for ``(resamples, subjects)`` counts; NaN where no fixation is left."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (times @ self.sums) / (times @ self.counts)


def resampled_mean(
    values: np.ndarray, of_whom: np.ndarray, subjects: Sequence[str]
) -> ResampledMean:
    """Return the mean of a value of every fixation ``(n,)``, made by subjects ``(n,)``."""
    index = np.searchsorted(subjects, of_whom)
    return ResampledMean(
        np.bincount(index, values, minlength=len(subjects)),
        np.bincount(index, minlength=len(subjects)).astype(float),
    )


@dataclass(frozen=True, eq=False)
class ResampledRegion:
    """p_obj of one stimulus as a function of how often each subject counts.

    Attributes
    ----------
    masses, counts : arrays (subjects,)
        Sum of the kernels' masses within the region, and number of fixations.
    kde, rest
        Weight of the KDE, and what uniform and centre bias put on the region.
    """

    masses: np.ndarray
    counts: np.ndarray
    kde: float
    rest: float

    def values(self, times: np.ndarray) -> np.ndarray:
        """Return p_obj for ``(resamples, subjects)`` counts; NaN where no fixation is left."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.kde * (times @ self.masses) / (times @ self.counts) + self.rest


@dataclass(frozen=True, eq=False)
class ResampledEntropy:
    """Entropy of one stimulus as a function of how often each subject counts.

    Attributes
    ----------
    kernels : array (subjects, cells), float32
        Sum of each subject's kernels on a coarse grid.
    counts : array (subjects,)
    kde : float
    rest : array (cells,), float32
        Uniform and centre bias, weighted.
    offset_bits
        What the coarse grid cannot resolve, taken from the whole sample, plus log2 of the pixels
        of a cell.
    """

    kernels: np.ndarray
    counts: np.ndarray
    kde: float
    rest: np.ndarray
    offset_bits: float

    def values(self, times: np.ndarray) -> np.ndarray:
        """Return bits for ``(resamples, subjects)`` counts; NaN where no fixation is left."""
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = (self.kde / (times @ self.counts)).astype(np.float32)
            # In place: the arrays are large, and passing over them takes the time.
            density = (times * scale[:, None]).astype(np.float32) @ self.kernels
            density += self.rest
            np.maximum(density, _TINY, out=density)
            nats = -np.einsum("rc,rc->r", density, np.log(density))
            return nats / np.log(2.0) + self.offset_bits


def jackknifed_entropy(entropy: ResampledEntropy) -> float:
    """Return the entropy, in bits, by the jackknife over subjects (Quenouille 1956).

    With S subjects, S H - (S - 1) times the mean of H without each, at one bandwidth. It takes the
    bias by the number of subjects away where the bandwidth is known, and makes the entropy too
    high where bandwidth and weights are fitted: see `analysis.effects.neighbours`.
    """
    present = np.flatnonzero(entropy.counts)
    everyone = np.ones(len(entropy.counts))
    without = np.repeat(everyone[None], len(present), axis=0)
    without[np.arange(len(present)), present] = 0.0
    whole = float(entropy.values(everyone[None])[0])
    return whole + (len(present) - 1) * (whole - float(entropy.values(without).mean()))


def resampled_region(
    density: FittedDensity, coverage: np.ndarray, subjects: Sequence[str]
) -> ResampledRegion:
    """Return p_obj of a fitted density, per subject; all counts one give its value."""
    fit, index = density.fit, np.searchsorted(subjects, density.subjects)
    masses = region_masses(density.xy_px, fit.bandwidth_px, density.grid, coverage)
    rest = fit.uniform * coverage.mean() + fit.centre_bias * p_obj(
        density.log_centre_bias, coverage
    )
    return ResampledRegion(
        np.bincount(index, masses, minlength=len(subjects)),
        np.bincount(index, minlength=len(subjects)).astype(float),
        fit.kde,
        float(rest),
    )


def resampled_entropy(density: FittedDensity, subjects: Sequence[str]) -> ResampledEntropy:
    """Return the entropy of a fitted density, per subject; all counts one give its value."""
    fit, grid = density.fit, density.grid
    coarse = grid.coarser(ENTROPY_CELLS)
    index = np.searchsorted(subjects, density.subjects)
    kernels = np.zeros((len(subjects), coarse.cells), dtype=np.float32)
    for subject in np.unique(index):
        own = density.xy_px[index == subject]
        kernels[subject] = kde_map(own, fit.bandwidth_px, coarse, weights=np.ones(len(own))).ravel()
    centre = coarse.area_means(np.exp(density.log_centre_bias)).ravel()
    rest = fit.uniform / coarse.cells + fit.centre_bias * centre / centre.sum()
    rest = rest.astype(np.float32)
    counts = np.bincount(index, minlength=len(subjects)).astype(float)
    everyone = ResampledEntropy(kernels, counts, fit.kde, rest, 0.0)
    offset = entropy_bits(density.log_density, grid) - everyone.values(np.ones((1, len(subjects))))
    return ResampledEntropy(kernels, counts, fit.kde, rest, float(offset[0]))
