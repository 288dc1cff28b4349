"""An eye that fixates, makes saccades and blinks, told what it sees as time goes on.

Fixations last for log-normal times and end in a saccade to a new goal, or in a blink if one is due.
When the scene changes, the fixation under way goes on for the latency of a visual saccade. Nothing
is planned further ahead than the movement under way, so gaze never knows what comes next.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from experiment.display.scene import BLANK, Scene
from experiment.observer.movements import (
    Blink,
    Fixation,
    Movement,
    Saccade,
    saccade_duration_s,
)
from stimuli.contract.settings import ObserverSettings

SHORTEST_FIXATION_S = 0.060
# A goal nearer than this is looked at without a saccade: the fixation goes on.
SMALLEST_SACCADE_DEG = 0.5
_FIXATION_LOG_SD = 0.35
_LATENCY_S, _LATENCY_LOG_SD, _SHORTEST_LATENCY_S = 0.190, 0.2, 0.100
_SACCADE_DURATION_LOG_SD = 0.04
_DRIFT_SD_DEG_S = 0.25
# Tremor and the tracker's own noise together, per axis.
_NOISE_SD_DEG = 0.010
_LIDS_CLOSE_S, _LIDS_OPEN_S = 0.040, 0.060
_LIDS_CLOSED_S, _LIDS_CLOSED_LOG_SD = 0.110, 0.3
_BLINK_SHIFT_SD_DEG = 0.2
# The tracker loses the pupil when the lids are less open than this.
_LOST_BELOW = 0.15
# Pupil areas are in the tracker's arbitrary units.
_PUPIL, _PUPIL_SD, _PUPIL_SWING, _PUPIL_SWING_HZ, _PUPIL_NOISE_SD = 1000.0, 120.0, 0.05, 0.2, 2.0


@dataclass(frozen=True)
class Gaze:
    """Gaze at n times.

    Attributes
    ----------
    position_deg
        ``(n, 2)``, degrees from the centre of the screen; NaN while the pupil is covered.
    pupil
        ``(n,)``, pupil area; 0 while it is covered.
    event
        ``(n,)``, number of the fixation or saccade, increasing. Parts of a fixation share one.
    saccade
        ``(n,)``, whether that is a saccade; a blink counts as one, as the tracker's parser has it.
    """

    position_deg: np.ndarray
    pupil: np.ndarray
    event: np.ndarray
    saccade: np.ndarray


class Eye:
    """The eye of a simulated observer.

    Parameters
    ----------
    goal
        Draws where to look, in degrees, given what is on the screen.
    settings
        Landing error, fixation durations, rate of blinks.
    generator
        The only source of randomness.
    """

    def __init__(
        self,
        goal: Callable[[Scene], np.ndarray],
        settings: ObserverSettings,
        generator: np.random.Generator,
    ):
        self._goal = goal
        self._settings = settings
        self._generator = generator
        self._scene = BLANK
        self._pupil = generator.normal(_PUPIL, _PUPIL_SD)
        self._blink_due_s = self._next_blink(0.0)
        self._movements: list[tuple[int, Movement]] = [(0, self._fixation(0.0, np.zeros(2)))]

    def see(self, scene: Scene, time_s: float) -> None:
        """Tell the eye that the screen shows `scene` from `time_s` on."""
        self._plan(time_s)
        self._scene = scene
        event, movement = self._movements[-1]
        if isinstance(movement, Fixation):
            latency_s = _LATENCY_S * self._log_normal(_LATENCY_LOG_SD)
            end_s = time_s + max(latency_s, _SHORTEST_LATENCY_S)
            self._movements[-1] = event, dataclasses.replace(movement, end_s=end_s)

    def gaze(self, times_s: np.ndarray) -> Gaze:
        """Return gaze at ``(n,)`` rising times, none before those asked for earlier."""
        self._plan(times_s[-1])
        ends_s = np.array([movement.end_s for _, movement in self._movements])
        which = np.searchsorted(ends_s, times_s, side="right")
        position = np.empty((len(times_s), 2))
        openness = np.empty(len(times_s))
        for index in range(which[0], which[-1] + 1):
            (now,) = np.nonzero(which == index)
            _, movement = self._movements[index]
            position[now] = movement.position(times_s[now])
            openness[now] = movement.openness(times_s[now])
        position += self._generator.normal(0.0, _NOISE_SD_DEG, position.shape)
        openness[openness < _LOST_BELOW] = 0.0
        position[openness == 0] = np.nan
        event = np.array([event for event, _ in self._movements])[which]
        saccade = np.array([not isinstance(one, Fixation) for _, one in self._movements])[which]
        pupil = self._pupil_area(times_s, openness)
        del self._movements[: which[-1]]
        return Gaze(position, pupil, event, saccade)

    def _pupil_area(self, times_s: np.ndarray, openness: np.ndarray) -> np.ndarray:
        swing = 1 + _PUPIL_SWING * np.sin(2 * np.pi * _PUPIL_SWING_HZ * times_s)
        noise = self._generator.normal(0.0, _PUPIL_NOISE_SD, len(times_s))
        return np.where(openness == 0, 0.0, self._pupil * swing * np.sqrt(openness) + noise)

    def _plan(self, until_s: float) -> None:
        """Add movements until one is under way at `until_s`."""
        while self._movements[-1][1].end_s <= until_s:
            event, last = self._movements[-1]
            following = self._next(last)
            goes_on = isinstance(last, Fixation) and isinstance(following, Fixation)
            self._movements.append((event if goes_on else event + 1, following))

    def _next(self, last: Movement) -> Movement:
        start_s = last.end_s
        place = last.position(np.array([start_s]))[0]
        if not isinstance(last, Fixation):
            return self._fixation(start_s, place)
        if self._blink_due_s <= start_s:
            self._blink_due_s = self._next_blink(self._blink_due_s)
            return self._blink(start_s, place)
        goal = self._goal(self._scene)
        if math.dist(goal, place) < SMALLEST_SACCADE_DEG:
            return self._fixation(start_s, place)
        return self._saccade(start_s, place, goal)

    def _fixation(self, start_s: float, place: np.ndarray) -> Fixation:
        duration_s = self._settings.fixation_ms / 1000 * self._log_normal(_FIXATION_LOG_SD)
        drift_deg_s = self._generator.normal(0.0, _DRIFT_SD_DEG_S, 2)
        return Fixation(start_s, start_s + max(duration_s, SHORTEST_FIXATION_S), place, drift_deg_s)

    def _saccade(self, start_s: float, place: np.ndarray, goal: np.ndarray) -> Saccade:
        error_deg = self._settings.landing_error * math.dist(goal, place)
        landing = goal + self._generator.normal(0.0, error_deg, 2)
        duration_s = saccade_duration_s(math.dist(landing, place))
        duration_s *= self._log_normal(_SACCADE_DURATION_LOG_SD)
        return Saccade(start_s, start_s + duration_s, place, landing)

    def _blink(self, start_s: float, place: np.ndarray) -> Blink:
        closed_s = start_s + _LIDS_CLOSE_S
        opening_s = closed_s + _LIDS_CLOSED_S * self._log_normal(_LIDS_CLOSED_LOG_SD)
        landing = place + self._generator.normal(0.0, _BLINK_SHIFT_SD_DEG, 2)
        return Blink(start_s, closed_s, opening_s, opening_s + _LIDS_OPEN_S, place, landing)

    def _next_blink(self, after_s: float) -> float:
        rate_hz = self._settings.blink_rate_hz
        return after_s + self._generator.exponential(1 / rate_hz) if rate_hz > 0 else math.inf

    def _log_normal(self, log_sd: float) -> float:
        """Return a random factor with median 1."""
        return math.exp(self._generator.normal(0.0, log_sd))
