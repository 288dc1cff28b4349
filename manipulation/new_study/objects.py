"""The objects of a photograph, and how freely the predicted density could move each.

In come a photograph with its COCO annotations and a saliency model; out come its objects, those
first that can be aimed at and have the most room, in effect and in naturalness.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from manipulation.images.log_density import p_obj
from manipulation.images.photographs import LEAST_PX, fitted_size, squared, squared_mask
from manipulation.new_study.natural_room import NaturalRoom
from manipulation.new_study.room_in_effect import entropy_room, headroom, helping_scales
from manipulation.new_study.source_names import one_line
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.targets.control_region import free_places
from stimuli.contract.masks import Annotations, ObjectMasks
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError

AREA = (0.004, 0.25)  # share of the image that a proposed target may cover
UNREADABLE = "its outline cannot be read: "  # begins why an object is left out
ENOUGH = 0.15  # headroom beyond which more is no better: an object need not dominate its picture
_MEASURED = 8  # objects of a photograph whose room in naturalness is measured
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
    naturalness
        How far it could be changed before it looks edited, 0 to 1 (`NaturalRoom`), of the eight of
        a photograph with most headroom; 0 of others, 1 where that was not asked.
    scales
        Factors on log saliency in versions that draw gaze to it and keep gaze from it
        (`helping_scales`); 1 where no mixture of shift and scale is asked for.
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
    naturalness: float = 1.0
    scales: tuple[float, float] = (1.0, 1.0)

    @property
    def merit(self) -> float:
        """How well it suits as an aim, 0 to 1: room in effect, up to `ENOUGH`, and naturalness."""
        return min(1.0, self.headroom / ENOUGH) * self.naturalness


def object_candidates(
    pixels: np.ndarray,
    masks: ObjectMasks,
    model: LogSaliencyModel,
    settings: Settings,
    natural_room: NaturalRoom | None = None,
) -> tuple[ObjectCandidate, ...]:
    """Return all annotated objects of a photograph, those that can be aimed at first.

    Among these the one with the most merit comes first, and of equal ones that with the most
    headroom. Crowds cannot be aimed at, nor can objects that are too small, too large or mostly cut
    off, or whose outline cannot be read. A photograph that is too narrow to be shown whole has
    none.

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
    natural_room
        Measures how far each could be changed naturally; by default that is not asked.
    """
    return objects_and_room(pixels, masks, model, settings, natural_room)[0]


def objects_and_room(
    pixels: np.ndarray,
    masks: ObjectMasks,
    model: LogSaliencyModel,
    settings: Settings,
    natural_room: NaturalRoom | None,
    mixture: bool = False,
) -> tuple[tuple[ObjectCandidate, ...], float]:
    """Return the objects of a photograph (`object_candidates`) and its room in entropy.

    Of a mixture the scales of objects are chosen, too (`helping_scales`).
    """
    side, fit = settings.images.model_px, settings.images.fit
    if min(fitted_size(pixels.shape[1], pixels.shape[0], side, fit)) < LEAST_PX:
        return (), 0.0
    photograph = squared(pixels, side, fit)
    log_saliency = model.log_saliency(photograph[None])[0]
    outlined, objects = _outlined(masks, settings)
    objects += _candidates(outlined, log_saliency, masks.annotations, settings)
    regions = {one.entry["id"]: one.square for one in outlined}
    if natural_room is not None:
        rooms = _natural_rooms(objects, regions, photograph, natural_room)
        objects = [replace(one, naturalness=rooms.get(one.annotation_id, 0.0)) for one in objects]
    if mixture:
        chosen = settings.manipulation
        objects = [
            one if one.rejected_because else
            replace(one, scales=helping_scales(
                log_saliency, regions[one.annotation_id], chosen.k_shift, chosen.k_scale
            ))
            for one in objects
        ]  # fmt: skip
    ordered = sorted(
        objects,
        key=lambda one: (
            bool(one.rejected_because), -one.merit, -one.headroom, one.annotation_id
        ),
    )  # fmt: skip
    return tuple(ordered), entropy_room(log_saliency, settings.manipulation.k_scale)


@dataclass(frozen=True, eq=False)
class _Outlined:
    """An object on the square: its annotation, mask, share of it that is left, share of the image.

    And why it cannot be aimed at by these, if so.
    """

    entry: dict[str, Any]
    square: Tensor
    kept: float
    area: float

    @property
    def rejection(self) -> str:
        return _rejection(bool(self.entry.get("iscrowd")), self.area, self.kept)


def _outlined(
    masks: ObjectMasks, settings: Settings
) -> tuple[list[_Outlined], list[ObjectCandidate]]:
    """Return the objects of a photograph on its square, and those whose outlines are unreadable."""
    annotations = masks.annotations
    side, fit = settings.images.model_px, settings.images.fit
    scale = side * side / min(masks.size) ** 2 if fit == "crop" else None
    outlined, unreadable = [], []
    for entry in annotations.of_image(masks.image_id):
        try:
            mask = masks.union([entry["id"]])
        except InputError as error:
            fault = str(error).removeprefix(f"{annotations.path}: ")
            unreadable.append(_unreadable(entry["id"], _category(annotations, entry), fault))
            continue
        square = squared_mask(mask, side, fit)
        area = float(square.sum())
        kept = 1.0 if scale is None else area / (mask.sum() * scale)
        outlined.append(_Outlined(entry, square, kept, area / square.numel()))
    return outlined, unreadable


def _candidates(
    outlined: Sequence[_Outlined],
    log_saliency: Tensor,
    annotations: Annotations,
    settings: Settings,
) -> list[ObjectCandidate]:
    common = _common([one.square for one in outlined])
    areas = [float(one.square.sum()) for one in outlined]
    candidates = []
    for number, one in enumerate(outlined):
        predicted = p_obj(log_saliency, one.square)
        apart = [
            other for n, other in enumerate(outlined)
            if common[number, n] < _OVERLAP * min(areas[number], areas[n])
        ]  # fmt: skip
        rejection, crowded = one.rejection, frozenset[int]()
        if settings.design.controls and not rejection:
            rejection, crowded = _beside_a_control(one, apart)
        candidates.append(
            ObjectCandidate(
                annotation_id=one.entry["id"],
                category=_category(annotations, one.entry),
                area=one.area,
                predicted=predicted,
                headroom=headroom(predicted, settings.manipulation.k_shift),
                rejected_because=rejection,
                apart=frozenset(other.entry["id"] for other in apart),
                crowded_by=crowded,
            )
        )
    return candidates


def _beside_a_control(one: _Outlined, apart: Iterable[_Outlined]) -> tuple[str, frozenset[int]]:
    """Return why an object has no matched control, and beside which others it has none."""
    if not _has_room(one.square, one.square):
        return "leaves no room for a matched control beside it", frozenset()
    return "", frozenset(
        other.entry["id"]
        for other in apart
        if not other.rejection and not _has_room(one.square, one.square + other.square)
    )


def _natural_rooms(
    objects: Iterable[ObjectCandidate],
    regions: Mapping[int, Tensor],
    photograph: Tensor,
    natural_room: NaturalRoom,
) -> dict[int, float]:
    """Return the room in naturalness of the objects with most headroom, by their annotations."""
    usable = sorted(
        (one for one in objects if not one.rejected_because), key=lambda one: -one.headroom
    )
    return {
        one.annotation_id: natural_room.of(photograph, regions[one.annotation_id])
        for one in usable[:_MEASURED]
    }


def _common(squares: list[Tensor]) -> np.ndarray:
    """Return the area that each two of some masks have in common, in pixels, ``(n, n)``."""
    if not squares:
        return np.zeros((0, 0))
    flat = torch.stack(squares).flatten(1)
    return (flat @ flat.T).numpy()


def _category(annotations: Annotations, entry: dict[str, Any]) -> str:
    return annotations.categories.get(entry.get("category_id", -1), "unknown")


def _unreadable(annotation_id: int, category: str, fault: str) -> ObjectCandidate:
    """Return an object of which nothing is known, for the table of proposals to name it."""
    because = f"{UNREADABLE}{one_line(' '.join(fault.split()))}"
    return ObjectCandidate(annotation_id, category, 0.0, 0.0, 0.0, because)


def _has_room(target: Tensor, taken: Tensor) -> bool:
    """Return whether a matched control of a target has a place, apart from what is taken."""
    return bool(free_places(target, taken.clamp(max=1)).any())


def _rejection(crowd: bool, area: float, kept: float) -> str:
    if crowd:
        return "a crowd, not one object (its iscrowd is 1)"
    if area < AREA[0]:
        return f"too small: less than {AREA[0]:.1%} of the image"
    if area > AREA[1]:
        return f"too large: more than {AREA[1]:.0%} of the image"
    if kept < _KEPT:
        return f"cut off: less than {_KEPT:.0%} of it is inside the square (--fit whole keeps it)"
    return ""
