"""Proposals: which photographs to use, and which of their objects to aim at.

In come photographs with COCO annotations; out come sources with two versions of opposite aims, for
``study.toml``, where a researcher may change every choice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from manipulation.photographs import squared, squared_mask
from manipulation.prediction import p_obj
from manipulation.saliency import SaliencyModel
from stimuli.errors import InputError
from stimuli.files import read_image
from stimuli.masks import Annotations
from stimuli.settings import Settings, SourceSettings, TargetSettings, VersionSettings
from stimuli.vocabulary import Condition, Direction

_AREA = (0.004, 0.25)  # share of the image that a proposed target may cover
_KEPT = 0.9  # share of its area that must survive the crop to a square


@dataclass(frozen=True)
class Candidate:
    """A photograph that may become a source."""

    source_id: str
    path: Path
    image_id: int


@dataclass(frozen=True)
class Aim:
    """An object and how freely the predicted density could move it.

    Attributes
    ----------
    predicted
        p_obj of the unchanged image under the model.
    room
        Lowest of the changes in p_obj that the targets with +k_shift and -k_shift ask for: the
        change that can be asked in both directions.
    """

    annotation_id: int
    predicted: float
    room: float


def coco_candidates(images: Path, annotations: Annotations) -> tuple[list[Candidate], list[str]]:
    """Return the annotated photographs that are in a folder, and the names of those that are not.

    Raises
    ------
    InputError
        If none is there.
    """
    found, missing = [], []
    for image_id in sorted(annotations.images):
        name = annotations.images[image_id]["file_name"]
        path = images / name
        if path.is_file():
            found.append(Candidate(Path(name).stem, path, image_id))
        else:
            missing.append(name)
    if not found:
        raise InputError(
            f"{images}: holds none of the {len(missing)} photographs that {annotations.path} "
            f"names, such as {missing[:2]}; expected the folder of these photographs"
        )
    return found, missing


def check_size(name: str, pixels: np.ndarray, annotations: Annotations, image_id: int) -> None:
    """Raise InputError unless a photograph has the size that its annotation states."""
    entry = annotations.image(image_id)
    stated = (entry["height"], entry["width"])
    if pixels.shape[:2] != stated:
        raise InputError(
            f"{name}: is {pixels.shape[1]} x {pixels.shape[0]} px; {annotations.path} states "
            f"{stated[1]} x {stated[0]} for image {image_id}; expected the same photograph"
        )


def movable(probability: float, k_shift: float) -> float:
    """Return the change in p_obj that is asked for in both directions at least.

    A shift by k inside the object takes p to ``p e^k / (1 - p + p e^k)``.
    """

    def shifted(k: float) -> float:
        return probability * np.exp(k) / (1 - probability + probability * np.exp(k))

    return min(shifted(k_shift) - probability, probability - shifted(-k_shift))


def best_aim(
    candidate: Candidate, annotations: Annotations, model: SaliencyModel, settings: Settings
) -> Aim | None:
    """Return the object of a photograph with most room in both directions, or None.

    Crowds are left out, and so are objects that are too small, too large or mostly cut off.
    """
    side, fit = settings.images.model_px, settings.images.fit
    pixels = read_image(candidate.path)
    check_size(str(candidate.path), pixels, annotations, candidate.image_id)
    log_saliency = model.predict(squared(pixels, side, fit)[None])[0]
    scale = side * side / min(pixels.shape[:2]) ** 2 if fit == "crop" else None
    aims = []
    for entry in annotations.of_image(candidate.image_id):
        if entry.get("iscrowd"):
            continue
        mask = annotations.mask(candidate.image_id, [entry["id"]])
        square = squared_mask(mask, side, fit)
        area = float(square.sum())
        whole = area if scale is None else float(mask.sum()) * scale
        if _AREA[0] <= area / side**2 <= _AREA[1] and area >= _KEPT * whole:
            predicted = p_obj(log_saliency, square)
            room = movable(predicted, settings.manipulation.k_shift)
            aims.append(Aim(entry["id"], predicted, room))
    return max(aims, key=lambda aim: (aim.room, -aim.annotation_id), default=None)


def _versions(condition: Condition, aim: Aim | None, settings: Settings):
    chosen = settings.manipulation
    if condition == Condition.ENTROPY:
        scales = {Direction.INCREASE: 1 / chosen.k_scale, Direction.DECREASE: chosen.k_scale}
        return tuple(VersionSettings(str(d), (), scale) for d, scale in scales.items())
    shifts = {Direction.INCREASE: chosen.k_shift, Direction.DECREASE: -chosen.k_shift}
    return tuple(
        VersionSettings(str(d), (TargetSettings((aim.annotation_id,), shift),), 1.0)
        for d, shift in shifts.items()
    )


def propose(
    candidates: Sequence[Candidate],
    aims: Iterable[Aim | None],
    annotations: Annotations,
    settings: Settings,
    sources: int,
) -> tuple[SourceSettings, ...]:
    """Choose sources: those with most room for their object, one in eight for entropy alone.

    Parameters
    ----------
    candidates, aims
        Photographs and the best object of each (`best_aim`).
    sources
        How many to choose; 24 gives the paper's 21 for objects and 3 for entropy.

    Raises
    ------
    InputError
        If there are too few photographs, or too few with an object to aim at.
    """
    ranked = sorted(
        zip(candidates, aims, strict=True),
        key=lambda pair: (-pair[1].room if pair[1] else 0.0, pair[0].source_id),
    )
    for_entropy = round(sources / 8)
    for_objects = sources - for_entropy
    usable = sum(aim is not None for _, aim in ranked)
    if len(ranked) < sources or usable < for_objects:
        raise InputError(
            f"{annotations.path}: {len(ranked)} photographs, {usable} with an object to aim at; "
            f"{sources} sources need {for_objects} of these and {for_entropy} more; "
            f"ask for fewer sources or give more photographs"
        )
    chosen = [(c, a, Condition.OBJECT) for c, a in ranked[:for_objects]]
    chosen += [(c, None, Condition.ENTROPY) for c, _ in ranked[for_objects:sources]]
    return tuple(
        SourceSettings(
            source_id=candidate.source_id,
            photograph=f"stimuli/sources/{candidate.source_id}{candidate.path.suffix.lower()}",
            annotations="stimuli/sources/annotations.json",
            image_id=candidate.image_id,
            condition=str(condition),
            versions=_versions(condition, aim, settings),
        )
        for candidate, aim, condition in sorted(chosen, key=lambda item: item[0].source_id)
    )


@torch.no_grad()
def all_aims(candidates, annotations, model, settings):
    """Yield the best aim of each candidate in turn (`best_aim`)."""
    for candidate in candidates:
        yield best_aim(candidate, annotations, model, settings)
