"""The value of one measure on one stimulus, for people and for the model.

People's values come from their fixations themselves: p_obj is the share of fixations on the target,
and the entropy is that of the distances between subjects' fixations. Both estimate what the
model's density is said to be, the distribution that fixations are drawn from. The density that is
fitted to fixations (as published) has the target's probability smoothed away by its kernel,
uniform density and centre bias, so that its changes are smaller than those of fixations.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.density.fitted import FittedDensity
from analysis.effects.measures import entropy_bits, p_obj
from analysis.effects.neighbours import surprise_bits
from analysis.effects.resampling import (
    ResampledEntropy,
    ResampledMean,
    ResampledRegion,
    jackknifed_entropy,
    resampled_entropy,
    resampled_mean,
    resampled_region,
)
from stimuli.contract.settings import AnalysisSettings
from stimuli.contract.vocabulary import Viewer


@dataclass(frozen=True, eq=False)
class Estimate:
    """One measure on one stimulus.

    Attributes
    ----------
    people
        NaN where too few subjects looked.
    model
        Value under the predicted density with the measured centre bias.
    counted
        Share of the fixations that lie on the target. NaN for the entropy.
    n_fixations
        How many fixations of the subset lie on the stimulus.
    resampled
        `people` as a function of how often each subject counts; None where it is NaN.
    density
        Value of the density that is fitted to people's fixations, as published.
    """

    people: float
    model: float
    counted: float
    n_fixations: int
    resampled: ResampledMean | ResampledRegion | ResampledEntropy | None
    density: float = math.nan

    def of(self, viewer: Viewer) -> float:
        """Return the value for people or for the model."""
        return self.people if viewer == Viewer.PEOPLE else self.model


DEFAULTS = AnalysisSettings()


def estimate(
    density: FittedDensity,
    log_model: np.ndarray,
    coverage: np.ndarray | None,
    subjects: Sequence[str],
    *,
    settings: AnalysisSettings = DEFAULTS,
) -> Estimate:
    """Measure one stimulus: p_obj of a target, or the entropy.

    Parameters
    ----------
    density : FittedDensity
        Fixation density of people, with their fixations.
    log_model : array (rows, columns)
        Predicted log density of the same stimulus.
    coverage : array (rows, columns) or None
        Share of every cell that the target covers; None measures the entropy.
    subjects
        All subjects of the subset, sorted.
    settings : AnalysisSettings
        Their ``p_obj`` and ``entropy`` say how people's values are estimated.
    """
    n = density.fit.n_fixations
    if coverage is None:
        model = entropy_bits(log_model, density.grid)
        if not density.fit.fitted:
            return Estimate(math.nan, model, math.nan, n, None)
        people, resampled = _entropy(density, subjects, settings.entropy)
        plain = entropy_bits(density.log_density, density.grid)
        return Estimate(people, model, math.nan, n, resampled, plain)
    model = p_obj(log_model, coverage)
    if not density.fit.fitted:
        return Estimate(math.nan, model, math.nan, n, None)
    of_density = p_obj(density.log_density, coverage)
    on_target = coverage.ravel()[density.grid.cell_of(density.xy_px)]
    counted = float(on_target.mean())
    if settings.p_obj == "density":
        region = resampled_region(density, coverage, subjects)
        return Estimate(of_density, model, counted, n, region, of_density)
    shares = resampled_mean(on_target, density.subjects, subjects)
    return Estimate(counted, model, counted, n, shares, of_density)


def _entropy(
    density: FittedDensity, subjects: Sequence[str], how: str
) -> tuple[float, ResampledMean | ResampledEntropy]:
    """Return people's entropy, and the same as a function of how often each subject counts."""
    if how == "neighbours":
        surprise = surprise_bits(density.xy_px, density.subjects, density.grid)
        return float(surprise.mean()), resampled_mean(surprise, density.subjects, subjects)
    resampled = resampled_entropy(density, subjects)
    if how == "jackknife":
        return jackknifed_entropy(resampled), resampled
    return entropy_bits(density.log_density, density.grid), resampled
