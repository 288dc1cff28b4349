"""One trial: central target, drift check, fixation, the image for its time, grey.

In come a trial, its image and the laboratory; out comes a `TrialRecord` of what happened. The
states follow each other as in the paper's methods. Everything that must be known later is a message
in the recording, see `experiment.session.trial_messages`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from experiment.protocols.display import Picture
from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision
from experiment.protocols.tracker import AfterImage, HostScreen, InterestArea, TrackerFault
from experiment.protocols.watch import TrackerState
from experiment.records.journal import WITHDRAWN, Journal, LineKind, TrialEnd
from experiment.session.fixation import Readiness, await_readiness
from experiment.session.presentation import Presentation, show_image, skip_image
from experiment.session.trial_messages import announce_trial, close_trial
from stimuli.contract.journal import packed_intervals
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ParticipantKind, ShownBy, Trial, TrialStatus


@dataclass(frozen=True)
class TrialRecord:
    """What happened in a trial.

    Attributes
    ----------
    status
        How the trial went; interrupted if the image had appeared when the trial was broken off,
        withdrawn if it had not.
    decision
        What the operator asked for, of a trial that is withdrawn.
    recording_s
        First gaze sample of the trial, on the display's clock; None if nothing was recorded.
    timeouts
        How often the wait for fixation ran out.
    fault
        Why the tracker broke it off, if it did.
    answered_s
        When what the tracker asked after the image was answered; None of a tracker that asks
        nothing.
    """

    trial: Trial
    status: TrialEnd
    decision: Decision
    recording_s: float | None
    shown: Presentation
    timeouts: int
    fault: TrackerFault | None = None
    answered_s: float | None = None

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
    started = LineKind.PRACTICE_STARTED if trial.trial < 0 else LineKind.TRIAL_STARTED
    journal.write(started, trial=trial.trial, stim_id=stimulus.stim_id)
    status: TrialEnd = WITHDRAWN
    shown: Presentation | None = None
    fault: TrackerFault | None = None
    answered_s: float | None = None
    ready = Readiness(Decision.ACCEPT, None, 0)
    lab.watch.tell(trial=trial.trial, stim_id=stimulus.stim_id, image=stimulus.image)
    onset_s = lab.clock.now()
    try:
        announce_trial(trial, areas, lab)
        label = f"trial {trial.trial} {stimulus.stim_id}"
        if isinstance(lab.tracker, HostScreen):
            lab.tracker.describe(label, root / stimulus.image, areas)
        ready = await_readiness(trial, lab, settings, journal)
        if ready.decision == Decision.SKIP:
            status, shown = TrialStatus.SKIPPED, skip_image(lab)
        elif ready.decision == Decision.ACCEPT:
            status, onset_s = TrialStatus.INTERRUPTED, lab.clock.now()
            lab.watch.tell(waits_for="", showing=True)
            shown = show_image(trial, picture, lab, settings)
            if isinstance(lab.tracker, AfterImage):
                lab.watch.tell(showing=False, waits_for="an answer of the participant")
                lab.tracker.after_image(shown.offset_s)
                answered_s = lab.clock.now()
            status = _shown_status(lab)
        close_trial(status, shown, lab)
    except TrackerFault as error:
        fault = error
        _close_after_fault(status, lab)
    except OSError:  # the tracker's file lacks the end of the trial
        status = WITHDRAWN if status == WITHDRAWN else TrialStatus.INTERRUPTED
        _close_after_fault(status, lab)
        raise
    except BaseException:
        _close_after_fault(status, lab)
        raise
    finally:
        # Of an image that was broken off, or did not appear, no frame is known for certain.
        shown = shown or Presentation(onset_s, lab.clock.now(), frames=0, dropped_frames=0)
        state = TrackerState.READY if fault is None else TrackerState.FAILED
        lab.watch.tell(showing=False, gaze=None, waits_for="", keys="", tracker=state)
        _journal_end(journal, trial, status, shown, settings, ready.shown_by)
    return TrialRecord(
        trial, status, ready.decision, ready.recording_s, shown, ready.timeouts, fault, answered_s
    )


def skip_trial(trial: Trial, lab: Lab, settings: Settings, journal: Journal) -> TrialRecord:
    """Skip a trial that could not be run; the tracker, which is why, is told nothing."""
    now_s = lab.clock.now()
    shown = Presentation(now_s, now_s, frames=0, dropped_frames=0)
    _journal_end(journal, trial, TrialStatus.SKIPPED, shown, settings)
    return TrialRecord(trial, TrialStatus.SKIPPED, Decision.SKIP, None, shown, timeouts=0)


def _shown_status(lab: Lab) -> TrialStatus:
    """Return how a trial went whose image was shown for its time."""
    dummy = lab.participant_kind == ParticipantKind.DUMMY
    return TrialStatus.UNRECORDED if dummy else TrialStatus.COMPLETE


def _journal_end(
    journal: Journal,
    trial: Trial,
    status: TrialEnd,
    shown: Presentation,
    settings: Settings,
    shown_by: ShownBy | None = None,
) -> None:
    off = shown.frames_off
    journal.write(
        LineKind.PRACTICE_ENDED if trial.trial < 0 else LineKind.TRIAL_ENDED,
        trial=trial.trial,
        stim_id=trial.stimulus.stim_id,
        status=status,
        onset=round(shown.onset_s, 6),
        offset=round(shown.offset_s, 6),
        frames=shown.frames,
        dropped_frames=shown.dropped_frames,
        early_frames=shown.early_frames,
        unseen_frames=shown.unseen_frames,
        frames_off=off,
        on_time=None if off is None else abs(off) <= settings.session.tolerance_frames,
        shown_by=None if status in (WITHDRAWN, TrialStatus.SKIPPED) else shown_by,
        intervals=packed_intervals(shown.intervals_s),
    )


def _close_after_fault(status: TrialEnd, lab: Lab) -> None:
    """Leave the screen grey, and mark the trial's end as far as the tracker still listens."""
    lab.display.draw_blank()
    lab.display.flip()
    with suppress(TrackerFault, OSError):
        close_trial(status, None, lab)
