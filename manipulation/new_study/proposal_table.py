"""``proposals.tsv``: every object of every photograph looked at, and why it is used or not."""

from collections.abc import Iterable

from manipulation.new_study.objects import UNREADABLE, ObjectCandidate
from manipulation.new_study.proposals import Proposal
from stimuli.contract.vocabulary import Condition, ObjectUse
from stimuli.support.tables import Value

_OVERLAPS = "overlaps the aim"
_CROWDS = "shifted beside the aim, it would leave no room for a matched control"
_LESS = "less room than those used"
MAY_BE_AIM = (_LESS, _OVERLAPS, _CROWDS)  # of objects that nothing speaks against


def proposal_rows(proposals: Iterable[Proposal], sources: int) -> list[dict[str, Value]]:
    """Return the rows of ``proposals.tsv``, for a study of a number of sources."""
    return [
        {
            "rank": proposal.rank,
            "photograph": proposal.candidate.path.name,
            **_object_columns(one),
            "used_for": _use(proposal, one),
            "because": _reason(proposal, one, sources),
        }
        for proposal in proposals
        for one in proposal.objects or (None,)
    ]


def _object_columns(one: ObjectCandidate | None) -> dict[str, Value]:
    if one is None:
        return dict.fromkeys(("annotation_id", "category", "area", "predicted", "room"))
    if one.rejected_because.startswith(UNREADABLE):
        known: dict[str, Value] = {"annotation_id": one.annotation_id, "category": one.category}
        return known | dict.fromkeys(("area", "predicted", "room"))
    return {
        "annotation_id": one.annotation_id,
        "category": one.category,
        "area": round(one.area, 5),
        "predicted": round(one.predicted, 5),
        "room": round(one.headroom, 5),
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
    if one is not None and one.rejected_because.startswith(UNREADABLE):
        return one.rejected_because
    if proposal.unfit_because:
        return proposal.unfit_because
    if proposal.condition is None:
        return f"{sources} photographs have more room"
    if proposal.condition == Condition.ENTROPY:
        return "for the entropy of all of it; others have more room for an object"
    if one is None:
        return "no annotated object"
    if one is proposal.aim:
        return "most room in both directions"
    if one is proposal.partner:
        return "apart from the aim, with room of its own: shifted the other way"
    if one.rejected_because:
        return one.rejected_because
    if proposal.aim is not None and one.annotation_id not in proposal.aim.apart:
        return _OVERLAPS
    if proposal.aim is not None and one.annotation_id in proposal.aim.crowded_by:
        return _CROWDS
    return _LESS
