"""Whoever runs the session, and what they can ask for."""

from enum import StrEnum
from typing import Protocol


class Decision(StrEnum):
    """What the operator asks for."""

    ACCEPT = "accept"  # go on: show the image though gaze was not seen on the target
    DRIFT_CHECK = "drift-check"
    RECALIBRATE = "recalibrate"
    SKIP = "skip"
    PAUSE = "pause"
    ABORT = "abort"


class SessionAborted(Exception):
    """The operator has ended the session."""


class Operator(Protocol):
    """Whoever runs the session."""

    def asked(self) -> Decision | None:
        """Return what the operator has asked for by a key since the last call, if anything."""
        ...

    def ask(self, question: str, *, otherwise: Decision) -> Decision:
        """Wait for a decision; `otherwise` is the one that a simulated operator takes."""
        ...

    def tell(self, text: str) -> None:
        """Say something on the operator's terminal."""
        ...
