"""How far changes carry over to models that took no part in making them, transform by transform.

What fools the model that guided a change need not move people. Before anyone is asked to look,
other models can tell the two apart: they see most of a change that is about the picture, and next
to nothing of one that is about the first model's own ways.
"""

import heapq
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from manipulation.images.photographs import to_pixels
from manipulation.networks.files import shipped_transforms
from manipulation.new_study.candidates import CandidatePhotographs
from manipulation.new_study.look import looked_at, unreadable
from manipulation.new_study.proposals import Proposal, propose_sources
from manipulation.new_study.proposed_sources import proposed_sources
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.study_stimuli.chosen_strength import (
    ChosenVersion,
    aim_reached,
    chosen_version,
    graded_version,
)
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.predicted_effect import predicted_effect
from manipulation.study_stimuli.source_material import SourceMaterial, source_material
from manipulation.study_stimuli.version_makers import VersionMakers
from manipulation.transforms.makers import Maker
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import TRANSFORMS, Condition, PredictedEffect, Transform
from stimuli.support.console import progress
from stimuli.support.errors import InputError, nearest


@dataclass(frozen=True, eq=False)
class TransferredVersion:
    """A version of a photograph, and what all models expect of it.

    Attributes
    ----------
    transform
        Name of what made it.
    photograph
        Name of the photograph.
    annotation_id
        The object whose p_obj is measured.
    k_shift
        Shift of its log saliency, in nats.
    predicted_original
        p_obj of the photograph as it is.
    effect
        Against the photograph.
    original, pixels : ndarray (h, w, 3), uint8
        Photograph and version.
    seconds
        How long it took to make.
    """

    transform: str
    photograph: str
    annotation_id: int
    k_shift: float
    predicted_original: float
    effect: PredictedEffect
    original: np.ndarray
    pixels: np.ndarray
    seconds: float


def measure_transfer(
    photographs: CandidatePhotographs,
    transforms: Mapping[str, str],
    *,
    objects: int = 24,
    settings: Settings | None = None,
    models: StudyModels | None = None,
    shares: Sequence[float] = (),
    left_out: list[LeftOut] | None = None,
) -> list[TransferredVersion]:
    """Make versions of the same objects with several transforms; other models judge them.

    The photographs whose best objects have the most headroom are used. Two versions of each are
    made: one with the shift of the settings, one with its opposite.

    Parameters
    ----------
    photographs
        Photographs with the annotations of their objects (`coco_photographs`).
    transforms
        ``edits``, ``pixels``, ``network`` (the shift network of the settings), a network that
        ships, or a name of yours with the file of a network:
        ``{"edits": "", "mine": "runs/shift/transform.safetensors"}``.
    objects
        Photographs to use.
    settings
        Models, shift and searches; by default those of a new study.
    models
        Saliency models that are loaded already, in place of those that the settings name.
    shares
        Make every version at each of these shares of its change, whatever it costs; by default at
        the strength that the settings' budget and aim come to.
    left_out
        Photographs and objects that cannot be read are added to it.

    Returns
    -------
    list of TransferredVersion
        Two of every photograph, at each share, for one transform after the other.

    Raises
    ------
    InputError
        If a model, a transform or the number of objects is wrong, the settings name no second
        opinion or do not go with a transform, or the photographs do not suffice.

    Examples
    --------
    >>> from manipulation import demo_photographs, measure_transfer
    >>> from stimuli.contract.settings import EditSettings, ImageSettings, Settings
    >>> images, edits = ImageSettings(size_px=128, model_px=128), EditSettings(steps=5)
    >>> small = Settings(images=images, edits=edits)
    >>> found = measure_transfer(demo_photographs(), {"edits": ""}, objects=1, settings=small)
    >>> [(one.k_shift, one.effect.predicted_change * one.k_shift > 0) for one in found]
    [(2.0, True), (-2.0, True)]
    """
    settings = settings or Settings()
    if objects < 1:
        raise InputError(f"objects is {objects}; expected at least 1")
    models = models or models_for_transfer(settings, transforms)
    if not models.second_opinions:
        raise InputError(
            "the second opinion is none; expected the names or files of saliency models"
        )
    makers = {name: _maker(name, file, settings, models) for name, file in transforms.items()}
    materials = best_objects(photographs, models.guiding[0], settings, objects, left_out)
    versions: list[TransferredVersion] = []
    for name, maker in makers.items():
        for material in progress(materials, f"{name}: {len(materials)} objects"):
            versions += transferred_versions(name, maker, material, models, shares)
    return versions


def models_for_transfer(settings: Settings, transforms: Mapping[str, str]) -> StudyModels:
    """Return the models that guide and judge, and know which of them guided a network.

    Raises
    ------
    InputError
        As `StudyModels`, or if a transform is none.
    """
    chosen = (_shift_network(name, file, settings) for name, file in transforms.items())
    parts = [*filter(None, chosen), *({str(Transform.PIXELS)} & transforms.keys())]
    return StudyModels(settings.manipulation, "the settings", parts, settings.pixels.guides)


def _shift_network(name: str, file: str, settings: Settings) -> str | None:
    """Return the name or file of the network that a transform means, None where it is none."""
    if name == Transform.NETWORK and not file:
        return settings.manipulation.shift_network
    return None if name in list(TRANSFORMS) and not file else _network(name, file)


def _maker(name: str, file: str, settings: Settings, models: StudyModels) -> Maker:
    transform, chosen = name, settings.manipulation
    if network := _shift_network(name, file, settings):
        transform = Transform.NETWORK
        chosen = replace(chosen, shift_network=network)
    makers = VersionMakers(replace(settings, manipulation=chosen), models.guides, "the settings")
    return makers.prepared(transform, shifts=True, scales=False)


def _network(name: str, file: str) -> str:
    """Return the name or the file of the network that a transform's name means."""
    shipped = shipped_transforms()
    if not file and name not in shipped:
        known = [*map(str, TRANSFORMS), *shipped]
        raise InputError(
            f"transform is {name!r}; expected one of {', '.join(known)}, or a name with the file "
            f"of a network of manipulation.train{nearest(name, known)}"
        )
    return file or name


def best_objects(
    photographs: CandidatePhotographs,
    model: LogSaliencyModel,
    settings: Settings,
    count: int,
    left_out: list[LeftOut] | None = None,
) -> list[SourceMaterial]:
    """Return the photographs whose best objects have the most headroom, as sources for these.

    What cannot be read is added to `left_out`.

    Raises
    ------
    InputError
        If there are too few photographs or objects.
    """
    annotations = photographs.annotations
    candidates, objects = [], []
    best: Iterable[tuple[tuple[float, str], SourceMaterial]] = []
    left_out = [] if left_out is None else left_out
    for one in looked_at(photographs, model, settings, left_out=left_out):
        candidate, found = one.candidate, one.objects
        left_out += unreadable(one)
        candidates.append(candidate)
        objects.append(found)
        if found and not found[0].rejected_because:
            proposal = Proposal(candidate, found, 1, Condition.OBJECT, found[0])
            (source,) = proposed_sources([proposal], settings.manipulation)
            material = source_material(
                source, one.pixels, one.masks, settings, str(annotations.path)
            )
            material = material.without_decoded()
            merit = (-found[0].headroom, candidate.source_id)
            best = heapq.nsmallest(count, [*best, (merit, material)], key=lambda pair: pair[0])
    propose_sources(candidates, objects, annotations.path, count, pairs=False)  # are there enough?
    return [material for _, material in best]


def transferred_versions(
    name: str,
    maker: Maker,
    material: SourceMaterial,
    models: StudyModels,
    shares: Sequence[float] = (),
) -> Iterator[TransferredVersion]:
    """Yield the versions of a source by one transform, judged by all models.

    `shares` are as in `measure_transfer`.
    """
    photograph, size = material.photograph, material.shown_size
    settings = material.settings.manipulation
    original = models.predictions(material.pixels, size)
    for version in material.source.versions:
        intent, aim = material.intent(version), material.aim(version)
        start = time.perf_counter()
        if shares:
            budget = models.budget(photograph, intent)
            graded = graded_version(maker, photograph, intent, budget)
            made = [ChosenVersion(graded.at(share), share) for share in shares]
        else:
            made = [chosen_version(maker, photograph, intent, models, settings)]
        seconds = time.perf_counter() - start
        for chosen in made:
            changed = models.predictions(to_pixels(chosen.image), size)
            effect = predicted_effect(
                original, changed, intent.target(original.log_saliency), aim,
                naturalness=models.naturalness(
                    photograph, chosen.image, material.regions(version), original.log_saliency
                ),
            ).judged_without(models.took_part(maker.parts))  # fmt: skip
            (target,) = version.targets
            reached = None if shares else aim_reached(effect, settings, of_entropy=False)
            yield TransferredVersion(
                transform=name,
                photograph=material.source.source_id,
                annotation_id=target.annotation_ids[0],
                k_shift=target.k_shift,
                predicted_original=original.density.measure(aim),
                effect=effect.made_with(chosen.share, reached),
                original=material.pixels,
                pixels=changed.pixels,
                seconds=seconds,
            )
