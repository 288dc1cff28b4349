"""A look at every photograph that may become a source: its pixels, its masks and its objects."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.markup import escape

from manipulation.images.photographs import LEAST_PX, fitted_size
from manipulation.new_study.candidates import Candidate, CandidatePhotographs, read_candidate
from manipulation.new_study.natural_room import NaturalRoom
from manipulation.new_study.objects import UNREADABLE, ObjectCandidate, objects_and_room
from manipulation.saliency.models.protocol import LogSaliencyModel
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.masks import ObjectMasks
from stimuli.contract.settings import Settings
from stimuli.support.console import messages, progress
from stimuli.support.errors import InputError


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
        objects, room = objects_and_room(pixels, masks, model, settings, natural_room, mixture)
        yield LookedAt(candidate, pixels, masks, objects, room)


def _check_not_narrow(pixels: np.ndarray, settings: Settings) -> None:
    height, width = pixels.shape[:2]
    images = settings.images
    if min(fitted_size(width, height, images.model_px, images.fit)) < LEAST_PX:
        raise InputError(
            f"is {width} x {height} px, too narrow to be shown whole; expected a less narrow "
            f"photograph, or --fit crop"
        )
