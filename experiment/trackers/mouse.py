"""The mouse as an eye, for trying out a study on the real screen without a tracker.

The recording is an ASC file that says in its first line that a mouse was recorded.
"""

import math
from collections.abc import Callable

import numpy as np

from experiment.observer.eye import Gaze
from experiment.trackers.simulated import SimulatedTracker
from stimuli.contract.geometry import Screen, screen_to_degrees

MOUSE = "MOUSE RECORDING: a mouse stood in for gaze"
_PUPIL = 1000.0
# A mouse that moved further than this since it rested makes a saccade.
_MOVED_DEG = 0.5


class MouseEye:
    """An eye that is where the mouse is.

    Parameters
    ----------
    position_px
        Returns where the mouse is now, ``(x, y)`` in screen pixels.
    """

    def __init__(self, position_px: Callable[[], np.ndarray], screen: Screen):
        self._position_px, self._screen = position_px, screen
        self._rested_deg: np.ndarray | None = None
        self._event, self._moving = 0, False

    def gaze(self, times_s: np.ndarray) -> Gaze:
        """Return the mouse as it is now for all of ``(n,)`` times, which have just passed."""
        here = screen_to_degrees(self._position_px(), self._screen)
        rested = here if self._rested_deg is None else self._rested_deg
        moving = math.dist(here, rested) > _MOVED_DEG
        self._rested_deg = here if moving else rested
        self._event += moving != self._moving
        self._moving = moving
        n = len(times_s)
        return Gaze(
            position_deg=np.tile(here, (n, 1)),
            pupil=np.full(n, _PUPIL),
            event=np.full(n, self._event),
            saccade=np.full(n, moving),
        )


class MouseTracker(SimulatedTracker):
    """Records a mouse: needs no calibration, and looks at the mouse in every frame."""

    needs_calibration = False

    def check(self) -> bool:
        return self.gaze() is not None
