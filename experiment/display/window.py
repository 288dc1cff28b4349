"""The real screen: a PsychoPy window in which a screen pixel is an image pixel.

One texture holds the image and is filled anew for the next, so that memory stays flat over a
session. Between flips only drawing calls are made; the garbage collector runs in the blanks.
"""

import gc
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiment.protocols.display import Picture
from stimuli.contract.geometry import psychopy_to_screen, screen_to_psychopy
from stimuli.contract.settings import Settings

# Bullseye and cross hair (Thaler et al. 2013): the target on which gaze is the most stable.
_TARGET_DEG, _TARGET_CENTRE_DEG = 0.6, 0.2
_PATCH_PX = 64
_NO_BREAK = "\u00a0"
_ON, _OFF = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
# As shares of the screen's height and width; letters are about 0.5 degrees high at 60 cm.
_TEXT_HEIGHT, _TEXT_WIDTH = 1 / 32, 0.8
_NOTE_HEIGHT, _NOTE_WIDTH, _NOTE_MARGIN = 1 / 72, 0.24, 1 / 72
# Smaller letters are not read at arm's length; so many of them are in a line at least.
_NOTE_HEIGHT_PX, _NOTE_LETTERS = 15, 24


class WindowClock:
    """PsychoPy's own clock, on which a flip tells its time."""

    def __init__(self) -> None:
        from psychopy import core, logging

        self._now, self._wait = logging.defaultClock.getTime, core.wait

    def now(self) -> float:
        return self._now()

    def wait(self, seconds: float) -> None:
        self._wait(seconds)


@dataclass(frozen=True)
class WindowPicture:
    """An image that was put into the texture."""

    stim_id: str


class WindowDisplay:
    """An `experiment.protocols.display.SetupDisplay` on a screen.

    Parameters
    ----------
    window
        A `psychopy.visual.Window` in units of pixels, of the size that the settings say.
    """

    def __init__(self, window: Any, settings: Settings):
        from psychopy import event, visual

        self.window, self._settings = window, settings
        self._visual, self._mouse = visual, event.Mouse(win=window)
        self._grey = settings.screen.grey_level / 255
        self._image: Any = None
        self._loaded: WindowPicture | None = None
        self._target = self._target_parts()
        self._trigger = self._trigger_mark()

    def load(self, path: Path, stim_id: str) -> WindowPicture:
        path.stat()  # which names a file that is gone; PsychoPy does not
        placement = self._settings.placement
        if self._image is None:
            self._image = self._visual.ImageStim(
                self.window,
                size=(placement.width_px, placement.height_px),
                units="pix",
                interpolate=False,
            )
        self._image.setImage(os.fspath(path), log=False)
        # Drawn once and thrown away: the driver may put off the upload until the first drawing.
        self._image.draw()
        self.window.clearBuffer()
        gc.collect()
        self._loaded = WindowPicture(stim_id)
        return self._loaded

    def draw_blank(self) -> None:
        """The buffer is grey after every flip."""

    def draw_target(self) -> None:
        self.draw_target_at(self._settings.screen.geometry.size_px / 2)

    def draw_target_at(self, point_px: Sequence[float] | np.ndarray) -> None:
        centre = screen_to_psychopy(np.asarray(point_px), self._settings.screen.geometry)
        for part in self._target:
            part.pos = centre
            part.draw()

    def draw_picture(self, picture: Picture) -> None:
        if picture is not self._loaded:
            raise RuntimeError(f"{picture.stim_id} is no longer loaded")
        self._image.draw()
        if self._trigger is not None:
            self._trigger.fillColor = _ON

    def draw_text(self, text: str) -> None:
        screen = self._settings.screen
        self._visual.TextStim(
            self.window,
            text=text,
            height=screen.height_px * _TEXT_HEIGHT,
            wrapWidth=screen.width_px * _TEXT_WIDTH,
            color=_ink(self._grey),
            colorSpace="rgb1",
            units="pix",
        ).draw()

    def draw_note(self, text: str) -> None:
        screen, corner = self._settings.screen, self._settings.session.notes
        if corner == "none":
            return
        row, side = corner.split("-")
        margin_px = screen.height_px * _NOTE_MARGIN
        letter_px = max(screen.height_px * _NOTE_HEIGHT, _NOTE_HEIGHT_PX)
        # The trigger has its corner to itself.
        lifted_px = _PATCH_PX if (screen.trigger, corner) == ("photodiode", "bottom-left") else 0
        right, up = (1 if side == "right" else -1), (1 if row == "top" else -1)
        self._visual.TextStim(
            self.window,
            text=_broken_at_commas(text),
            height=letter_px,
            wrapWidth=max(screen.width_px * _NOTE_WIDTH, letter_px * _NOTE_LETTERS),
            pos=(
                right * (screen.width_px / 2 - margin_px),
                up * (screen.height_px / 2 - margin_px - lifted_px),
            ),
            anchorHoriz=side,
            anchorVert=row,
            alignText=side,
            color=_ink(self._grey),
            colorSpace="rgb1",
            units="pix",
        ).draw()

    def flip(self) -> float:
        if self._trigger is None:
            return self.window.flip()
        self._trigger.draw()
        self._trigger.fillColor = _OFF
        return self.window.flip()

    def bring_to_front(self) -> None:
        """Give the window the keyboard, where another has taken it."""
        self.window.winHandle.activate()

    def draw_camera(self, pixels: np.ndarray, title: str) -> None:
        from PIL import Image

        height, width = pixels.shape[:2]
        size = (width * self._camera_scale(width), height * self._camera_scale(width))
        self._visual.ImageStim(
            self.window, image=Image.fromarray(pixels), size=size, units="pix", interpolate=True
        ).draw()
        below = -(size[1] / 2 + self._settings.screen.height_px / 24)
        self._visual.TextStim(
            self.window, text=title, pos=(0, below), color=_ink(self._grey), colorSpace="rgb1",
            height=self._settings.screen.height_px / 36, units="pix",
        ).draw()  # fmt: skip

    def camera_point(self, width: int, height: int) -> tuple[int, int]:
        scale = self._camera_scale(width)
        x, y = (self.mouse_px() - self._settings.screen.geometry.size_px / 2) / scale
        return int(x + width / 2), int(y + height / 2)

    def _camera_scale(self, width: int) -> int:
        return max(1, self._settings.screen.width_px // (2 * width))

    def mouse_px(self) -> np.ndarray:
        """Return where the mouse is, ``(x, y)`` in screen pixels."""
        return psychopy_to_screen(self._mouse.getPos(), self._settings.screen.geometry)

    def mouse_pressed(self) -> bool:
        return bool(self._mouse.getPressed()[0])

    def _target_parts(self) -> list[Any]:
        """Return a black disc, a cross of the background's grey, and a black dot."""
        px_per_deg = self._settings.screen.geometry.pixels_per_degree[0]
        outer, inner = round(_TARGET_DEG * px_per_deg), round(_TARGET_CENTRE_DEG * px_per_deg)
        grey = (self._grey,) * 3
        ink = _ink(self._grey)
        common = {"units": "pix", "colorSpace": "rgb1", "lineWidth": 0}
        disc = self._visual.Circle(
            self.window, radius=outer / 2, edges=128, fillColor=ink, **common
        )
        bars = [
            self._visual.Rect(self.window, width=width, height=height, fillColor=grey, **common)
            for width, height in ((outer, inner), (inner, outer))
        ]
        dot = self._visual.Circle(self.window, radius=inner / 2, edges=64, fillColor=ink, **common)
        return [disc, *bars, dot]

    def _trigger_mark(self) -> Any:
        """Return the patch that is white while an image is shown, or None if there is none."""
        screen, kind = self._settings.screen, self._settings.screen.trigger
        if kind == "none":
            return None
        side = 1 if kind == "pixel-mode" else _PATCH_PX
        corner = (0.0, 0.0) if kind == "pixel-mode" else (0.0, screen.height_px - side)
        centre = screen_to_psychopy(np.array(corner) + side / 2, screen.geometry)
        return self._visual.Rect(
            self.window, width=side, height=side, pos=centre, units="pix", colorSpace="rgb1",
            fillColor=_OFF, lineWidth=0,
        )  # fmt: skip


def _broken_at_commas(text: str) -> str:
    """Return a note whose last line, the keys, is broken between keys alone."""
    *lines, keys = text.split("\n")
    return "\n".join([*lines, keys.replace(" ", _NO_BREAK).replace(f",{_NO_BREAK}", ", ")])


def _ink(grey: float) -> tuple[float, float, float]:
    return (0.0,) * 3 if grey > 0.25 else (1.0,) * 3
