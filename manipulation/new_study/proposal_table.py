"""``proposals.tsv``: every object of every photograph looked at, and why it is used or not."""

from collections.abc import Iterable

from manipulation.new_study.objects import UNREADABLE, ObjectCandidate
from manipulation.new_study.proposals import Proposal
from manipulation.new_study.source_names import one_line
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.vocabulary import Condition, ObjectUse
from stimuli.support.tables import Value

_OVERLAPS = "overlaps the aim"
_CROWDS = "shifted beside the aim, it would leave no room for a matched control"
_LESS = "less room than those used"
_OF_OBJECTS = ("annotation_id", "category", "area", "predicted", "room", "natural_room")
MAY_BE_AIM = (_LESS, _OVERLAPS, _CROWDS)  # of objects that nothing speaks against


LEFT_OUT = "left out: "  # begins why a photograph or an entry of the annotations is not used


def proposal_rows(
    proposals: Iterable[Proposal], sources: int, left_out: Iterable[LeftOut] = ()
) -> list[dict[str, Value]]:
    """Return the rows of ``proposals.tsv``, for a study of a number of sources.

    What was left out comes last.
    """
    rows: list[dict[str, Value]] = [
        {
            "rank": proposal.rank,
            "photograph": one_line(proposal.candidate.path.name),
            "entropy_room": round(proposal.entropy_room, 3),
            **_object_columns(one),
            "used_for": _use(proposal, one),
            "because": _reason(proposal, one, sources),
        }
        for proposal in proposals
        for one in proposal.objects or (None,)
    ]
    nothing = dict.fromkeys(("rank", "entropy_room", *_OF_OBJECTS))
    return rows + [
        {
            **nothing,
            "photograph": one_line(one.photograph) or None,
            "annotation_id": one.annotation_id,
            "used_for": ObjectUse.NOTHING,
            "because": f"{LEFT_OUT}{one_line(' '.join(one.because.split()))}",
        }
        for one in left_out
    ]


def _object_columns(one: ObjectCandidate | None) -> dict[str, Value]:
    if one is None:
        return dict.fromkeys(_OF_OBJECTS)
    if one.rejected_because.startswith(UNREADABLE):
        known: dict[str, Value] = {"annotation_id": one.annotation_id, "category": one.category}
        return known | dict.fromkeys(_OF_OBJECTS[2:])
    return {
        "annotation_id": one.annotation_id,
        "category": one.category,
        "area": round(one.area, 5),
        "predicted": round(one.predicted, 5),
        "room": round(one.headroom, 5),
        "natural_room": None if one.rejected_because else round(one.naturalness, 3) or None,
    }


def _use(proposal: Proposal, one: ObjectCandidate | None) -> ObjectUse:
    if one is not None and one.rejected_because.startswith(UNREADABLE):
        return ObjectUse.NOTHING
    if proposal.condition == Condition.ENTROPY:
        return ObjectUse.ENTROPY
    if proposal.condition == Condition.OBJECT and one is not None:
        if one == proposal.aim:
            return ObjectUse.AIM
        if one == proposal.partner:
            return ObjectUse.PARTNER
    return ObjectUse.NOTHING


def _reason(proposal: Proposal, one: ObjectCandidate | None, sources: int) -> str:
    rejection = "" if one is None else one.rejected_because
    for_entropy = proposal.condition == Condition.ENTROPY  # which needs no object
    if rejection and (not for_entropy or rejection.startswith(UNREADABLE)):
        return rejection
    if proposal.condition is None:
        return f"{sources} other photographs suit better"
    if for_entropy:
        return "room to spread and to gather gaze: for the entropy of all of it"
    if one is None:
        return "no annotated object"
    if one is proposal.aim and one is not proposal.objects[0]:
        return "most room in both directions and naturally, of categories that are not used enough"
    if one is proposal.aim:
        return "most room in both directions and naturally"
    if one is proposal.partner:
        return "apart from the aim, with room of its own: shifted the other way"
    if proposal.aim is not None and one.annotation_id not in proposal.aim.apart:
        return _OVERLAPS
    if proposal.aim is not None and one.annotation_id in proposal.aim.crowded_by:
        return _CROWDS
    return _LESS
