"""The value of one measure on one stimulus, for people and for the model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from analysis.density.grid import Grid
from analysis.density.stimuli import StimulusDensity
from analysis.effects.aims import Aim
from analysis.effects.measures import entropy_bits, p_obj
from analysis.effects.resampling import (
    ResampledEntropy,
    ResampledRegion,
    resampled_entropy,
    resampled_region,
    without_bias,
)
from stimuli.errors import InputError


@dataclass(frozen=True, eq=False)
class Estimate:
    """One measure on one stimulus.

    Attributes
    ----------
    people
        NaN where the density was not fitted: too few subjects looked.
    model
        From the predicted density with the measured centre bias.
    counted
        Share of the fixations that lie on the target, without any density: a check of p_obj, which
        smoothing and centre bias draw towards what is usual. NaN for the entropy.
    n_fixations
        On the stimulus, in this subset.
    resampled
        `people` as a function of how often each subject counts; None where it is NaN.
    """

    people: float
    model: float
    counted: float
    n_fixations: int
    resampled: ResampledRegion | ResampledEntropy | None


@lru_cache(maxsize=16)
def read_coverage(path: Path, size_px: int, grid: Grid) -> np.ndarray:
    """Read a target's mask and return the share of every cell that it covers.

    The last few are kept: an original is measured on the same masks as its versions.

    Raises
    ------
    InputError
        If the mask is absent, no picture, empty, or not of the image's size.
    """
    try:
        with Image.open(path) as picture:
            mask = np.asarray(picture.convert("L")) > 127
    except FileNotFoundError:
        raise InputError(f"{path}: no such mask; run manipulation.generate again") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read as a mask ({error}); expected a PNG, 255 inside"
        ) from None
    if mask.shape != (size_px, size_px):
        raise InputError(
            f"{path}: mask is {mask.shape[1]} x {mask.shape[0]} px; expected {size_px} x "
            f"{size_px}, the size of the image as shown; run manipulation.generate again"
        )
    if not mask.any():
        raise InputError(f"{path}: mask is empty; expected 255 inside the target")
    return grid.area_means(mask.astype(np.float64))


def estimate(
    aim: Aim,
    density: StimulusDensity,
    log_model: np.ndarray,
    coverage: np.ndarray | None,
    subjects: Sequence[str],
    grid: Grid,
    *,
    jackknife: bool = True,
) -> Estimate:
    """Measure one stimulus for one aim.

    Parameters
    ----------
    density
        Of the original or the version of `aim`.
    log_model : array (rows, columns)
        Predicted log density of the same stimulus.
    coverage : array (rows, columns) or None
        Of the aim's target; None if the aim is the entropy.
    subjects
        All subjects of the subset, sorted.
    jackknife
        Whether an entropy is freed of its bias by the number of subjects.
    """
    n, subjects = density.fit.n_fixations, list(subjects)
    if coverage is None:
        model = entropy_bits(log_model, grid)
        if not density.fit.fitted:
            return Estimate(math.nan, model, math.nan, n, None)
        resampled = resampled_entropy(density, subjects, grid)
        plain = entropy_bits(density.log_density, grid)
        people = without_bias(resampled) if jackknife else plain
        return Estimate(people, model, math.nan, n, resampled)
    model = p_obj(log_model, coverage)
    if not density.fit.fitted:
        return Estimate(math.nan, model, math.nan, n, None)
    resampled = resampled_region(density, coverage, subjects, grid)
    counted = float(coverage.ravel()[grid.cell_of(density.xy_px)].mean())
    return Estimate(p_obj(density.log_density, coverage), model, counted, n, resampled)
