"""The laboratory of a simulated session: virtual screen, simulated tracker, observer, operator."""

from collections.abc import Mapping

import numpy as np

from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.lab import Clock, Decision, Lab
from experiment.observer.attention import Attention, FixationDensity
from experiment.observer.eye import Eye
from experiment.trackers.simulated import SimulatedTracker
from stimuli.settings import Settings
from stimuli.vocabulary import Trial

_REST_S = 60.0


class SimulatedOperator:
    """Asks for one drift check, then shows the image: no observer can hold up the session."""

    def __init__(self, clock: Clock):
        self._clock = clock

    def fixation_timed_out(self, trial: Trial, times: int) -> Decision:
        return Decision.DRIFT_CHECK if times == 1 else Decision.SHOW

    def rest(self) -> None:
        self._clock.wait(_REST_S)


def simulated_lab(
    subject: str, densities: Mapping[str, FixationDensity], settings: Settings
) -> Lab:
    """Return a lab whose observer follows from the study's seed and the subject's number alone.

    Parameters
    ----------
    densities
        Where the model says people look, by ``stim_id``.
    """
    generator = np.random.default_rng([settings.study.seed, int(subject)])
    clock = VirtualClock()
    eye = Eye(Attention(densities, settings, generator), settings.observer, generator)
    return Lab(
        clock=clock,
        display=VirtualDisplay(clock, settings.screen.refresh_hz, seen=eye.see),
        tracker=SimulatedTracker(clock, eye, settings, generator),
        operator=SimulatedOperator(clock),
        observer="simulated",
    )
