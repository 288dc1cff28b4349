"""The laboratory of a simulated session: virtual screen, simulated tracker, observer, operator."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.observer.attention import Attention, FixationDensity
from experiment.observer.eye import Eye
from experiment.protocols.display import Clock
from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision
from experiment.trackers.simulated import SimulatedTracker
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ParticipantKind

_ANSWER_S = 60.0


class SimulatedOperator:
    """Takes a minute for every screen, and always goes on, so that nothing holds up the session."""

    def __init__(self, clock: Clock):
        self._clock = clock

    def asked(self) -> Decision | None:
        return None

    def clear(self) -> None:
        """Nothing was asked for."""

    def ask(
        self, question: str, choices: Mapping[Decision, str], *, otherwise: Decision
    ) -> Decision:
        self._clock.wait(_ANSWER_S)
        return otherwise

    def tell(self, text: str) -> None:
        """There is nobody to tell."""


def simulated_lab(
    subject: str,
    densities: Mapping[str, FixationDensity],
    settings: Settings,
    host: Path,
    *,
    run: int = 1,
) -> Lab:
    """Return a lab whose observer follows from the study's seed, subject and run alone.

    Parameters
    ----------
    subject
        Label as `stimuli.contract.vocabulary.subject_label` gives it.
    densities
        Where the model says people look, by ``stim_id``.
    host
        Folder that stands for the disk of the tracker's host.
    run
        From 1: another run of the same subject looks elsewhere.

    Examples
    --------
    >>> from pathlib import Path
    >>> from experiment import simulated_lab
    >>> from stimuli import Settings
    >>> lab = simulated_lab("07", {}, Settings(), Path("host"))
    >>> lab.display.draw_target()
    >>> round(lab.display.flip(), 6)
    0.008333
    """
    generator = np.random.default_rng([settings.study.seed, int(subject), run - 1])
    clock = VirtualClock()
    eye = Eye(Attention(densities, settings, generator), settings.observer, generator)
    return Lab(
        clock=clock,
        display=VirtualDisplay(clock, settings.screen.refresh_hz, seen=eye.see),
        tracker=SimulatedTracker(clock, eye, settings, generator, host),
        operator=SimulatedOperator(clock),
        participant_kind=ParticipantKind.SIMULATED,
    )
