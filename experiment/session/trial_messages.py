"""What the tracker's file is told of a trial: which it is, where its objects lie, how it went.

The words are those that SR Research's Data Viewer reads: ``TRIALID``, ``!V TRIAL_VAR``,
``!V IAREA``, ``TRIAL_RESULT``. Of the image itself `experiment.session.presentation` tells.
"""

from collections.abc import Sequence

from experiment.protocols.lab import Lab
from experiment.protocols.tracker import InterestArea
from experiment.records.journal import WITHDRAWN, TrialEnd
from experiment.session.presentation import Presentation
from stimuli.contract.vocabulary import Trial, TrialStatus

# The tracker ends its events only when it sees what follows them.
_RECORD_AFTER_S = 0.1
# Messages in one burst can fill the link; the host writes them down in less than this.
_BETWEEN_MESSAGES_S = 0.002
# What TRIAL_RESULT tells Data Viewer of each end of a trial.
_RESULTS: dict[TrialEnd, int] = {
    TrialStatus.COMPLETE: 0,
    TrialStatus.UNRECORDED: 0,
    TrialStatus.SKIPPED: 1,
    TrialStatus.INTERRUPTED: -1,
    WITHDRAWN: -1,
}


def announce_trial(trial: Trial, areas: Sequence[InterestArea], lab: Lab) -> None:
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


def close_trial(status: TrialEnd, shown: Presentation | None, lab: Lab) -> None:
    """Stop recording a little after the image, and tell the tracker how the trial went."""
    lab.clock.wait(_RECORD_AFTER_S)
    lab.tracker.stop_recording()
    lab.tracker.message(f"!V TRIAL_VAR status {status}")
    if shown is not None:
        lab.tracker.message(f"!V TRIAL_VAR dropped_frames {shown.dropped_frames}")
    lab.tracker.message(f"TRIAL_RESULT {_RESULTS[status]}")
