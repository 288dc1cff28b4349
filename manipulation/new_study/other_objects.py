"""Other objects for sources whose versions do not reach their aim within the budget.

Of the same photograph, in the order of their headroom in ``proposals.tsv``, which says of every
object that was tried that it missed. Where none is left the first stands again.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from manipulation.new_study.proposal_table import MAY_BE_AIM
from manipulation.new_study.study_text import with_version
from stimuli.contract.schemas import PROPOSALS
from stimuli.contract.settings import SourceSettings, TargetSettings, parse_settings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Condition, ObjectUse
from stimuli.support.errors import InputError
from stimuli.support.files import write_text
from stimuli.support.tables import read_table, write_table

_MISSED = "missed the aim of "
_STANDS = "most room in both directions, but no object reaches the aim of "


@dataclass(frozen=True)
class OtherObject:
    """What a source aims at now.

    Attributes
    ----------
    missed, annotation_id
        Annotation of the object that missed, and of the one that is aimed at now.
    left
        Whether it is yet to be tried; else all have missed, and it is the first again.
    """

    source_id: str
    missed: int
    annotation_id: int
    left: bool


def propose_other_objects(study: Study, missed: Collection[str]) -> tuple[OtherObject, ...]:
    """Aim sources at other objects of their photographs, in ``study.toml`` and ``proposals.tsv``.

    A second object that was shifted the other way is no longer. What missed another aim, or the
    same within another budget, is tried again.

    Parameters
    ----------
    missed
        Sources, by ``source_id``, whose versions do not reach the aim; those that aim at the
        entropy, at several objects or at one that no proposal names stay as they are.

    Returns
    -------
    tuple of OtherObject
        One for each source that aims at another object now.

    Raises
    ------
    InputError
        If the study has no ``proposals.tsv``, or ``study.toml`` cannot be edited safely.
    """
    if not study.proposals.is_file():
        raise InputError(
            f"{study.proposals}: is not there; expected the proposals of manipulation.generate, "
            f"which say what other objects there are; choose other objects in study.toml"
        )
    rows = read_table(study.proposals, PROPOSALS)
    where, text = str(study.settings_file), study.settings_file.read_text(encoding="utf-8")
    changes = []
    manipulation = study.settings.manipulation
    asked = f"{manipulation.aim:g} within the budget of {manipulation.budget:g}"
    missed_it, stands = f"{_MISSED}{asked}", f"{_STANDS}{asked}"
    for row in rows:
        if row["because"].startswith(_MISSED) and row["because"] != missed_it:
            row["because"] = MAY_BE_AIM[0]
    for source in parse_settings(text, where).sources:
        aim = _aim(source) if source.source_id in missed else None
        now = next((row for row in rows if row["annotation_id"] == aim), None)
        if aim is None or now is None or now["because"] == stands:
            continue
        mine = [row for row in rows if row["photograph"] == now["photograph"]]
        for row in mine:
            if row["used_for"] == ObjectUse.PARTNER:
                row.update(used_for=ObjectUse.NOTHING, because=MAY_BE_AIM[0])
        now.update(used_for=ObjectUse.NOTHING, because=missed_it)
        left = [row for row in mine if row["because"] in MAY_BE_AIM]
        chosen = left[0] if left else next(row for row in mine if row["because"] == missed_it)
        chosen.update(
            used_for=ObjectUse.AIM, because=f"instead of one that {missed_it}" if left else stands
        )
        if chosen is now:
            continue
        text = _aimed(text, source, chosen["annotation_id"], where)
        changes.append(OtherObject(source.source_id, aim, chosen["annotation_id"], bool(left)))
    # A run that is killed between the two tries an object once more, which does no harm.
    write_text(study.settings_file, text)
    write_table(study.proposals, PROPOSALS, rows)
    return tuple(changes)


def _aim(source: SourceSettings) -> int | None:
    """Return the annotation that a source aims at; None where that is not one."""
    if source.condition != Condition.OBJECT:
        return None
    ids = {one.targets[0].annotation_ids for one in source.versions if one.targets}
    (first,) = ids if len(ids) == 1 else ((),)
    return first[0] if len(first) == 1 else None


def _aimed(text: str, source: SourceSettings, annotation_id: int, where: str) -> str:
    """Return ``study.toml`` with all versions of a source aiming at one object."""
    for version in source.versions:
        target = TargetSettings((annotation_id,), version.targets[0].k_shift)
        text = with_version(text, source.source_id, replace(version, targets=(target,)), where)
    return text
