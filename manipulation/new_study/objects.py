"""The objects of a photograph, and how freely the predicted density could move each.

In come a photograph with its COCO annotations and a saliency model; out come its objects, those
first that can be aimed at and have the most headroom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from manipulation.images.log_density import p_obj
from manipulation.images.photographs import narrow_because, squared, squared_mask
from manipulation.new_study.candidates import Candidate, CandidatePhotographs, read_candidate
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.targets.control_region import free_places
from stimuli.contract.masks import Annotations, ObjectMasks
from stimuli.contract.settings import Settings
from stimuli.support.console import progress

AREA = (0.004, 0.25)  # share of the image that a proposed target may cover
UNREADABLE = "its outline cannot be read: "  # begins why an object is left out
_KEPT = 0.9  # share of its area that must survive the crop to a square
_OVERLAP = 0.1  # of the smaller object, from which on two objects are not apart


@dataclass(frozen=True)
class ObjectCandidate:
    """An object that a version may aim at.

    Attributes
    ----------
    area
        Share of the image that it covers.
    predicted
        p_obj of the unchanged image under the model.
    headroom
        Lowest of the changes in p_obj that the targets with +k_shift and -k_shift ask for: the
        change that can be asked in both directions.
    rejected_because
        Why it cannot be aimed at; empty if it can.
    apart
        Annotations of the photograph's other objects that it hardly overlaps with.
    crowded_by
        Annotations of other objects beside which no matched control of it would have room, where
        the study has controls.
    """

    annotation_id: int
    category: str
    area: float
    predicted: float
    headroom: float
    rejected_because: str = ""
    apart: frozenset[int] = frozenset()
    crowded_by: frozenset[int] = frozenset()


def headroom(probability: float, k_shift: float) -> float:
    """Return the change in p_obj that is asked for in both directions at least.

    A shift by k inside the object takes p to ``p e^k / (1 - p + p e^k)``.
    """

    def shifted(k: float) -> float:
        return probability * np.exp(k) / (1 - probability + probability * np.exp(k))

    return min(shifted(k_shift) - probability, probability - shifted(-k_shift))


def object_candidates(
    pixels: np.ndarray, masks: ObjectMasks, model: LogSaliencyModel, settings: Settings
) -> tuple[ObjectCandidate, ...]:
    """Return all annotated objects of a photograph, those that can be aimed at first.

    Among these the one with the most headroom comes first. Crowds cannot be aimed at, nor can
    objects that are too small, too large or mostly cut off, or whose outline cannot be read. A
    photograph that is too narrow to be shown whole has none (`narrow_because`).

    Parameters
    ----------
    pixels : ndarray (height, width, 3), uint8
        The photograph.
    masks
        Its annotated objects (`read_candidate`).
    model
        Saliency model that predicts where people look.
    settings
        Settings of the study: sizes, cut and shift.
    """
    side, fit = settings.images.model_px, settings.images.fit
    annotations = masks.annotations
    if narrow_because(pixels.shape[1], pixels.shape[0], side, fit):
        return ()
    log_saliency = model.log_saliency(squared(pixels, side, fit)[None])[0]
    scale = side * side / min(pixels.shape[:2]) ** 2 if fit == "crop" else None
    entries, objects = [], []
    for entry in annotations.of_image(masks.image_id):
        if fault := masks.fault(entry["id"]):
            objects.append(_unreadable(entry["id"], _category(annotations, entry), fault))
        else:
            entries.append(entry)
    whole = [masks.union([entry["id"]]) for entry in entries]
    squares = [squared_mask(mask, side, fit) for mask in whole]
    image_area = log_saliency.numel()
    for entry, mask, square in zip(entries, whole, squares, strict=True):
        covered = float(square.sum())
        kept = 1.0 if scale is None else covered / (float(mask.sum()) * scale)
        predicted = p_obj(log_saliency, square)
        apart = frozenset(
            other["id"]
            for other, region in zip(entries, squares, strict=True)
            if float((square * region).sum()) < _OVERLAP * min(covered, float(region.sum()))
        )
        rejection = _rejection(bool(entry.get("iscrowd")), covered / image_area, kept)
        crowded = frozenset[int]()
        if settings.design.controls and not rejection:
            if not _has_room(square, square):
                rejection = "leaves no room for a matched control beside it"
            else:
                crowded = frozenset(
                    other["id"]
                    for other, region in zip(entries, squares, strict=True)
                    if other["id"] in apart and not _has_room(square, square + region)
                )
        objects.append(
            ObjectCandidate(
                annotation_id=entry["id"],
                category=_category(annotations, entry),
                area=covered / image_area,
                predicted=predicted,
                headroom=headroom(predicted, settings.manipulation.k_shift),
                rejected_because=rejection,
                apart=apart,
                crowded_by=crowded,
            )
        )
    return tuple(
        sorted(
            objects, key=lambda one: (bool(one.rejected_because), -one.headroom, one.annotation_id)
        )
    )


def _category(annotations: Annotations, entry: dict[str, Any]) -> str:
    return annotations.categories.get(entry.get("category_id", -1), "unknown")


def _unreadable(annotation_id: int, category: str, fault: str) -> ObjectCandidate:
    """Return an object of which nothing is known, for the table of proposals to name it."""
    because = f"{UNREADABLE}{' '.join(fault.split())}"
    return ObjectCandidate(annotation_id, category, 0.0, 0.0, 0.0, because)


def looked_at(
    photographs: CandidatePhotographs, model: LogSaliencyModel, settings: Settings
) -> Iterator[tuple[Candidate, np.ndarray, ObjectMasks, tuple[ObjectCandidate, ...]]]:
    """Yield each photograph with its pixels, its masks and its objects (`object_candidates`).

    Raises
    ------
    InputError
        If a photograph is wrong.
    """
    candidates = photographs.candidates
    for candidate in progress(candidates, f"Looking at {len(candidates)} photographs"):
        pixels, masks = read_candidate(candidate, photographs.annotations)
        yield candidate, pixels, masks, object_candidates(pixels, masks, model, settings)


def _has_room(target: Tensor, taken: Tensor) -> bool:
    """Return whether a matched control of a target has a place, apart from what is taken."""
    return bool(free_places(target, taken.clamp(max=1)).any())


def _rejection(crowd: bool, area: float, kept: float) -> str:
    if crowd:
        return "a crowd, not one object"
    if area < AREA[0]:
        return f"too small: less than {AREA[0]:.1%} of the image"
    if area > AREA[1]:
        return f"too large: more than {AREA[1]:.0%} of the image"
    if kept < _KEPT:
        return f"cut off: less than {_KEPT:.0%} of it is inside the square"
    return ""
