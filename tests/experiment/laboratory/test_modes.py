"""Every mode says who takes part, in a word that participants.tsv knows."""

from experiment.laboratory.modes import Mode
from stimuli.contract.vocabulary import ParticipantKind


def test_every_mode_has_a_participant_kind_of_its_own_and_says_what_it_means():
    kinds = {mode: mode.participant_kind for mode in Mode}
    assert kinds == {
        "eyelink": ParticipantKind.HUMAN,
        "simulate": ParticipantKind.SIMULATED,
        "mouse": ParticipantKind.MOUSE,
        "dummy": ParticipantKind.DUMMY,
    }
    assert all(mode.meaning for mode in Mode)
