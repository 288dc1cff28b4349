"""One trial: central target, drift check, fixation, the image for its time, grey.

The states of a trial in the order of the paper's methods. Everything that must be known later is a
message in the tracker's file: a message that tells of a flip is sent after it and begins with the
milliseconds since (``MSG 7196804 2 SYNCTIME`` tells of 7196802), as the tracker's tools expect.
"""

from dataclasses import dataclass

import numpy as np

from experiment.lab import Decision, Lab, Picture
from experiment.session.journal import Journal
from stimuli.geometry import screen_to_degrees
from stimuli.settings import Settings
from stimuli.vocabulary import Trial

# The tracker ends its events only when it sees what follows them.
_RECORD_AFTER_S = 0.1


@dataclass(frozen=True)
class Presentation:
    """How an image was shown.

    Attributes
    ----------
    onset_s, offset_s
        Flips that brought the image and the grey after it; the same where it was skipped.
    frames
        Flips that showed the image.
    dropped_frames
        Flips after the onset, the one to grey included, that came late by at least half a frame.
    """

    onset_s: float
    offset_s: float
    frames: int
    dropped_frames: int


@dataclass(frozen=True)
class TrialRecord:
    """What happened in a trial; times in seconds on the display's clock.

    Attributes
    ----------
    status
        ``complete`` or ``skipped``.
    recording_s
        First gaze sample of the trial.
    timeouts
        How often the wait for fixation ran out.
    """

    trial: Trial
    status: str
    recording_s: float
    shown: Presentation
    timeouts: int


def run_trial(
    trial: Trial, picture: Picture, lab: Lab, settings: Settings, journal: Journal
) -> TrialRecord:
    """Run one trial and return what happened; the screen is left grey."""
    tracker = lab.tracker
    _announce_trial(trial, lab)
    lab.display.draw_target()
    lab.display.flip()
    journal.write("drift-check", trial=trial.trial, offset_deg=_rounded(tracker.drift_check()))
    recording_s = tracker.start_recording()

    timeouts, decision = 0, Decision.SHOW
    while not await_fixation(lab, settings):
        timeouts += 1
        decision = lab.operator.fixation_timed_out(trial, timeouts)
        tracker.message(f"FIXATION_TIMEOUT {decision}")
        journal.write("fixation-timeout", trial=trial.trial, decision=decision)
        if decision != Decision.DRIFT_CHECK:
            break
        tracker.stop_recording()
        offset_deg = tracker.drift_check()
        journal.write("drift-check", trial=trial.trial, offset_deg=_rounded(offset_deg))
        tracker.start_recording()

    if decision == Decision.SKIP:
        status, shown = "skipped", skip_image(lab)
    else:
        status, shown = "complete", show_image(trial, picture, lab, settings)
    lab.clock.wait(_RECORD_AFTER_S)
    tracker.stop_recording()
    tracker.message(f"!V TRIAL_VAR status {status}")
    tracker.message(f"!V TRIAL_VAR dropped_frames {shown.dropped_frames}")
    tracker.message(f"TRIAL_RESULT {0 if status == 'complete' else 1}")
    return TrialRecord(trial, status, recording_s, shown, timeouts)


def _announce_trial(trial: Trial, lab: Lab) -> None:
    stimulus = trial.stimulus
    lab.tracker.message(f"TRIALID {trial.trial}")
    for name, value in (
        ("block", trial.block),
        ("block_position", trial.block_position),
        ("stim_id", stimulus.stim_id),
        ("source_id", stimulus.source_id),
        ("condition", stimulus.condition),
        ("direction", stimulus.direction),
    ):
        lab.tracker.message(f"!V TRIAL_VAR {name} {value}")


def await_fixation(lab: Lab, settings: Settings) -> bool:
    """Show the target until gaze has rested on it, or the wait has run out.

    Gaze counts while it is within ``session.fixation_radius_deg`` of the centre without a break
    for ``session.fixation_s``; a lost eye is a break.
    """
    session = settings.session
    began_s = resting_since_s = None
    while True:
        lab.display.draw_target()
        now_s = lab.display.flip()
        began_s = now_s if began_s is None else began_s
        gaze = lab.tracker.gaze()
        if gaze is None or _eccentricity_deg(gaze, settings) > session.fixation_radius_deg:
            resting_since_s = None
        elif resting_since_s is None:
            resting_since_s = now_s
        if resting_since_s is not None and now_s - resting_since_s >= session.fixation_s:
            return True
        if now_s - began_s >= session.fixation_timeout_s:
            return False


def show_image(trial: Trial, picture: Picture, lab: Lab, settings: Settings) -> Presentation:
    """Show an image for ``session.image_s``, counted in frames, then grey."""
    frame_s = 1 / settings.screen.refresh_hz
    frames = max(round(settings.session.image_s / frame_s), 1)
    lab.display.draw_picture(picture)
    onset_s = previous_s = lab.display.flip()
    _tell_flip(lab, onset_s, "SYNCTIME")
    _tell_flip(lab, onset_s, _image_message(trial, settings))
    dropped = 0
    for frame in range(1, frames + 1):
        if frame < frames:
            lab.display.draw_picture(picture)
        else:
            lab.display.draw_blank()
        flip_s = lab.display.flip()
        dropped += flip_s - previous_s >= 1.5 * frame_s
        previous_s = flip_s
    _tell_flip(lab, flip_s, "IMAGE_OFFSET")
    return Presentation(onset_s, flip_s, frames, dropped)


def skip_image(lab: Lab) -> Presentation:
    """Show grey in place of the image."""
    lab.display.draw_blank()
    flip_s = lab.display.flip()
    return Presentation(flip_s, flip_s, frames=0, dropped_frames=0)


def _tell_flip(lab: Lab, flip_s: float, text: str) -> None:
    lab.tracker.message(f"{round((lab.clock.now() - flip_s) * 1000)} {text}")


def _image_message(trial: Trial, settings: Settings) -> str:
    """Data Viewer's background: path from the tracker's file, then centre and size in pixels."""
    screen, placement = settings.screen, settings.placement
    return (
        f"!V IMGLOAD CENTER ../../{trial.stimulus.image} "
        f"{screen.width_px // 2} {screen.height_px // 2} "
        f"{placement.width_px:.0f} {placement.height_px:.0f}"
    )


def _eccentricity_deg(gaze: np.ndarray, settings: Settings) -> float:
    return float(np.hypot(*screen_to_degrees(gaze, settings.screen.geometry)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
