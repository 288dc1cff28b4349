"""A version from the files of the study, where they hold what is asked for."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from manipulation.studio_page.outcome import Outcome, Stage, outcome
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.predicted_effect import ImagePredictions
from manipulation.study_stimuli.recorded_effect import seen_by_networks
from manipulation.study_stimuli.source_material import SourceMaterial
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.settings import VersionSettings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Direction, Stimulus, Transform
from stimuli.support.files import read_image, read_log_saliency


def saved_outcome(
    study: Study,
    material: SourceMaterial,
    version: VersionSettings,
    transform: Transform,
    models: StudyModels,
    regions: Mapping[str, Tensor],
) -> Outcome | None:
    """Return what a version in the study comes to; None where its files are of another one.

    Parameters
    ----------
    transform
        What makes the version that is asked for.
    regions
        Masks ``(H, W)`` of its regions by their names; the first is the aim.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    if not study.catalogue.is_file():
        return None
    stimuli = {
        one.direction: one
        for one in read_catalogue(study.catalogue)
        if one.source_id == material.source.source_id
    }
    original, made = stimuli.get(Direction.NONE), stimuli.get(version.direction)
    if original is None or made is None or made.target is None:
        return None
    if not _is_made_as_asked(made, material, version, transform):
        return None
    found = outcome(
        Stage.SAVED,
        version.direction,
        _predictions(study, original, material, models),
        _predictions(study, made, material, models),
        torch.from_numpy(read_log_saliency(study.root / made.target)),
        regions,
    )
    return replace(found, effect=made.effect) if made.effect else found


def _is_made_as_asked(
    made: Stimulus, material: SourceMaterial, version: VersionSettings, transform: Transform
) -> bool:
    asked = [(material.ids(one), one.k_shift) for one in version.targets]
    there = [(one.annotation_ids, one.k_shift) for one in made.targets]
    return (there, made.k_scale, made.transform) == (asked, version.k_scale, transform)


def _predictions(
    study: Study, stimulus: Stimulus, material: SourceMaterial, models: StudyModels
) -> ImagePredictions:
    """Return a photograph as shown; the guide's prediction is in the study, others are computed."""
    shown = read_image(study.root / stimulus.image)
    pixels, seen = material.framing.cut(shown), seen_by_networks(shown, material.framing)
    second = models.second_log_saliency(seen)
    log_saliency = torch.from_numpy(read_log_saliency(study.root / stimulus.prediction))
    return ImagePredictions(pixels, log_saliency, second)
