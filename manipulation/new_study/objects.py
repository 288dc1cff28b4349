"""The objects of a photograph, and how freely the predicted density could move each.

In come a photograph with its COCO annotations and a saliency model; out come its objects, those
first that can be aimed at and have the most room, in effect and in naturalness.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from rich.markup import escape
from torch import Tensor

from manipulation.images.log_density import entropy_bits, p_obj
from manipulation.images.photographs import LEAST_PX, fitted_size, squared, squared_mask
from manipulation.new_study.candidates import Candidate, CandidatePhotographs, read_candidate
from manipulation.new_study.natural_room import NaturalRoom
from manipulation.new_study.source_names import one_line
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.targets.control_region import free_places
from manipulation.targets.densities import global_scale
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.masks import Annotations, ObjectMasks
from stimuli.contract.settings import Settings
from stimuli.support.console import messages, progress
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


@dataclass(frozen=True, eq=False)
class LookedAt:
    """A photograph that was looked at.

    Attributes
    ----------
    pixels : ndarray (height, width, 3), uint8
    masks
        Its annotated objects.
    objects
        Those that a version may aim at first (`object_candidates`).
    entropy_room
        Change of the entropy in bits that can be asked for in both directions (`entropy_room`).
    """

    candidate: Candidate
    pixels: np.ndarray
    masks: ObjectMasks
    objects: tuple[ObjectCandidate, ...]
    entropy_room: float


def entropy_room(log_saliency: Tensor, k_scale: float) -> float:
    """Return the change of the entropy in bits that scales ask for in both directions at least.

    A density that is nearly even cannot be spread much, one with a single peak not gathered.
    """
    before = entropy_bits(log_saliency)
    spread, gathered = (entropy_bits(global_scale(log_saliency, k)) for k in (1 / k_scale, k_scale))
    return max(0.0, min(spread - before, before - gathered))


def helping_scales(
    log_saliency: Tensor, region: Tensor, k_shift: float, k_scale: float
) -> tuple[float, float]:
    """Return the scales that bring shifts of a region furthest, upwards and downwards.

    As in the paper, whose versions for objects are a mixture: a shift first, then a scale. Tried
    are 1, the root of `k_scale`, which gathers gaze, and its inverse, which spreads it.
    """
    root = math.sqrt(k_scale)
    best = []
    for sign in (1, -1):
        shifted = log_saliency + sign * k_shift * region
        moved = {k: sign * p_obj(global_scale(shifted, k), region) for k in (1.0, root, 1 / root)}
        best.append(max(moved, key=lambda k: moved[k]))
    return best[0], best[1]


def headroom(probability: float, k_shift: float) -> float:
    """Return the change in p_obj that is asked for in both directions at least.

    A shift by k inside the object takes p to ``p e^k / (1 - p + p e^k)``.
    """

    def shifted(k: float) -> float:
        return probability * np.exp(k) / (1 - probability + probability * np.exp(k))

    return min(shifted(k_shift) - probability, probability - shifted(-k_shift))


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
    return _looked_at(pixels, masks, model, settings, natural_room)[0]


def _looked_at(
    pixels: np.ndarray,
    masks: ObjectMasks,
    model: LogSaliencyModel,
    settings: Settings,
    natural_room: NaturalRoom | None,
    mixture: bool = False,
) -> tuple[tuple[ObjectCandidate, ...], float]:
    """Return the objects of a photograph and its room in entropy."""
    side, fit = settings.images.model_px, settings.images.fit
    annotations = masks.annotations
    if min(fitted_size(pixels.shape[1], pixels.shape[0], side, fit)) < LEAST_PX:
        return (), 0.0
    photograph = squared(pixels, side, fit)
    log_saliency = model.log_saliency(photograph[None])[0]
    scale = side * side / min(masks.size) ** 2 if fit == "crop" else None
    entries, objects, squares, kept = [], [], [], []
    for entry in annotations.of_image(masks.image_id):
        try:
            mask = masks.union([entry["id"]])
        except InputError as error:
            fault = str(error).removeprefix(f"{annotations.path}: ")
            objects.append(_unreadable(entry["id"], _category(annotations, entry), fault))
            continue
        entries.append(entry)
        squares.append(squared_mask(mask, side, fit))
        kept.append(1.0 if scale is None else float(squares[-1].sum()) / (mask.sum() * scale))
    areas = [float(square.sum()) for square in squares]
    common = _common(squares)
    image_area = log_saliency.numel()
    rejections = [
        _rejection(bool(entry.get("iscrowd")), area / image_area, share)
        for entry, area, share in zip(entries, areas, kept, strict=True)
    ]
    for number, (entry, square) in enumerate(zip(entries, squares, strict=True)):
        predicted = p_obj(log_saliency, square)
        apart = [
            n for n, area in enumerate(areas)
            if common[number, n] < _OVERLAP * min(areas[number], area)
        ]  # fmt: skip
        rejection, crowded = rejections[number], frozenset[int]()
        if settings.design.controls and not rejection:
            if not _has_room(square, square):
                rejection = "leaves no room for a matched control beside it"
            else:
                crowded = frozenset(
                    entries[n]["id"]
                    for n in apart
                    if not rejections[n] and not _has_room(square, square + squares[n])
                )
        objects.append(
            ObjectCandidate(
                annotation_id=entry["id"],
                category=_category(annotations, entry),
                area=areas[number] / image_area,
                predicted=predicted,
                headroom=headroom(predicted, settings.manipulation.k_shift),
                rejected_because=rejection,
                apart=frozenset(entries[n]["id"] for n in apart),
                crowded_by=crowded,
            )
        )
    regions = {one["id"]: square for one, square in zip(entries, squares, strict=True)}
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


def unreadable(looked: LookedAt) -> list[LeftOut]:
    """Return the objects of a photograph whose outlines cannot be read, and why."""
    name = looked.candidate.path.name
    return [
        LeftOut(name, one.annotation_id, one.rejected_because.removeprefix(UNREADABLE))
        for one in looked.objects
        if one.rejected_because.startswith(UNREADABLE)
    ]


def looked_at(
    photographs: CandidatePhotographs,
    model: LogSaliencyModel,
    settings: Settings,
    *,
    natural_room: NaturalRoom | None = None,
    mixture: bool = False,
    left_out: list[LeftOut] | None = None,
) -> Iterator[LookedAt]:
    """Yield each photograph with its pixels, its masks and its objects (`object_candidates`).

    Parameters
    ----------
    natural_room
        As in `object_candidates`.
    mixture
        Whether the scales of objects are chosen (`helping_scales`).
    left_out
        A photograph that cannot be read is added to it; without it, that is said at once.
    """
    candidates, enough_px = photographs.candidates, 2 * settings.images.size_px
    for candidate in progress(candidates, f"Looking at {len(candidates)} photographs"):
        try:
            pixels, masks = read_candidate(candidate, photographs.annotations, enough_px)
            _check_not_narrow(pixels, settings)
        except InputError as error:
            because = str(error).removeprefix(f"{candidate.path}: ")
            one = LeftOut(candidate.path.name, None, because)
            if left_out is None:
                messages().print(f"[yellow]left out: {escape(str(one))}[/]")
            else:
                left_out.append(one)
            continue
        objects, room = _looked_at(pixels, masks, model, settings, natural_room, mixture)
        yield LookedAt(candidate, pixels, masks, objects, room)


def _check_not_narrow(pixels: np.ndarray, settings: Settings) -> None:
    height, width = pixels.shape[:2]
    images = settings.images
    if min(fitted_size(width, height, images.model_px, images.fit)) < LEAST_PX:
        raise InputError(
            f"is {width} x {height} px, too narrow to be shown whole; expected a less narrow "
            f"photograph, or --fit crop"
        )


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
        return f"cut off: less than {_KEPT:.0%} of it is inside the square"
    return ""
