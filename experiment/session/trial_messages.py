"""What the recording is told of a trial, whatever the tracker: which it is, and how it went.

``TRIALID 7`` begins a trial, ``STIM_ID photo01-increase`` names its image and ``TRIAL_END
complete`` ends it; a tracker with a viewer of its own says the latter two in that viewer's words
(`experiment.protocols.tracker.TrialNotes`). A message that tells of a flip is sent after it and
begins with the milliseconds since: ``2 SYNCTIME`` that arrives at 7196804 tells of 7196802.
"""

from collections.abc import Sequence

from experiment.protocols.lab import Lab
from experiment.protocols.tracker import InterestArea, TrialNotes
from experiment.records.journal import TrialEnd
from experiment.session.presentation import Presentation
from stimuli.contract.vocabulary import Trial

# The tracker ends its events only when it sees what follows them.
_RECORD_AFTER_S = 0.1


def announce_trial(trial: Trial, areas: Sequence[InterestArea], lab: Lab) -> None:
    """Tell the tracker which trial begins; the screen is grey."""
    stimulus, tracker = trial.stimulus, lab.tracker
    tracker.message(f"TRIALID {trial.trial}")
    if isinstance(tracker, TrialNotes):
        facts = {
            "block": trial.block,
            "block_position": trial.block_position,
            "stim_id": stimulus.stim_id,
            "source_id": stimulus.source_id,
            "condition": stimulus.condition,
            "direction": stimulus.direction,
        }
        tracker.note_trial(facts, areas)
    else:
        tracker.message(f"STIM_ID {stimulus.stim_id}")
    offset_ms = tracker.clock_offset_ms()
    if offset_ms is not None:
        tracker.message(f"CLOCK_OFFSET_MS {offset_ms:.3f}")


def close_trial(status: TrialEnd, shown: Presentation | None, lab: Lab) -> None:
    """Stop recording a little after the image, and tell the tracker how the trial went."""
    lab.clock.wait(_RECORD_AFTER_S)
    lab.tracker.stop_recording()
    if isinstance(lab.tracker, TrialNotes):
        facts = {} if shown is None else {"dropped_frames": shown.dropped_frames}
        lab.tracker.note_end(status, facts)
    else:
        lab.tracker.message(f"TRIAL_END {status}")
