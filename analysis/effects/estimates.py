"""The value of one measure on one stimulus, for people and for the model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.density.fitted import FittedDensity
from analysis.effects.measures import entropy_bits, p_obj
from analysis.effects.resampling import (
    ResampledEntropy,
    ResampledRegion,
    entropy_without_bias,
    resampled_entropy,
    resampled_region,
)
from stimuli.contract.vocabulary import Viewer


@dataclass(frozen=True, eq=False)
class Estimate:
    """One measure on one stimulus.

    Attributes
    ----------
    people
        NaN where the density was not fitted: too few subjects looked.
    model
        Value under the predicted density with the measured centre bias.
    counted
        Share of the fixations that lie on the target, without any density: a check of p_obj, which
        smoothing and centre bias draw towards what is usual. NaN for the entropy.
    n_fixations
        How many fixations of the subset lie on the stimulus.
    resampled
        `people` as a function of how often each subject counts; None where it is NaN.
    """

    people: float
    model: float
    counted: float
    n_fixations: int
    resampled: ResampledRegion | ResampledEntropy | None

    def of(self, viewer: Viewer) -> float:
        """Return the value for people or for the model."""
        return self.people if viewer == Viewer.PEOPLE else self.model


def estimate(
    density: FittedDensity,
    log_model: np.ndarray,
    coverage: np.ndarray | None,
    subjects: Sequence[str],
    *,
    jackknife: bool = True,
) -> Estimate:
    """Measure one stimulus: p_obj of a target, or the entropy.

    Parameters
    ----------
    density : FittedDensity
        Fixation density of people.
    log_model : array (rows, columns)
        Predicted log density of the same stimulus.
    coverage : array (rows, columns) or None
        Share of every cell that the target covers; None measures the entropy.
    subjects
        All subjects of the subset, sorted.
    jackknife
        Whether an entropy is freed of its bias by the number of subjects.
    """
    n, grid, nothing = density.fit.n_fixations, density.grid, math.nan
    if coverage is None:
        model = entropy_bits(log_model, grid)
        if not density.fit.fitted:
            return Estimate(nothing, model, nothing, n, None)
        entropy = resampled_entropy(density, subjects)
        plain = entropy_bits(density.log_density, grid)
        people = entropy_without_bias(entropy) if jackknife else plain
        return Estimate(people, model, nothing, n, entropy)
    model = p_obj(log_model, coverage)
    if not density.fit.fitted:
        return Estimate(nothing, model, nothing, n, None)
    region = resampled_region(density, coverage, subjects)
    counted = float(coverage.ravel()[grid.cell_of(density.xy_px)].mean())
    return Estimate(p_obj(density.log_density, coverage), model, counted, n, region)
