"""A source of samples that is a simulated eye: what a tracker's library is to a session."""

import numpy as np

from experiment.trackers.samples import GazeSamples
from stimuli.contract.geometry import degrees_to_screen


class EyeSource:
    """Both eyes of a simulated observer, the right one half a degree too far to the right.

    `silent_from_s` and `calibrates` script what can go wrong.
    """

    def __init__(self, clock, eye, settings, *, rate_hz=250.0, calibrates=True):
        self._clock, self._eye, self._screen = clock, eye, settings.screen.geometry
        self._rate_hz, self._calibrates = rate_hz, calibrates
        self._next_s, self.silent_from_s, self.lost = None, np.inf, False

    eyes = ("left", "right")

    @property
    def facts(self):
        return {"Manufacturer": "Nobody", "ManufacturersModelName": "Simulated eye"}

    @property
    def rate_hz(self):
        return self._rate_hz

    def calibrate(self):
        return self._calibrates

    def start(self):
        self._next_s = self._clock.now()

    def samples(self):
        until_s = min(self._clock.now(), self.silent_from_s)
        count = 0 if self._next_s is None else int((until_s - self._next_s) * self._rate_hz)
        times_s = (self._next_s or 0.0) + np.arange(max(count, 0)) / self._rate_hz
        if not len(times_s):
            return GazeSamples(np.empty(0), {side: np.empty((0, 3)) for side in self.eyes})
        self._next_s = times_s[-1] + 1 / self._rate_hz
        gaze = self._eye.gaze(times_s)
        eyes = {}
        for side, off_deg in (("left", 0.0), ("right", 0.5)):
            px = degrees_to_screen(gaze.position_deg + np.array([off_deg, 0.0]), self._screen)
            eyes[side] = np.column_stack([px, gaze.pupil])
            if self.lost:
                eyes[side][:] = np.nan
        return GazeSamples(times_s, eyes)

    def stop(self):
        self._next_s = None
