"""Before an image: target, drift check, and the wait until gaze has rested on the target."""

from dataclasses import dataclass

import numpy as np

from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision, keys_in_words
from experiment.protocols.tracker import DriftChecker
from experiment.protocols.watch import TrackerState
from experiment.records.journal import Journal, LineKind
from experiment.session.presentation import tell_gaze
from experiment.session.waiting import announce, ask_operator
from stimuli.contract.geometry import screen_to_degrees
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ShownBy, Trial

# As long as the line on a host's screen.
DRIFT_CHECK = "drift check; space accept, a show, c calibrate, s skip, p pause"
_AT_DRIFT_CHECK = {
    Decision.GO_ON: "accept the target",
    Decision.ACCEPT: "show the image all the same",
    Decision.RECALIBRATE: "calibrate",
    Decision.SKIP: "skip the trial",
    Decision.PAUSE: "pause",
    Decision.ABORT: "end the session",
}
_AFTER_TIMEOUTS = {
    Decision.GO_ON: "another drift check",
    Decision.ACCEPT: "show the image all the same",
    Decision.RECALIBRATE: "calibrate",
    Decision.SKIP: "skip the trial",
    Decision.PAUSE: "pause",
}
_WHILE_FIXATING = (
    Decision.ACCEPT, Decision.RECALIBRATE, Decision.SKIP, Decision.PAUSE, Decision.ABORT,
)  # fmt: skip


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
    shown_by
        How the image comes to be shown; None where it does not.
    """

    decision: Decision
    recording_s: float | None
    timeouts: int
    shown_by: ShownBy | None = None


def await_readiness(trial: Trial, lab: Lab, settings: Settings, journal: Journal) -> Readiness:
    """Show the target, check drift, record, and wait until gaze has rested on the target.

    A wait that runs out is followed by another drift check, and from
    ``session.fixation_attempts`` on by a question to the operator, so that no participant is
    trapped. At a drift check the operator can ask for the same as at any other time.
    The recording goes on when this returns with ``ACCEPT``, and has stopped or not begun otherwise,
    but where the trial is skipped after it began.
    """
    tracker = lab.tracker
    recording_s, timeouts = None, 0
    while True:
        checked, asked = _check_drift(trial, lab, journal)
        if asked not in (None, Decision.ACCEPT):
            return Readiness(asked, recording_s, timeouts)
        started_s = tracker.start_recording()
        journal.write(
            LineKind.RECORDING_STARTED, trial=trial.trial, first_sample=round(started_s, 6)
        )
        lab.watch.tell(tracker=TrackerState.RECORDING)
        recording_s = started_s if recording_s is None else recording_s
        if asked == Decision.ACCEPT:
            return Readiness(asked, recording_s, timeouts, ShownBy.CHECK_SKIPPED)

        decision = await_fixation(lab, settings)
        if decision is None:
            shown_by = ShownBy.GAZE if checked else ShownBy.CHECK_SKIPPED
            if not tracker.tells_gaze:
                shown_by = ShownBy.BY_TIME
            return Readiness(Decision.ACCEPT, recording_s, timeouts, shown_by)
        if decision == Decision.DRIFT_CHECK:
            timeouts += 1
            if timeouts >= settings.session.fixation_attempts:
                decision = _ask_after_timeouts(trial, lab, settings, timeouts)
            tracker.message(f"FIXATION_TIMEOUT {decision}")
            journal.write(LineKind.FIXATION_TIMEOUT, trial=trial.trial, decision=decision)
        else:
            tracker.message(f"OPERATOR {decision}")
            journal.write(LineKind.OPERATOR, trial=trial.trial, decision=decision)
        if decision == Decision.ACCEPT:
            return Readiness(decision, recording_s, timeouts, ShownBy.BY_HAND)
        if decision == Decision.SKIP:
            return Readiness(decision, recording_s, timeouts)
        tracker.stop_recording()
        lab.watch.tell(tracker=TrackerState.READY)
        if decision != Decision.DRIFT_CHECK:
            return Readiness(decision, recording_s, timeouts)


def _check_drift(trial: Trial, lab: Lab, journal: Journal) -> tuple[bool, Decision | None]:
    """Return whether drift was checked, and what the operator asked for in its place.

    A tracker that has no drift check is not asked for one; gaze on the target is enough.
    """
    lab.display.draw_target()
    lab.display.flip()
    waits_for = "gaze on the target" if lab.tracker.tells_gaze else "the target's time"
    if not isinstance(lab.tracker, DriftChecker):
        lab.watch.tell(waits_for=waits_for)
        return True, None
    announce(lab, f"trial {trial.trial} {DRIFT_CHECK}")
    lab.watch.tell(waits_for="drift check", keys=keys_in_words(_AT_DRIFT_CHECK))
    offset_deg = lab.tracker.drift_check()
    asked = lab.operator.asked() if offset_deg is None else None
    asked = None if asked == Decision.GO_ON else asked
    journal.write(LineKind.DRIFT_CHECK, trial=trial.trial, offset_deg=_rounded(offset_deg))
    if asked is not None:
        lab.tracker.message(f"OPERATOR {asked}")
        journal.write(LineKind.OPERATOR, trial=trial.trial, decision=asked)
    announce(lab, f"trial {trial.trial} {trial.stimulus.stim_id}")
    lab.watch.tell(waits_for=waits_for, keys="")
    return offset_deg is not None, asked


def _ask_after_timeouts(trial: Trial, lab: Lab, settings: Settings, timeouts: int) -> Decision:
    decision = ask_operator(
        lab,
        f"trial {trial.trial}: gaze was not on the target in {timeouts} waits of "
        f"{settings.session.fixation_timeout_s:g} s",
        _AFTER_TIMEOUTS,
        otherwise=Decision.ACCEPT,
        where=f"before the image of trial {trial.trial}",
        draw=lab.display.draw_target,
    )
    return Decision.DRIFT_CHECK if decision == Decision.GO_ON else decision


def await_fixation(lab: Lab, settings: Settings) -> Decision | None:
    """Show the target until gaze has rested on it, the wait has run out, or a key is pressed.

    Gaze counts while it is within ``session.fixation_radius_deg`` of the centre without a break
    for ``session.fixation_s``; a lost eye is a break. Where nothing tells of gaze, the target is
    shown for that time. The key that goes on elsewhere, which the participant has too, does nothing
    here.

    Returns
    -------
    Decision or None
        None if gaze rested, or nothing tells of it; ``DRIFT_CHECK`` if the wait ran out;
        otherwise what was asked for.
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
        if lab.watch.follows_gaze:
            tell_gaze(lab, gaze)
        off_deg = np.inf if gaze is None else _eccentricity_deg(gaze, settings)
        if lab.tracker.tells_gaze and off_deg > session.fixation_radius_deg:
            resting_since_s = None
        elif resting_since_s is None:
            resting_since_s = now_s
        if resting_since_s is not None and now_s - resting_since_s >= session.fixation_s:
            return None
        decision = lab.operator.asked()
        if decision in _WHILE_FIXATING:
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
