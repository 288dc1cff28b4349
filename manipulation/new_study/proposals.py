"""Proposals: which photographs to use, and which of their objects to aim at.

In come photographs with COCO annotations; out come sources with two versions of opposite aims, for
``study.toml``, where a researcher may change every choice, and a table that says why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from manipulation.new_study.candidates import Candidate
from manipulation.new_study.objects import ObjectCandidate
from stimuli.contract.settings import (
    ManipulationSettings,
    SourceSettings,
    TargetSettings,
    VersionSettings,
)
from stimuli.contract.vocabulary import Condition, Direction
from stimuli.support.errors import InputError

_ENTROPY_SHARE = 1 / 8  # of the sources; 24 give the paper's 21 for objects and 3 for entropy
_PARTNER_HEADROOM = 0.25  # least headroom of a partner, as a share of the aim's


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a photograph, and why.

    Attributes
    ----------
    objects
        All that are annotated, those with most headroom first.
    rank
        Place among all photographs by the headroom of the best object, from 1.
    condition
        Object or entropy; None if the photograph is not used.
    unfit_because
        Why the photograph cannot be shown; empty if it can.
    aim
        The object that is drawn to and kept from, and in `partner` one that is shifted the other
        way; either may be None.
    """

    candidate: Candidate
    objects: tuple[ObjectCandidate, ...]
    rank: int
    condition: Condition | None
    aim: ObjectCandidate | None = None
    partner: ObjectCandidate | None = None
    unfit_because: str = ""


def propose_sources(
    candidates: Sequence[Candidate],
    objects: Iterable[Sequence[ObjectCandidate]],
    where: Path,
    sources: int,
    *,
    pairs: bool = True,
    unfit: Sequence[tuple[Candidate, str]] = (),
) -> tuple[Proposal, ...]:
    """Choose sources: those with most headroom for their object, one in eight for entropy alone.

    Parameters
    ----------
    candidates, objects
        Photographs and the objects of each (`object_candidates`).
    where
        Annotation file; errors name it.
    sources
        How many to choose; 24 gives the paper's 21 for objects and 3 for entropy.
    pairs
        Whether a second object is shifted the other way, where there is one.
    unfit
        Further photographs, which cannot be shown, and why.

    Returns
    -------
    tuple of Proposal
        One for every photograph, those with most headroom first.

    Raises
    ------
    InputError
        If there are too few photographs, or too few with an object to aim at.
    """
    usable = [tuple(found) for found in objects]
    count = _with_an_aim(usable)
    ranked = sorted(
        zip(candidates, usable, strict=True),
        key=lambda pair: (-_best_headroom(pair[1]), pair[0].source_id),
    )
    for_objects = _for_objects(sources)
    if len(ranked) < sources or count < for_objects:
        raise InputError(
            f"{where}: {len(ranked)} photographs, {count} with an object to aim at; "
            f"{sources} sources need {for_objects} of these and {sources - for_objects} more; "
            f"ask for fewer sources or give more photographs{_others(unfit)}"
        )
    proposals = []
    for rank, (candidate, found) in enumerate(ranked, start=1):
        if rank > for_objects:
            condition = Condition.ENTROPY if rank <= sources else None
            proposals.append(Proposal(candidate, found, rank, condition))
        else:
            partner = _partner(found) if pairs else None
            proposals.append(Proposal(candidate, found, rank, Condition.OBJECT, found[0], partner))
    proposals += [
        Proposal(candidate, (), rank, None, unfit_because=because)
        for rank, (candidate, because) in enumerate(unfit, start=len(ranked) + 1)
    ]
    return tuple(proposals)


def _others(unfit: Sequence[tuple[Candidate, str]]) -> str:
    if not unfit:
        return ""
    candidate, because = unfit[0]
    return f"; {len(unfit)} more cannot be shown, such as {candidate.path.name}, {because}"


def most_sources(objects: Sequence[Sequence[ObjectCandidate]], most: int) -> int:
    """Return how many sources photographs with these objects suffice for, 1 to `most`."""
    count, numbers = _with_an_aim(objects), range(1, min(most, len(objects)) + 1)
    return max((number for number in numbers if _for_objects(number) <= count), default=1)


def _with_an_aim(objects: Sequence[Sequence[ObjectCandidate]]) -> int:
    """Return how many photographs have an object that can be aimed at."""
    return sum(any(not one.rejected_because for one in found) for found in objects)


def _for_objects(sources: int) -> int:
    """Return how many of a number of sources aim at objects."""
    return sources - round(sources * _ENTROPY_SHARE)


def _partner(objects: Sequence[ObjectCandidate]) -> ObjectCandidate | None:
    """Return the object with most headroom that is apart from the aim, the first of `objects`."""
    aim = objects[0]
    for other in objects[1:]:
        near = other.annotation_id not in aim.apart
        if other.rejected_because or near or other.annotation_id in aim.crowded_by:
            continue
        if other.headroom >= _PARTNER_HEADROOM * aim.headroom:
            return other
    return None


def _best_headroom(objects: Sequence[ObjectCandidate]) -> float:
    return max((one.headroom for one in objects if not one.rejected_because), default=0.0)


def proposed_sources(
    proposals: Iterable[Proposal], chosen: ManipulationSettings
) -> tuple[SourceSettings, ...]:
    """Return the sources that are proposed, as they stand in ``study.toml``, by name."""
    taken = (
        (one, one.condition)
        for one in sorted(proposals, key=lambda one: one.candidate.source_id)
        if one.condition is not None
    )
    return tuple(
        SourceSettings(
            source_id=one.candidate.source_id,
            photograph=f"stimuli/sources/{one.candidate.source_id}"
            f"{one.candidate.path.suffix.lower()}",
            annotations="stimuli/sources/annotations.json",
            image_id=one.candidate.image_id,
            condition=condition,
            versions=_versions(one, chosen),
        )
        for one, condition in taken
    )


def _versions(proposal: Proposal, chosen: ManipulationSettings) -> tuple[VersionSettings, ...]:
    if proposal.aim is None:
        scales = {Direction.INCREASE: 1 / chosen.k_scale, Direction.DECREASE: chosen.k_scale}
        return tuple(VersionSettings(direction, (), scale) for direction, scale in scales.items())
    versions = []
    for direction, sign in ((Direction.INCREASE, 1), (Direction.DECREASE, -1)):
        shift = sign * chosen.k_shift
        targets = [TargetSettings((proposal.aim.annotation_id,), k_shift=shift)]
        if proposal.partner:
            targets.append(TargetSettings((proposal.partner.annotation_id,), k_shift=-shift))
        versions.append(VersionSettings(direction, tuple(targets)))
    return tuple(versions)
