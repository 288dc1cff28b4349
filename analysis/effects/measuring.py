"""From fixations to contrasts: densities of people and model, and what is measured on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias, fit_centre_bias
from analysis.density.fitted import FittedDensity
from analysis.density.mixture import DensityFit
from analysis.density.stimuli import stimulus_densities
from analysis.effects.comparisons import Comparison
from analysis.effects.contrasts import Contrast
from analysis.effects.design import StudyDesign
from analysis.effects.estimates import Estimate, estimate
from analysis.effects.predictions import predicted_log_density
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.console import progress
from stimuli.support.files import read_log_saliency

KeepMaps = Callable[[str, FittedDensity, np.ndarray], object]
"""Called with the name of a stimulus, people's density, and the model's log density."""


def keep_nothing(stim_id: str, density: FittedDensity, log_model: np.ndarray) -> None:
    """Let the maps of a stimulus go."""


@dataclass(frozen=True, eq=False)
class MeasuredSource:
    """One source as soon as all of it is measured.

    Attributes
    ----------
    design : StudyDesign
        The study.
    source_id, stimuli
        The source and its stimuli, in the order of the catalogue.
    xy_px
        By ``stim_id`` the fixations that were used ``(n, 2)``, in pixels of the image as shown.
    fits, contrasts
        As of `MeasuredEffects`.
    """

    design: StudyDesign
    source_id: str
    stimuli: Sequence[Stimulus]
    xy_px: Mapping[str, np.ndarray]
    fits: Mapping[str, DensityFit]
    contrasts: Sequence[Contrast]


def tell_nothing(source: MeasuredSource) -> None:
    """Let the source go by."""


@dataclass(frozen=True, eq=False)
class MeasuredEffects:
    """Effects measured on a set of fixations, with the parameters of the densities.

    Attributes
    ----------
    centre_bias : CentreBias
        Where people look on all stimuli; each leaves its own group out of it.
    fits
        Parameters of every density, by ``stim_id``.
    contrasts
        One a comparison, in their order.
    """

    centre_bias: CentreBias
    fits: Mapping[str, DensityFit]
    contrasts: Sequence[Contrast]


def measure_effects(
    design: StudyDesign,
    fixations: pd.DataFrame,
    *,
    bandwidth_factor: float = 1.0,
    keep: KeepMaps = keep_nothing,
    tell: Callable[[MeasuredSource], object] = tell_nothing,
) -> MeasuredEffects:
    """Fit the density of every stimulus, and measure every version against its original.

    Parameters
    ----------
    design : StudyDesign
        The study with its stimuli and comparisons, as `read_design` returns it.
    fixations : DataFrame
        Fixations that are used, as `select_fixations` returns them; the centre bias is fitted to
        them.
    bandwidth_factor
        Factor on every fitted bandwidth, the weights being fitted anew: a check.
    keep
        Called with the maps of every stimulus, to write or show them; they are not kept otherwise.
    tell
        Called with every source once it is measured.

    Returns
    -------
    effects : MeasuredEffects
        Centre bias, parameters of the densities, and one contrast a comparison.

    Raises
    ------
    InputError
        If a prediction or a mask is missing or cannot be read.

    Examples
    --------
    >>> from analysis import measure_effects, read_design, read_fixations, select_fixations
    >>> from stimuli import Viewer, open_study
    >>> study = open_study("demo-study")
    >>> measured = measure_effects(read_design(study), select_fixations(read_fixations(study)))
    >>> changes = [one.change(Viewer.PEOPLE) for one in measured.contrasts]
    """
    by_stimulus = fixations.groupby("stim_id")[["x_px", "y_px"]]
    xy_px = {str(name): rows.to_numpy(float) for name, rows in by_stimulus}
    groups, parts, fixations = design.centre_bias_groups, design.parts, design.in_frame(fixations)
    centre_bias = fit_centre_bias(
        fixations[["x_px", "y_px"]].to_numpy(float),
        fixations["stim_id"].map(groups).to_numpy(str),
        design.grid,
    )
    subjects = sorted(fixations["subject"].unique())
    by_id = {stimulus.stim_id: stimulus for stimulus in design.stimuli}
    of_source: dict[str, list[Stimulus]] = {}
    for stimulus in design.stimuli:
        of_source.setdefault(stimulus.source_id, []).append(stimulus)
    settings = design.study.settings.analysis
    fits: dict[str, DensityFit] = {}
    estimates: dict[tuple[Comparison, str], Estimate] = {}
    contrasts: dict[Comparison, Contrast] = {}
    densities = stimulus_densities(
        fixations, groups, centre_bias, bandwidth_factor=bandwidth_factor, parts=parts
    )
    for stim_id, density in progress(densities, "Densities", len(design.stimuli)):
        log_saliency = read_log_saliency(design.study.root / by_id[stim_id].prediction)
        log_model = predicted_log_density(log_saliency, density.log_centre_bias, density.grid)
        keep(stim_id, density, log_model)
        fits[stim_id] = density.fit
        for one in design.comparisons:
            if stim_id in (one.original.stim_id, one.version.stim_id):
                estimates[one, stim_id] = estimate(
                    density, log_model, design.coverage(one), subjects, settings=settings
                )
        source_id = by_id[stim_id].source_id
        stimuli = of_source[source_id]
        if all(one.stim_id in fits for one in stimuli):
            new = {
                one: Contrast(
                    one, estimates[one, one.original.stim_id], estimates[one, one.version.stim_id]
                )
                for one in design.comparisons
                if one.version.source_id == source_id
            }
            contrasts |= new
            own = {one.stim_id: fits[one.stim_id] for one in stimuli}
            seen = {name: xy_px[name] for name in own if name in xy_px}
            tell(MeasuredSource(design, source_id, stimuli, seen, own, list(new.values())))
    in_order = [contrasts[one] for one in design.comparisons]
    return MeasuredEffects(centre_bias, fits, in_order)


def subject_strata(fixations: pd.DataFrame) -> dict[str, str]:
    """Return the group within which each subject is drawn anew, by subject, sorted.

    Where every subject saw one block only, as in the first, original and version were seen by
    different people, and subjects are drawn within the block that they saw; else everybody saw
    originals and versions, and all are one group.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis import subject_strata
    >>> fixations = pd.DataFrame({"subject": ["01", "02"], "block": ["originals", "versions-1"]})
    >>> subject_strata(fixations)
    {'01': 'originals', '02': 'versions-1'}
    """
    blocks = fixations.groupby("subject")["block"].agg(["first", "nunique"]).sort_index()
    between = bool((blocks["nunique"] == 1).all())
    return {
        str(subject): str(block) if between else "everybody"
        for subject, block in blocks["first"].items()
    }
