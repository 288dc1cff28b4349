"""What an eye does, one movement at a time: fixations, saccades and blinks.

Positions are ``(n, 2)`` degrees from the centre of the screen, ``(x, y)``, times seconds.
"""

from dataclasses import dataclass

import numpy as np

# Main sequence of saccade durations: Carpenter (1988), Movements of the Eyes, 2nd edition.
SACCADE_S, SACCADE_S_PER_DEG = 0.021, 0.0022
# Lids take the pupil's centre down with them: the artefact that frames a blink.
_LID_SHIFT_DEG = 2.0


def saccade_duration_s(amplitude_deg: float) -> float:
    """Return the mean duration of a saccade, 21 ms + 2.2 ms per degree."""
    return SACCADE_S + SACCADE_S_PER_DEG * amplitude_deg


@dataclass(frozen=True)
class Fixation:
    """Gaze rests at `origin` but for a slow drift."""

    start_s: float
    end_s: float
    origin: np.ndarray
    drift_deg_s: np.ndarray

    def position(self, times_s: np.ndarray) -> np.ndarray:
        return self.origin + (times_s - self.start_s)[:, None] * self.drift_deg_s

    def openness(self, times_s: np.ndarray) -> np.ndarray:
        return np.ones(len(times_s))


@dataclass(frozen=True)
class Saccade:
    """Gaze goes from `origin` to `landing` along the minimum-jerk course.

    Flash & Hogan (1985), eq. (2): the course whose velocity is a smooth bell.
    """

    start_s: float
    end_s: float
    origin: np.ndarray
    landing: np.ndarray

    def position(self, times_s: np.ndarray) -> np.ndarray:
        done = (times_s - self.start_s) / (self.end_s - self.start_s)
        done = done**3 * (10 - 15 * done + 6 * done**2)
        return self.origin + done[:, None] * (self.landing - self.origin)

    def openness(self, times_s: np.ndarray) -> np.ndarray:
        return np.ones(len(times_s))


@dataclass(frozen=True)
class Blink:
    """The lids close, stay closed and open; gaze ends at `landing`.

    Attributes
    ----------
    closed_s, opening_s
        When the lids have closed, and when they begin to open.
    """

    start_s: float
    closed_s: float
    opening_s: float
    end_s: float
    origin: np.ndarray
    landing: np.ndarray

    def position(self, times_s: np.ndarray) -> np.ndarray:
        """Return where the tracker would see gaze: lower the further the lids are down."""
        before = (times_s < self.closed_s)[:, None]
        down = np.array([0.0, _LID_SHIFT_DEG]) * (1 - self.openness(times_s))[:, None]
        return np.where(before, self.origin, self.landing) + down

    def openness(self, times_s: np.ndarray) -> np.ndarray:
        """Return how far the lids are open, from 0 to 1."""
        knots = [self.start_s, self.closed_s, self.opening_s, self.end_s]
        share = np.interp(times_s, knots, [1.0, 0.0, 0.0, 1.0])
        return share**2 * (3 - 2 * share)


Movement = Fixation | Saccade | Blink
