"""A display without a screen: a clock that only advances when told, and flips on its frames.

Sessions run as fast as the computer allows and take the same time on the virtual clock as on a
screen. Frames can be made late, as a busy computer makes them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiment.display.scene import BLANK, TARGET, Scene
from experiment.protocols.display import Picture


class VirtualClock:
    """A clock that stands still except in `wait`."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def now(self) -> float:
        return self._now_s

    def wait(self, seconds: float) -> None:
        if not seconds >= 0:
            raise ValueError(f"cannot wait {seconds} s; expected 0 or more")
        self._now_s += seconds


@dataclass(frozen=True)
class VirtualPicture:
    """An image by name; nothing is drawn."""

    stim_id: str


class VirtualDisplay:
    """An `experiment.protocols.display.Display` that counts frames on a virtual clock.

    Parameters
    ----------
    clock
        Is advanced to the retrace by every flip.
    refresh_hz
        Frames a second.
    seen
        Called as ``seen(scene, time_s)`` when a flip changes what is shown.
    late_frames
        By how many frames a flip comes late, by its number from 1.
    returns_after
        Time from a retrace to the return of the flip, in frames, less than 1.

    Attributes
    ----------
    flips
        Flips so far.
    """

    def __init__(
        self,
        clock: VirtualClock,
        refresh_hz: float,
        *,
        seen: Callable[[Scene, float], None] = lambda scene, time_s: None,
        late_frames: Mapping[int, int] | None = None,
        returns_after: float = 0.1,
    ):
        self._clock = clock
        self._refresh_hz = refresh_hz
        self._seen = seen
        self._late_frames = dict(late_frames or {})
        self._returns_after = returns_after
        self._drawn = self._shown = BLANK
        self.flips = 0

    def load(self, path: Path, stim_id: str) -> VirtualPicture:
        return VirtualPicture(stim_id)

    def draw_blank(self) -> None:
        self._drawn = BLANK

    def draw_target(self) -> None:
        self._drawn = TARGET

    def draw_target_at(self, point_px: Sequence[float] | np.ndarray) -> None:
        self._drawn = TARGET

    def draw_picture(self, picture: Picture) -> None:
        self._drawn = Scene(picture.stim_id)

    def draw_text(self, text: str) -> None:
        self._drawn = BLANK

    def draw_note(self, text: str) -> None:
        """A note changes nothing that is looked at."""

    def flip(self) -> float:
        self.flips += 1
        # The small term keeps a time that is a retrace, but for rounding, from counting as before.
        frame = math.floor(self._clock.now() * self._refresh_hz + 1e-6) + 1
        frame += self._late_frames.get(self.flips, 0)
        retrace_s = frame / self._refresh_hz
        self._clock.wait((frame + self._returns_after) / self._refresh_hz - self._clock.now())
        if self._drawn != self._shown:
            self._shown = self._drawn
            self._seen(self._shown, retrace_s)
        return retrace_s
