"""Proposals: which photographs to use, and which of their objects to aim at.

In come photographs and their objects; out comes what each is used for, and why.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from manipulation.new_study.candidates import Candidate
from manipulation.new_study.objects import UNREADABLE, ObjectCandidate
from manipulation.regions.coco_entries import UNNAMED
from stimuli.contract.coco_file import UNKNOWN
from stimuli.contract.vocabulary import Condition
from stimuli.support.errors import InputError
from stimuli.support.words import counted

_ENTROPY_SHARE = 1 / 8  # of the sources; 24 give the paper's 21 for objects and 3 for entropy
_PARTNER_HEADROOM = 0.25  # least headroom of a partner, as a share of the aim's
_PAIR = 1.25  # factor on the merit of an aim that has a partner
_QUOTA = 1 / 4  # of the objects, that one category may be
_OBJECTS = 0.5  # weight of a photograph's place among objects against that among entropies


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a photograph, and why.

    Attributes
    ----------
    objects
        All that are annotated, those with most merit first.
    rank
        Place among all photographs, from 1: those for objects in the order of their choice, those
        for entropy, the others.
    condition
        Object or entropy; None if the photograph is not used.
    aim
        The object that is drawn to and kept from, and in `partner` one that is shifted the other
        way; either may be None.
    entropy_room
        Change of the entropy in bits that can be asked for in both directions.
    """

    candidate: Candidate
    objects: tuple[ObjectCandidate, ...]
    rank: int
    condition: Condition | None
    aim: ObjectCandidate | None = None
    partner: ObjectCandidate | None = None
    entropy_room: float = 0.0


def propose_sources(
    candidates: Sequence[Candidate],
    objects: Iterable[Sequence[ObjectCandidate]],
    where: Path,
    sources: int,
    *,
    entropy: int | None = None,
    pairs: bool = True,
    entropy_rooms: Sequence[float] = (),
    left_out: str = "",
) -> tuple[Proposal, ...]:
    """Choose sources: one in eight for entropy alone, the others for the objects with most merit.

    A photograph is taken for the entropy for its own room, rather one without a good object. Of one
    category at most a quarter of the objects are, as long as others suffice; objects that have a
    partner count a quarter more.

    Parameters
    ----------
    candidates, objects
        Photographs and the objects of each (`object_candidates`).
    where
        Annotation file; errors name it.
    sources
        How many to choose; 24 gives the paper's 21 for objects and 3 for entropy, 4 one.
    entropy
        How many of them for entropy alone, which needs no object; by default one in eight.
    pairs
        Whether a second object is shifted the other way, where there is one.
    entropy_rooms
        Room of each photograph in entropy (`entropy_room`).
    left_out
        What was left out before, in words, for the error.

    Returns
    -------
    tuple of Proposal
        One for every photograph: those for objects in the order of their choice, those for entropy,
        then the others by the merit of their best object.

    Raises
    ------
    InputError
        If there are too few photographs, or too few with an object to aim at.
    """
    found = [
        _Photograph(candidate, tuple(of_it), room, pairs)
        for candidate, of_it, room in zip(
            candidates, objects, entropy_rooms or [0.0] * len(candidates), strict=True
        )
    ]
    count = _with_an_aim([one.objects for one in found])
    for_objects = _for_objects(sources) if entropy is None else sources - entropy
    if for_objects < 0:
        raise InputError(
            f"{entropy} of {sources} sources are to be for entropy; expected at most all of them"
        )
    if len(found) < sources or count < for_objects:
        more = f" and {sources - for_objects} more" if sources > for_objects else ""
        raise InputError(
            f"{where}: {counted(len(found), 'photograph')}, {count} with an object to aim at; "
            f"needed for {counted(sources, 'source')} are {for_objects} of these{more}; ask for "
            f"fewer sources (--sources) or give more photographs{_why_no_aim(found)}"
            f"{left_out and f'; {left_out}'}"
        )
    for_entropy = _for_entropy(found, sources - for_objects, for_objects)
    aims = _aims([one for one in found if one not in for_entropy], for_objects)
    others = [one for one in found if one not in for_entropy and one not in aims]
    chosen = [
        *((one, Condition.OBJECT, aim) for one, aim in aims.items()),
        *((one, Condition.ENTROPY, None) for one in for_entropy),
        *((one, None, None) for one in sorted(others, key=lambda one: one.order)),
    ]
    return tuple(
        Proposal(
            one.candidate, one.objects, rank, condition, aim,
            None if aim is None else one.partner(aim), one.entropy_room,
        )
        for rank, (one, condition, aim) in enumerate(chosen, start=1)
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Photograph:
    candidate: Candidate
    objects: tuple[ObjectCandidate, ...]
    entropy_room: float
    pairs: bool

    @property
    def aims(self) -> list[ObjectCandidate]:
        return [one for one in self.objects if not one.rejected_because]

    def partner(self, aim: ObjectCandidate) -> ObjectCandidate | None:
        return _partner(self.objects, aim) if self.pairs else None

    def merit(self, aim: ObjectCandidate) -> float:
        return aim.merit * (_PAIR if self.partner(aim) else 1.0)

    @property
    def best_merit(self) -> float:
        return max(map(self.merit, self.aims), default=0.0)

    @property
    def order(self) -> tuple[float, float, str]:
        most = max((one.headroom for one in self.aims), default=0.0)
        return -self.best_merit, -most, self.candidate.source_id


def _for_entropy(found: list[_Photograph], number: int, for_objects: int) -> list[_Photograph]:
    """Return photographs for entropy alone; enough with an object to aim at are left."""
    rooms = _places([one.entropy_room for one in found])
    merits = _places([one.best_merit for one in found])
    least_good = [-one.order[1] for one in found]
    order = sorted(
        range(len(found)),
        key=lambda n: (
            _OBJECTS * merits[n] - rooms[n],
            least_good[n],
            found[n].candidate.source_id,
        ),
    )
    spare = sum(bool(one.aims) for one in found) - for_objects
    chosen: list[_Photograph] = []
    for n in order:
        if len(chosen) == number:
            break
        if found[n].aims:
            if spare == 0:
                continue
            spare -= 1
        chosen.append(found[n])
    return chosen


def _places(values: Sequence[float]) -> list[float]:
    """Return for each value which share of all is below it."""
    ordered = sorted(values)
    return [bisect_left(ordered, value) / len(ordered) for value in values]


def _aims(found: list[_Photograph], number: int) -> dict[_Photograph, ObjectCandidate]:
    """Return the objects to aim at by their photographs, in the order of their choice."""
    offers = sorted(
        ((one, aim) for one in found for aim in one.aims),
        key=lambda offer: (
            -offer[0].merit(offer[1]), -offer[1].headroom, offer[0].candidate.source_id,
            offer[1].annotation_id,
        ),
    )  # fmt: skip
    aims: dict[_Photograph, ObjectCandidate] = {}
    quota = max(1, math.ceil(number * _QUOTA))
    while len(aims) < number:
        counts = Counter(aim.category for aim in aims.values())
        for one, aim in offers:
            named = aim.category not in (UNNAMED, UNKNOWN)
            if len(aims) == number or one in aims or (named and counts[aim.category] >= quota):
                continue
            aims[one] = aim
            counts[aim.category] += 1
        quota *= 2
    return aims


def most_sources(
    objects: Sequence[Sequence[ObjectCandidate]], most: int, entropy: int | None = None
) -> int:
    """Return how many sources photographs with these objects suffice for, 1 to `most`.

    `entropy` of them are for entropy alone, by default one in eight.
    """
    count, numbers = _with_an_aim(objects), range(1, min(most, len(objects)) + 1)
    if entropy is not None:
        return max(1, min(count + entropy, len(numbers)))
    return max((number for number in numbers if _for_objects(number) <= count), default=1)


def _why_no_aim(photographs: Sequence[_Photograph]) -> str:
    """Return why objects of photographs without an aim are none; nothing where none is known."""
    reasons = Counter(
        one.rejected_because
        for photograph in photographs
        if not photograph.aims
        for one in photograph.objects
        if not one.rejected_because.startswith(UNREADABLE)  # which were left out before
    )
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return told and f"; objects of the others: {told}"


def _with_an_aim(objects: Sequence[Sequence[ObjectCandidate]]) -> int:
    """Return how many photographs have an object that can be aimed at."""
    return sum(any(not one.rejected_because for one in found) for found in objects)


def _for_objects(sources: int) -> int:
    """Return how many of a number of sources aim at objects; from 4 on, one or more do not."""
    return sources - int(sources * _ENTROPY_SHARE + 0.5)


def _partner(objects: Sequence[ObjectCandidate], aim: ObjectCandidate) -> ObjectCandidate | None:
    """Return the object with most merit that is apart from the aim."""
    for other in objects:
        near = other.annotation_id not in aim.apart
        if other is aim or other.rejected_because or near or other.annotation_id in aim.crowded_by:
            continue
        if other.headroom >= _PARTNER_HEADROOM * aim.headroom:
            return other
    return None
