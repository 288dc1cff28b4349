"""One trial: central target, drift check, fixation, the image for its time, grey.

The states of a trial in the order of the paper's methods. Everything that must be known later is a
message in the tracker's file: a message that tells of a flip is sent after it and begins with the
milliseconds since (``MSG 7196804 2 SYNCTIME`` tells of 7196802), as the tracker's tools expect.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from experiment.lab import Decision, InterestArea, Lab, Picture, TrackerFault
from experiment.session.fixation import Readiness, await_readiness
from experiment.session.journal import Journal
from stimuli.settings import Settings
from stimuli.vocabulary import Trial

# The tracker ends its events only when it sees what follows them.
_RECORD_AFTER_S = 0.1
# Messages in one burst can fill the link; the host writes them down in less than this.
_BETWEEN_MESSAGES_S = 0.002
# A trial that ended before its image appeared is withdrawn: it can be run again.
COMPLETE, UNRECORDED, SKIPPED = "complete", "unrecorded", "skipped"
INTERRUPTED, WITHDRAWN = "interrupted", "withdrawn"
_RESULTS = {COMPLETE: 0, UNRECORDED: 0, SKIPPED: 1, INTERRUPTED: -1, WITHDRAWN: -1}


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
    unseen_frames
        Frames at which the tracker did not see the eye.
    """

    onset_s: float
    offset_s: float
    frames: int
    dropped_frames: int
    unseen_frames: int = 0


@dataclass(frozen=True)
class TrialRecord:
    """What happened in a trial.

    Attributes
    ----------
    status
        ``complete``, ``unrecorded`` or ``skipped``; ``interrupted`` if the image had appeared when
        the trial was broken off, ``withdrawn`` if it had not.
    decision
        What the operator asked for, of a trial that is withdrawn.
    recording_s
        First gaze sample of the trial, on the display's clock; None if nothing was recorded.
    timeouts
        How often the wait for fixation ran out.
    fault
        Why the tracker broke it off, if it did.
    """

    trial: Trial
    status: str
    decision: Decision
    recording_s: float | None
    shown: Presentation
    timeouts: int
    fault: TrackerFault | None = None

    @property
    def seen(self) -> bool:
        """Whether the trial is over: its image was shown, in part at least, or skipped."""
        return self.status != WITHDRAWN


def run_trial(
    trial: Trial,
    picture: Picture,
    lab: Lab,
    settings: Settings,
    journal: Journal,
    *,
    areas: Sequence[InterestArea] = (),
    root: Path = Path(),
) -> TrialRecord:
    """Run one trial and return what happened; the screen is left grey.

    Whatever ends the trial is in the journal, and in the tracker's file if it still listens.

    Parameters
    ----------
    areas
        Where the objects of the image lie.
    root
        The study folder.
    """
    stimulus = trial.stimulus
    journal.write(f"{_kind(trial)}-started", trial=trial.trial, stim_id=stimulus.stim_id)
    status, shown, fault = WITHDRAWN, None, None
    ready = Readiness(Decision.ACCEPT, None, 0)
    onset_s = lab.clock.now()
    try:
        announce(trial, areas, lab)
        label = f"trial {trial.trial} {stimulus.stim_id}"
        lab.tracker.describe(label, root / stimulus.image, areas)
        ready = await_readiness(trial, lab, settings, journal)
        if ready.decision == Decision.SKIP:
            status, shown = SKIPPED, skip_image(lab)
        elif ready.decision == Decision.ACCEPT:
            status, onset_s = INTERRUPTED, lab.clock.now()
            shown = show_image(trial, picture, lab, settings)
            status = UNRECORDED if lab.observer == "dummy" else COMPLETE
        close_trial(status, shown, lab)
    except TrackerFault as error:
        fault = error
        _close_after_fault(status, lab)
    except BaseException:
        _close_after_fault(status, lab)
        raise
    finally:
        shown = shown or Presentation(onset_s, lab.clock.now(), frames=0, dropped_frames=0)
        _journal_end(journal, trial, status, shown)
    return TrialRecord(
        trial, status, ready.decision, ready.recording_s, shown, ready.timeouts, fault
    )


def skip_trial(trial: Trial, lab: Lab, journal: Journal) -> TrialRecord:
    """Skip a trial that could not be run; the tracker, which is why, is told nothing."""
    now_s = lab.clock.now()
    shown = Presentation(now_s, now_s, frames=0, dropped_frames=0)
    _journal_end(journal, trial, SKIPPED, shown)
    return TrialRecord(trial, SKIPPED, Decision.SKIP, None, shown, timeouts=0)


def _journal_end(journal: Journal, trial: Trial, status: str, shown: Presentation) -> None:
    journal.write(
        f"{_kind(trial)}-ended",
        trial=trial.trial,
        stim_id=trial.stimulus.stim_id,
        status=status,
        onset=round(shown.onset_s, 6),
        offset=round(shown.offset_s, 6),
        frames=shown.frames,
        dropped_frames=shown.dropped_frames,
        unseen_frames=shown.unseen_frames,
    )


def _kind(trial: Trial) -> str:
    return "trial" if trial.trial > 0 else "practice"


def _close_after_fault(status: str, lab: Lab) -> None:
    """Grey screen, no recording, the trial's end marked: as far as the tracker still listens."""
    lab.display.draw_blank()
    lab.display.flip()
    with suppress(TrackerFault):
        close_trial(status, None, lab)


def announce(trial: Trial, areas: Sequence[InterestArea], lab: Lab) -> None:
    """Tell tracker and host which trial begins; the screen is grey."""
    stimulus, tracker = trial.stimulus, lab.tracker
    tracker.message(f"TRIALID {trial.trial}")
    messages = [
        f"!V TRIAL_VAR {name} {value}"
        for name, value in (
            ("block", trial.block),
            ("block_position", trial.block_position),
            ("stim_id", stimulus.stim_id),
            ("source_id", stimulus.source_id),
            ("condition", stimulus.condition),
            ("direction", stimulus.direction),
        )
    ]
    for number, area in enumerate(areas, start=1):
        edges = f"{area.left_px} {area.top_px} {area.right_px} {area.bottom_px}"
        messages.append(f"!V IAREA RECTANGLE {number} {edges} {area.label}")
    offset_ms = tracker.clock_offset_ms()
    if offset_ms is not None:
        messages.append(f"CLOCK_OFFSET_MS {offset_ms:.3f}")
    for message in messages:
        lab.clock.wait(_BETWEEN_MESSAGES_S)
        tracker.message(message)


def show_image(trial: Trial, picture: Picture, lab: Lab, settings: Settings) -> Presentation:
    """Show an image for ``session.image_s``, counted in frames, then grey.

    Nothing but drawing, flipping and one look at the tracker's status happens between the flips.

    Raises
    ------
    TrackerFault
        If the recording ended before the image did.
    """
    frame_s = 1 / settings.screen.refresh_hz
    frames = max(round(settings.session.image_s / frame_s), 1)
    lab.display.draw_picture(picture)
    onset_s = previous_s = lab.display.flip()
    _tell_flip(lab, onset_s, "SYNCTIME")
    _tell_flip(lab, onset_s, _image_message(trial, settings))
    dropped = unseen = 0
    for frame in range(1, frames + 1):
        if frame < frames:
            lab.display.draw_picture(picture)
        else:
            lab.display.draw_blank()
        flip_s = lab.display.flip()
        dropped += flip_s - previous_s >= 1.5 * frame_s
        previous_s = flip_s
        unseen += not lab.tracker.check()
    _tell_flip(lab, flip_s, "IMAGE_OFFSET")
    return Presentation(onset_s, flip_s, frames, dropped, unseen)


def skip_image(lab: Lab) -> Presentation:
    """Show grey in place of the image."""
    lab.display.draw_blank()
    flip_s = lab.display.flip()
    return Presentation(flip_s, flip_s, frames=0, dropped_frames=0)


def close_trial(status: str, shown: Presentation | None, lab: Lab) -> None:
    """Stop recording a little after the image, and tell the tracker how the trial went."""
    lab.clock.wait(_RECORD_AFTER_S)
    lab.tracker.stop_recording()
    lab.tracker.message(f"!V TRIAL_VAR status {status}")
    if shown is not None:
        lab.tracker.message(f"!V TRIAL_VAR dropped_frames {shown.dropped_frames}")
    lab.tracker.message(f"TRIAL_RESULT {_RESULTS[status]}")


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
