"""The modes that a session can be run in, and who takes part in each."""

from dataclasses import dataclass
from enum import StrEnum

from stimuli.contract.vocabulary import ParticipantKind


class Mode(StrEnum):
    """What a session is run with, by its word on the command line."""

    EYELINK = "eyelink"
    SIMULATE = "simulate"
    MOUSE = "mouse"
    DUMMY = "dummy"

    @property
    def participant_kind(self) -> ParticipantKind:
        """Who takes part, as in participants.tsv."""
        return _MEANINGS[self].participant_kind

    @property
    def meaning(self) -> str:
        """What stands in the place of what, in a few words."""
        return _MEANINGS[self].words


@dataclass(frozen=True)
class _Meaning:
    participant_kind: ParticipantKind
    words: str


_MEANINGS = {
    Mode.EYELINK: _Meaning(ParticipantKind.HUMAN, "a person before a screen and an EyeLink"),
    Mode.SIMULATE: _Meaning(
        ParticipantKind.SIMULATED,
        "a simulated observer and a virtual clock in place of a person; no screen",
    ),
    Mode.MOUSE: _Meaning(
        ParticipantKind.MOUSE, "the mouse in place of the eye, on the real screen"
    ),
    Mode.DUMMY: _Meaning(
        ParticipantKind.DUMMY,
        "the EyeLink's dummy mode: nothing is recorded, gaze counts as on the target",
    ),
}
