"""Before an image: target, drift check, and the wait until gaze has rested on the target."""

from dataclasses import dataclass

import numpy as np

from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision
from experiment.protocols.tracker import DriftChecker
from experiment.records.journal import Journal, LineKind
from stimuli.contract.geometry import screen_to_degrees
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import Trial


@dataclass(frozen=True)
class Readiness:
    """How a trial came to its image.

    Attributes
    ----------
    decision
        ``ACCEPT`` if gaze rested on the target or the operator let the image be shown, ``SKIP``,
        or what else the operator asked for.
    recording_s
        First gaze sample of the trial; None if the wait ended before.
    timeouts
        How often the wait for fixation ran out.
    """

    decision: Decision
    recording_s: float | None
    timeouts: int


def await_readiness(trial: Trial, lab: Lab, settings: Settings, journal: Journal) -> Readiness:
    """Show the target, check drift, record, and wait until gaze has rested on the target.

    A wait that runs out is followed by another drift check, and from
    ``session.fixation_attempts`` on by a question to the operator, so that no participant is
    trapped.
    The recording goes on when this returns with ``ACCEPT`` or ``SKIP``, and has stopped otherwise.
    """
    tracker = lab.tracker
    recording_s, timeouts = None, 0
    while True:
        lab.display.draw_target()
        lab.display.flip()
        if isinstance(tracker, DriftChecker):
            offset_deg = tracker.drift_check()
            journal.write(LineKind.DRIFT_CHECK, trial=trial.trial, offset_deg=_rounded(offset_deg))
        started_s = tracker.start_recording()
        journal.write(
            LineKind.RECORDING_STARTED, trial=trial.trial, first_sample=round(started_s, 6)
        )
        recording_s = started_s if recording_s is None else recording_s

        decision = await_fixation(lab, settings)
        if decision == Decision.DRIFT_CHECK:
            timeouts += 1
            if timeouts >= settings.session.fixation_attempts:
                decision = lab.operator.ask(
                    f"trial {trial.trial}: gaze was not on the target in {timeouts} waits of "
                    f"{settings.session.fixation_timeout_s:g} s",
                    otherwise=Decision.ACCEPT,
                )
            tracker.message(f"FIXATION_TIMEOUT {decision}")
            journal.write(LineKind.FIXATION_TIMEOUT, trial=trial.trial, decision=decision)
        elif decision is not None:
            tracker.message(f"OPERATOR {decision}")
            journal.write(LineKind.OPERATOR, trial=trial.trial, decision=decision)
        decision = Decision.ACCEPT if decision is None else decision
        if decision in (Decision.ACCEPT, Decision.SKIP):
            return Readiness(decision, recording_s, timeouts)
        tracker.stop_recording()
        if decision != Decision.DRIFT_CHECK:
            return Readiness(decision, recording_s, timeouts)


def await_fixation(lab: Lab, settings: Settings) -> Decision | None:
    """Show the target until gaze has rested on it, the wait has run out, or a key is pressed.

    Gaze counts while it is within ``session.fixation_radius_deg`` of the centre without a break
    for ``session.fixation_s``; a lost eye is a break.

    Returns
    -------
    Decision or None
        None if gaze rested; ``DRIFT_CHECK`` if the wait ran out; otherwise what was asked for.
    """
    session = settings.session
    began_s = resting_since_s = None
    frames = unseen = 0
    while True:
        lab.display.draw_target()
        now_s = lab.display.flip()
        began_s = now_s if began_s is None else began_s
        frames, unseen = frames + 1, unseen + (not lab.tracker.check())
        gaze = lab.tracker.gaze()
        if gaze is None or _eccentricity_deg(gaze, settings) > session.fixation_radius_deg:
            resting_since_s = None
        elif resting_since_s is None:
            resting_since_s = now_s
        if resting_since_s is not None and now_s - resting_since_s >= session.fixation_s:
            return None
        decision = lab.operator.asked()
        if decision is not None:
            return decision
        if now_s - began_s >= session.fixation_timeout_s:
            if 2 * unseen > frames:
                lab.operator.tell(f"the eye was lost in {unseen} of {frames} frames")
            return Decision.DRIFT_CHECK


def _eccentricity_deg(gaze: np.ndarray, settings: Settings) -> float:
    """Return how far gaze ``(x, y)``, in screen pixels, is from the centre of the screen."""
    return float(np.hypot(*screen_to_degrees(gaze, settings.screen.geometry)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
