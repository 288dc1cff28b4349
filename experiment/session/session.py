"""The session: three blocks with rests between them, calibration before each, trial after trial.

In come the schedule and the laboratory; out come the records of the trials. Whatever happens is in
the journal as soon as it has happened.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from experiment.lab import Lab, Picture
from experiment.session.journal import Journal
from experiment.session.trial import TrialRecord, run_trial
from stimuli.settings import Settings
from stimuli.vocabulary import Trial


def run_session(
    schedule: Sequence[Trial],
    lab: Lab,
    settings: Settings,
    journal: Journal,
    *,
    root: Path,
    trial_done: Callable[[], None] = lambda: None,
) -> list[TrialRecord]:
    """Run all trials of a schedule.

    Parameters
    ----------
    root
        The study folder, where the images lie.
    trial_done
        Called after every trial, to show progress.
    """
    _describe_screen(lab, settings)
    records: list[TrialRecord] = []
    for position, block in groupby(schedule, key=lambda trial: trial.block_position):
        trials = list(block)
        if records:
            _rest(lab, journal)
        lab.tracker.calibrate()
        journal.write("block-started", block=trials[0].block, block_position=position)
        picture = _load(trials[0], lab, root)
        for trial, following in zip(trials, [*trials[1:], None], strict=True):
            records.append(_journaled_trial(trial, picture, lab, settings, journal))
            picture = _blank(records[-1], following, lab, settings, root)
            trial_done()
    return records


def _describe_screen(lab: Lab, settings: Settings) -> None:
    screen = settings.screen
    right_px, bottom_px = screen.width_px - 1, screen.height_px - 1
    lab.tracker.message(f"DISPLAY_COORDS 0 0 {right_px} {bottom_px}")
    lab.tracker.message(f"RETRACE_INTERVAL {1000 / screen.refresh_hz:.6f}")


def _rest(lab: Lab, journal: Journal) -> None:
    lab.display.draw_text("Please rest. Press a key when you are ready to go on.")
    lab.display.flip()
    lab.operator.rest()
    journal.write("rested")


def _load(trial: Trial, lab: Lab, root: Path) -> Picture:
    return lab.display.load(root / trial.stimulus.image, trial.stimulus.stim_id)


def _journaled_trial(
    trial: Trial, picture: Picture, lab: Lab, settings: Settings, journal: Journal
) -> TrialRecord:
    stim_id = trial.stimulus.stim_id
    journal.write("trial-started", trial=trial.trial, stim_id=stim_id)
    try:
        record = run_trial(trial, picture, lab, settings, journal)
    except BaseException:
        journal.write("trial-ended", trial=trial.trial, stim_id=stim_id, status="interrupted")
        raise
    journal.write(
        "trial-ended",
        trial=trial.trial,
        stim_id=stim_id,
        status=record.status,
        onset=record.shown.onset_s,
        frames=record.shown.frames,
        dropped_frames=record.shown.dropped_frames,
    )
    journal.sync()
    return record


def _blank(
    record: TrialRecord, following: Trial | None, lab: Lab, settings: Settings, root: Path
) -> Picture | None:
    """Keep the screen grey for ``session.blank_s`` and meanwhile load the next image."""
    until_s = record.shown.offset_s + settings.session.blank_s
    picture = None if following is None else _load(following, lab, root)
    half_frame_s = 0.5 / settings.screen.refresh_hz
    while lab.clock.now() < until_s - half_frame_s:
        lab.display.draw_blank()
        lab.display.flip()
    return picture
