"""Stimuli whose versions reach their aim: where an object misses it, others are tried."""

from manipulation.new_study.other_objects import OtherObject, propose_other_objects
from manipulation.study_stimuli.generation import GeneratedStimuli, generate_stimuli
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.study import Study, open_study


def reach_aims(study: Study) -> tuple[GeneratedStimuli, tuple[OtherObject, ...]]:
    """Make the stimuli of a study; aim sources that miss ``manipulation.aim`` at other objects.

    Objects of a photograph are tried in the order of their headroom, until both versions reach the
    aim within the budget. Where none does, the first stands again. ``study.toml`` and
    ``proposals.tsv`` say what was chosen.

    Parameters
    ----------
    study
        With an aim; opened with `stimuli.open_study`.

    Returns
    -------
    generated : GeneratedStimuli
        As `generate_stimuli` returns them, for the objects that are aimed at now.
    changes : tuple of OtherObject
        What was tried, in that order.

    Raises
    ------
    InputError
        As `generate_stimuli` and `propose_other_objects` do.
    """
    with changing_stimuli(study.root, "makes the stimuli"):
        return _reached(study)


def _reached(study: Study) -> tuple[GeneratedStimuli, tuple[OtherObject, ...]]:
    changes: list[OtherObject] = []
    while True:
        generated = generate_stimuli(study)
        missed = {
            one.source_id for one in generated.stimuli
            if one.effect is not None and one.effect.aim_reached is False and not one.control
        }  # fmt: skip
        others = propose_other_objects(study, missed) if missed else ()
        if not others:
            return generated, tuple(changes)
        changes += others
        study = open_study(study.root)
