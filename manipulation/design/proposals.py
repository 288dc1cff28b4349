"""Proposals: which photographs to use, and which of their objects to aim at.

In come photographs with COCO annotations; out come sources with two versions of opposite aims, for
``study.toml``, where a researcher may change every choice, and a table that says why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manipulation.photographs import squared, squared_mask
from manipulation.prediction import p_obj
from manipulation.saliency import SaliencyModel
from stimuli.errors import InputError
from stimuli.files import read_image
from stimuli.masks import Annotations
from stimuli.settings import Settings, SourceSettings, TargetSettings, VersionSettings
from stimuli.tables import Value
from stimuli.vocabulary import Condition, Direction

_AREA = (0.004, 0.25)  # share of the image that a proposed target may cover
_KEPT = 0.9  # share of its area that must survive the crop to a square
_OVERLAP = 0.1  # of the smaller object, from which on two objects are not apart
_PARTNER_ROOM = 0.25  # least room of a partner, as a share of the aim's


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
    area
        Share of the square image that it covers.
    predicted
        p_obj of the unchanged image under the model.
    room
        Lowest of the changes in p_obj that the targets with +k_shift and -k_shift ask for: the
        change that can be asked in both directions.
    unfit
        Why it cannot be aimed at; empty if it can.
    apart
        Annotations of the photograph's other objects that it hardly overlaps with.
    """

    annotation_id: int
    category: str
    area: float
    predicted: float
    room: float
    unfit: str = ""
    apart: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a photograph, and why.

    Attributes
    ----------
    objects
        All that are annotated, those with most room first.
    rank
        Place among all photographs by the room of the best object, from 1.
    condition
        Object or entropy; None if the photograph is not used.
    aim
        The object that is drawn to and kept from, and in `partner` one that is shifted the other
        way; either may be None.
    """

    candidate: Candidate
    objects: tuple[Aim, ...]
    rank: int
    condition: Condition | None
    aim: Aim | None = None
    partner: Aim | None = None


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


def objects_of(
    candidate: Candidate, annotations: Annotations, model: SaliencyModel, settings: Settings
) -> tuple[Aim, ...]:
    """Return all annotated objects of a photograph, those that can be aimed at and most room first.

    Crowds cannot be aimed at, nor can objects that are too small, too large or mostly cut off.
    """
    side, fit = settings.images.model_px, settings.images.fit
    pixels = read_image(candidate.path)
    check_size(str(candidate.path), pixels, annotations, candidate.image_id)
    log_saliency = model.predict(squared(pixels, side, fit)[None])[0]
    scale = side * side / min(pixels.shape[:2]) ** 2 if fit == "crop" else None
    entries = annotations.of_image(candidate.image_id)
    whole = [annotations.mask(candidate.image_id, [entry["id"]]) for entry in entries]
    squares = [squared_mask(mask, side, fit) for mask in whole]
    objects = []
    for entry, mask, square in zip(entries, whole, squares, strict=True):
        covered = float(square.sum())
        kept = 1.0 if scale is None else covered / (float(mask.sum()) * scale)
        predicted = p_obj(log_saliency, square)
        apart = frozenset(
            other["id"]
            for other, region in zip(entries, squares, strict=True)
            if float((square * region).sum()) < _OVERLAP * min(covered, float(region.sum()))
        )
        objects.append(
            Aim(
                annotation_id=entry["id"],
                category=annotations.categories.get(entry.get("category_id"), "unknown"),
                area=covered / side**2,
                predicted=predicted,
                room=movable(predicted, settings.manipulation.k_shift),
                unfit=_unfit(bool(entry.get("iscrowd")), covered / side**2, kept),
                apart=apart,
            )
        )
    return tuple(sorted(objects, key=lambda one: (bool(one.unfit), -one.room, one.annotation_id)))


def _unfit(crowd: bool, area: float, kept: float) -> str:
    if crowd:
        return "a crowd, not one object"
    if area < _AREA[0]:
        return f"too small: less than {_AREA[0]:.1%} of the image"
    if area > _AREA[1]:
        return f"too large: more than {_AREA[1]:.0%} of the image"
    if kept < _KEPT:
        return f"cut off: less than {_KEPT:.0%} of it is inside the square"
    return ""


def _partner(objects: Sequence[Aim]) -> Aim | None:
    """Return the object with most room that is apart from the aim, the first of `objects`."""
    aim = objects[0]
    for other in objects[1:]:
        near = other.annotation_id not in aim.apart
        if not (other.unfit or near) and other.room >= _PARTNER_ROOM * aim.room:
            return other
    return None


def propose(
    candidates: Sequence[Candidate],
    objects: Iterable[Sequence[Aim]],
    where: Path,
    sources: int,
    *,
    pairs: bool = True,
) -> tuple[Proposal, ...]:
    """Choose sources: those with most room for their object, one in eight for entropy alone.

    Parameters
    ----------
    candidates, objects
        Photographs and the objects of each (`objects_of`).
    where
        Annotation file; errors name it.
    sources
        How many to choose; 24 gives the paper's 21 for objects and 3 for entropy.
    pairs
        Whether a second object is shifted the other way, where there is one.

    Returns
    -------
    tuple of Proposal
        One for every photograph, those with most room first.

    Raises
    ------
    InputError
        If there are too few photographs, or too few with an object to aim at.
    """
    usable = [tuple(found) for found in objects]
    ranked = sorted(
        zip(candidates, usable, strict=True),
        key=lambda pair: (-_best_room(pair[1]), pair[0].source_id),
    )
    for_objects = sources - round(sources / 8)
    count = sum(any(not one.unfit for one in found) for found in usable)
    if len(ranked) < sources or count < for_objects:
        raise InputError(
            f"{where}: {len(ranked)} photographs, {count} with an object to aim at; "
            f"{sources} sources need {for_objects} of these and {sources - for_objects} more; "
            f"ask for fewer sources or give more photographs"
        )
    proposals = []
    for rank, (candidate, found) in enumerate(ranked, start=1):
        if rank > for_objects:
            condition = Condition.ENTROPY if rank <= sources else None
            proposals.append(Proposal(candidate, found, rank, condition))
        else:
            partner = _partner(found) if pairs else None
            proposals.append(Proposal(candidate, found, rank, Condition.OBJECT, found[0], partner))
    return tuple(proposals)


def _best_room(objects: Sequence[Aim]) -> float:
    return max((one.room for one in objects if not one.unfit), default=0.0)


def proposed_sources(
    proposals: Iterable[Proposal], settings: Settings
) -> tuple[SourceSettings, ...]:
    """Return the sources that are proposed, as they stand in ``study.toml``, by name."""
    taken = (one for one in proposals if one.condition is not None)
    return tuple(
        SourceSettings(
            source_id=one.candidate.source_id,
            photograph=f"stimuli/sources/{one.candidate.source_id}"
            f"{one.candidate.path.suffix.lower()}",
            annotations="stimuli/sources/annotations.json",
            image_id=one.candidate.image_id,
            condition=str(one.condition),
            versions=_versions(one, settings),
        )
        for one in sorted(taken, key=lambda one: one.candidate.source_id)
    )


def _versions(proposal: Proposal, settings: Settings) -> tuple[VersionSettings, ...]:
    chosen = settings.manipulation
    if proposal.condition == Condition.ENTROPY:
        scales = {Direction.INCREASE: 1 / chosen.k_scale, Direction.DECREASE: chosen.k_scale}
        return tuple(VersionSettings(str(d), (), scale) for d, scale in scales.items())
    versions = []
    for direction, sign in ((Direction.INCREASE, 1), (Direction.DECREASE, -1)):
        shift = sign * chosen.k_shift
        targets = [TargetSettings((proposal.aim.annotation_id,), k_shift=shift)]
        if proposal.partner:
            targets.append(TargetSettings((proposal.partner.annotation_id,), k_shift=-shift))
        versions.append(VersionSettings(str(direction), tuple(targets)))
    return tuple(versions)


def proposal_rows(proposals: Iterable[Proposal], sources: int) -> list[dict[str, Value]]:
    """Return the rows of ``proposals.tsv``: every object of every photograph, and its fate."""
    return [
        {
            "rank": proposal.rank,
            "photograph": proposal.candidate.path.name,
            "annotation_id": one and one.annotation_id,
            "category": one and one.category,
            "area": one and round(one.area, 5),
            "predicted": one and round(one.predicted, 5),
            "room": one and round(one.room, 5),
            "used_for": _use(proposal, one),
            "because": _reason(proposal, one, sources),
        }
        for proposal in proposals
        for one in proposal.objects or (None,)
    ]


def _use(proposal: Proposal, one: Aim | None) -> str:
    if proposal.condition == Condition.OBJECT:
        return {proposal.aim: "aim", proposal.partner: "partner"}.get(one, "nothing")
    return "entropy" if proposal.condition else "nothing"


def _reason(proposal: Proposal, one: Aim | None, sources: int) -> str:
    if proposal.condition is None:
        return f"{sources} photographs have more room"
    if proposal.condition == Condition.ENTROPY:
        return "for the entropy of all of it; others have more room for an object"
    if one is proposal.aim:
        return "most room in both directions"
    if one is proposal.partner:
        return "apart from the aim, with room of its own: shifted the other way"
    if one is None or one.unfit:
        return one.unfit if one else "no annotated object"
    if one.annotation_id not in proposal.aim.apart:
        return "overlaps the aim"
    return "less room than those used"
