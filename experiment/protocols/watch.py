"""Whoever watches a session from outside: told what happens, and never waited for."""

from enum import StrEnum
from typing import Protocol


class TrackerState(StrEnum):
    """What the tracker does, as whoever watches is told."""

    READY = "ready, not recording"
    SETUP = "in its setup"
    RECORDING = "recording"
    FAILED = "has failed"


class Watch(Protocol):
    """Is told the state of a session, between flips too: telling it takes no noticeable time."""

    def tell(self, **facts: object) -> None:
        """Take over facts by name; those told before stay as they are.

        Parameters
        ----------
        facts
            JSON-ready.
        """
        ...

    def pressed(self) -> list[str]:
        """Return the names of the keys that were pressed there since the last call."""
        ...

    @property
    def follows_gaze(self) -> bool:
        """Whether gaze is to be told at every frame of an image."""
        ...


class NoWatch:
    """Nobody watches."""

    follows_gaze = False

    def tell(self, **facts: object) -> None:
        """There is nobody to tell."""

    def pressed(self) -> list[str]:
        """Nobody presses a key."""
        return []
