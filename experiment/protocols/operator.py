"""Whoever runs the session, and what they can ask for."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol


class Decision(StrEnum):
    """What the operator asks for."""

    GO_ON = "go-on"  # at whatever waits; never in place of gaze on the target
    ACCEPT = "accept"  # take it as it is: show the image though gaze was not seen on the target
    DRIFT_CHECK = "drift-check"
    RECALIBRATE = "recalibrate"
    SKIP = "skip"
    PAUSE = "pause"
    ABORT = "abort"


# The key of each decision, wherever something waits for one; a drift check is what going on means.
KEY_NAMES = {
    Decision.GO_ON: "space",
    Decision.ACCEPT: "a",
    Decision.RECALIBRATE: "c",
    Decision.SKIP: "s",
    Decision.PAUSE: "p",
    Decision.ABORT: "esc",
}


def keys_in_words(choices: Mapping[Decision, str]) -> str:
    """Return the keys of decisions and what each does.

    Examples
    --------
    >>> from experiment.protocols.operator import Decision, keys_in_words
    >>> keys_in_words({Decision.GO_ON: "go on", Decision.ABORT: "end the session"})
    'space: go on, esc: end the session'
    """
    return ", ".join(f"{KEY_NAMES[decision]}: {does}" for decision, does in choices.items())


class Beep(StrEnum):
    """What a sound tells of."""

    TARGET = "target"
    GOOD = "good"
    BAD = "bad"


class SessionAborted(Exception):
    """The operator has ended the session."""


class Operator(Protocol):
    """Whoever runs the session."""

    def asked(self) -> Decision | None:
        """Return what the operator has asked for by a key since the last call, if anything."""
        ...

    def clear(self) -> None:
        """Forget what was asked for up to now."""
        ...

    def ask(
        self, question: str, choices: Mapping[Decision, str], *, otherwise: Decision
    ) -> Decision:
        """Wait for one of some decisions, made after this call.

        Parameters
        ----------
        choices
            What can be decided, and what each does.
        otherwise
            What a simulated operator decides.
        """
        ...

    def tell(self, text: str) -> None:
        """Say something on the operator's terminal."""
        ...
