"""What a session needs of its laboratory: a clock, a display, a tracker and an operator.

The session knows only these protocols, so that the same trials run before a simulated observer and
before a person. Times are seconds on the display's clock, points are screen pixels
(`stimuli.geometry`).
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from stimuli.vocabulary import Trial


class Clock(Protocol):
    """The clock on which `Display.flip` tells its times."""

    def now(self) -> float: ...

    def wait(self, seconds: float) -> None: ...


class Picture(Protocol):
    """An image that is ready to be drawn within one frame, such as a texture."""

    @property
    def stim_id(self) -> str: ...


class Display(Protocol):
    """A screen with a back buffer: draw, then flip. Every flip needs its drawing anew."""

    def load(self, path: Path, stim_id: str) -> Picture:
        """Read an image and make it ready. May take many frames: call it in a blank."""
        ...

    def draw_blank(self) -> None:
        """Draw the grey background alone."""
        ...

    def draw_target(self) -> None:
        """Draw the fixation target at the centre of the screen."""
        ...

    def draw_picture(self, picture: Picture) -> None:
        """Draw an image where the settings place it."""
        ...

    def draw_text(self, text: str) -> None:
        """Draw a few words for the observer."""
        ...

    def flip(self) -> float:
        """Wait for the next retrace, show what was drawn, and return the time of the retrace."""
        ...


class Tracker(Protocol):
    """An eye tracker that keeps its own file on its own clock."""

    @property
    def suffix(self) -> str:
        """Suffix of the tracker's file, such as ``.edf``."""
        ...

    def calibrate(self) -> None:
        """Calibrate and validate; returns when the operator accepts."""
        ...

    def drift_check(self) -> float | None:
        """Compare gaze with the central target while not recording.

        Returns
        -------
        float or None
            Distance in degrees; None if the check was broken off.
        """
        ...

    def start_recording(self) -> float:
        """Start to record and return the time of the first sample."""
        ...

    def gaze(self) -> np.ndarray | None:
        """Return the newest gaze ``(x, y)`` of the recording, or None if the eye is lost."""
        ...

    def stop_recording(self) -> None:
        """Stop recording; the samples up to now are kept."""
        ...

    def message(self, text: str) -> None:
        """Write `text` into the tracker's file, stamped by the tracker as it arrives."""
        ...

    def save(self, path: Path) -> None:
        """Close the tracker's file and put it at `path`."""
        ...


class Decision(StrEnum):
    """What to do when the observer was not seen to fixate the target."""

    DRIFT_CHECK = "drift-check"
    SHOW = "show"
    SKIP = "skip"


class Operator(Protocol):
    """Whoever runs the session."""

    def fixation_timed_out(self, trial: Trial, times: int) -> Decision:
        """Decide, after `times` (from 1) waits in this trial have passed in vain."""
        ...

    def rest(self) -> None:
        """Return when the observer is ready for the next block."""
        ...


@dataclass(frozen=True)
class Lab:
    """Everything that a session works with.

    Attributes
    ----------
    observer
        Who looks: ``human`` or ``simulated``, as in participants.tsv.
    """

    clock: Clock
    display: Display
    tracker: Tracker
    operator: Operator
    observer: str
