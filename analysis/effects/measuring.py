"""From fixations to contrasts: densities of people and model, and what is measured on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias, fit_centre_bias
from analysis.density.fit import Fit
from analysis.density.grid import Grid
from analysis.density.stimuli import StimulusDensity, stimulus_densities
from analysis.effects.aims import Aim
from analysis.effects.contrasts import Contrast
from analysis.effects.estimates import Estimate, estimate, read_coverage
from analysis.effects.predictions import predicted_log_density
from analysis.progress import progress
from stimuli.files import read_log_saliency
from stimuli.study import Study
from stimuli.vocabulary import Stimulus


@dataclass(frozen=True, eq=False)
class Measured:
    """What is measured on a set of fixations.

    Attributes
    ----------
    fits
        By ``stim_id``.
    contrasts
        One an aim, in their order.
    """

    centre_bias: CentreBias
    fits: Mapping[str, Fit]
    contrasts: Sequence[Contrast]


def measure(
    study: Study,
    stimuli: Sequence[Stimulus],
    aims: Sequence[Aim],
    fixations: pd.DataFrame,
    *,
    bandwidth_factor: float = 1.0,
    keep: Callable[[StimulusDensity, np.ndarray], object] = lambda density, log_model: None,
) -> Measured:
    """Fit the density of every stimulus, and measure every version against its original.

    Parameters
    ----------
    fixations : DataFrame
        Those used; the centre bias is fitted to them.
    bandwidth_factor
        On every fitted bandwidth, the weights being fitted anew: a check.
    keep
        Called with the density of each stimulus and the model's, to write or show them.
    """
    grid, groups = square_grid(study), centre_bias_groups(study, stimuli)
    centre_bias = fit_centre_bias(
        fixations[["x_px", "y_px"]].to_numpy(float),
        fixations["stim_id"].map(groups).to_numpy(str),
        grid,
    )
    subjects = sorted(fixations["subject"].unique())
    by_id = {stimulus.stim_id: stimulus for stimulus in stimuli}
    fits: dict[str, Fit] = {}
    estimates: dict[tuple[Aim, str], Estimate] = {}
    densities = stimulus_densities(
        fixations, groups, centre_bias, bandwidth_factor=bandwidth_factor
    )
    for density in progress(densities, "Densities", len(stimuli)):
        log_saliency = read_log_saliency(study.root / by_id[density.stim_id].prediction)
        log_model = predicted_log_density(log_saliency, density.log_centre_bias, grid)
        keep(density, log_model)
        fits[density.stim_id] = density.fit
        for aim in aims:
            if density.stim_id in (aim.original.stim_id, aim.version.stim_id):
                estimates[aim, density.stim_id] = estimate(
                    aim, density, log_model, coverage_of(study, aim), subjects, grid,
                    jackknife=study.settings.analysis.entropy == "jackknife",
                )  # fmt: skip
    contrasts = [
        Contrast(aim, estimates[aim, aim.original.stim_id], estimates[aim, aim.version.stim_id])
        for aim in aims
    ]
    return Measured(centre_bias, fits, contrasts)


def square_grid(study: Study) -> Grid:
    """Return the grid of the study's density maps."""
    size_px, cells = study.settings.images.size_px, study.settings.analysis.grid_px
    return Grid(size_px, size_px, cells, cells)


def centre_bias_groups(study: Study, stimuli: Sequence[Stimulus]) -> dict[str, str]:
    """Return for every stimulus what its centre bias leaves out, stimuli of a source together."""
    by_source = study.settings.analysis.centre_bias == "other-sources"
    ordered = sorted(stimuli, key=lambda stimulus: stimulus.source_id)
    return {one.stim_id: one.source_id if by_source else one.stim_id for one in ordered}


def coverage_of(study: Study, aim: Aim) -> np.ndarray | None:
    """Return the share of every cell that the target of an aim covers; None for the entropy."""
    if aim.target is None:
        return None
    path = study.root / aim.target.mask
    return read_coverage(path, study.settings.images.size_px, square_grid(study))


def subject_strata(fixations: pd.DataFrame) -> dict[str, str]:
    """Return the group within which each subject is drawn anew.

    Where every subject saw one block only, as in the first, original and version were seen by
    different people, and subjects are drawn within the block that they saw; else everybody saw
    originals and versions, and all are one group.
    """
    blocks = fixations.groupby("subject")["block"].agg(["first", "nunique"]).sort_index()
    between = (blocks["nunique"] == 1).all()
    return {
        str(subject): str(block) if between else "everybody"
        for subject, block in blocks["first"].items()
    }
