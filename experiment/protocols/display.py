"""The screen that images are shown on, and the clock on which it tells its times."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np


class Clock(Protocol):
    """The clock on which `Display.flip` tells its times."""

    def now(self) -> float:
        """Return the time in seconds since some moment before the session."""
        ...

    def wait(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class Picture(Protocol):
    """An image that is ready to be drawn within one frame, such as a texture."""

    @property
    def stim_id(self) -> str:
        """The stimulus, or practice image, that it shows."""
        ...


class Display(Protocol):
    """A screen with a back buffer: draw, then flip. Every flip needs its drawing anew."""

    def load(self, path: Path, stim_id: str) -> Picture:
        """Read an image and make it ready. May take many frames: call it in a blank.

        A display holds one image: the one loaded before can no longer be drawn.
        """
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
        """Draw a few words for the participant."""
        ...

    def draw_note(self, text: str) -> None:
        """Draw a few words for the operator, small in the corner that ``session.notes`` names."""
        ...

    def flip(self) -> float:
        """Wait for the next retrace, show what was drawn, and return the time of the retrace."""
        ...


class SetupDisplay(Display, Protocol):
    """A display on which a tracker's setup can be drawn: calibration targets and camera image."""

    def draw_target_at(self, point_px: Sequence[float] | np.ndarray) -> None:
        """Draw the target at a point of the screen, ``(x, y)`` in screen pixels."""
        ...

    def draw_camera(self, pixels: np.ndarray, title: str) -> None:
        """Draw the tracker's camera image, ``(height, width, 3)`` uint8 RGB, and its title."""
        ...

    def camera_point(self, width: int, height: int) -> tuple[int, int]:
        """Return where the mouse is on a camera image of that size, in its pixels."""
        ...

    def mouse_pressed(self) -> bool:
        """Return whether the left button of the mouse is down."""
        ...
