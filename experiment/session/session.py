"""The session: blocks of trials with rests between them, calibration before each, then the end.

In come what is left of the schedule and the laboratory. Whatever happens is in the journal as soon
as it has happened; the tables are made from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from experiment.protocols.display import Picture
from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision
from experiment.protocols.tracker import InterestArea, TrackerFault
from experiment.records.journal import Journal, LineKind
from experiment.session.calibrations import Calibrations
from experiment.session.progress import Progress
from experiment.session.texts import Texts
from experiment.session.trial import TrialRecord, run_trial, skip_trial
from experiment.session.waiting import ask_operator, confirm_end
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ParticipantKind, Trial

_FAULTS_IN_A_TRIAL = 5
_IN_THE_BLANK = (Decision.PAUSE, Decision.RECALIBRATE, Decision.SKIP, Decision.ABORT)


@dataclass(frozen=True)
class SessionPlan:
    """What a session is to show, in which words.

    Attributes
    ----------
    schedule
        The trials that are still to be run.
    practice
        Trials before the first block; none in a session that goes on.
    blocks
        Number of blocks of the whole schedule.
    areas
        Interest areas by ``source_id``.
    texts
        What the participant reads.
    root
        The study folder, where the images lie.
    """

    schedule: Sequence[Trial]
    practice: Sequence[Trial]
    blocks: int
    areas: Mapping[str, Sequence[InterestArea]]
    texts: Texts
    root: Path


def run_session(
    plan: SessionPlan,
    lab: Lab,
    settings: Settings,
    journal: Journal,
    *,
    trial_done: Callable[[], None] = lambda: None,
) -> None:
    """Run all trials of a session.

    Parameters
    ----------
    journal
        Open; every line is on the disk before the session goes on.
    trial_done
        Called after every trial, to show progress.

    Raises
    ------
    SessionAborted
        If the operator ends it.
    TrackerFault
        If the tracker cannot be reached any more.
    """
    runner = _SessionRunner(plan, lab, settings, journal)
    calibrations = runner.calibrations
    lab.watch.tell(
        trials=len(plan.schedule),
        done=0,
        blocks=plan.blocks,
        tells_gaze=lab.tracker.tells_gaze,
        schedule=[[trial.trial, trial.stimulus.stim_id] for trial in plan.schedule],
    )
    if lab.participant_kind != ParticipantKind.SIMULATED:
        runner.test_keyboard()
    _describe_screen(lab, settings)
    runner.read(plan.texts.instructions)
    if plan.practice:
        runner.read(plan.texts.practice)
        calibrations.calibrate()
        runner.run_block(plan.practice)
        runner.read(plan.texts.begin)
    for position, block in groupby(plan.schedule, key=lambda trial: trial.block_position):
        trials = list(block)
        if trials[0].trial != plan.schedule[0].trial:
            runner.read(plan.texts.rest.format(done=position - 1, blocks=plan.blocks))
            journal.write(LineKind.RESTED)
        calibrations.calibrate()
        lab.watch.tell(block=position)
        journal.write(LineKind.BLOCK_STARTED, block=trials[0].block, block_position=position)
        runner.run_block(trials, trial_done)
        if settings.session.validate_blocks:
            calibrations.validate()
    lab.display.draw_text(plan.texts.end)
    lab.display.flip()


def _describe_screen(lab: Lab, settings: Settings) -> None:
    """Write size and measured refresh rate of the screen into the tracker's file."""
    screen = settings.screen
    frame_s = lab.frame_s or 1 / screen.refresh_hz
    right_px, bottom_px = screen.width_px - 1, screen.height_px - 1
    lab.tracker.message(f"DISPLAY_COORDS 0 0 {right_px} {bottom_px}")
    lab.tracker.message(f"RETRACE_INTERVAL {1000 * frame_s:.6f}")


class _SessionRunner:
    """A session under way."""

    def __init__(self, plan: SessionPlan, lab: Lab, settings: Settings, journal: Journal):
        self._plan, self._lab, self._settings, self._journal = plan, lab, settings, journal
        self.calibrations = Calibrations(lab, settings, journal, plan.texts.calibration)
        self._progress = Progress(lab.clock, len(plan.schedule))

    def test_keyboard(self) -> None:
        """Wait until a key reaches the session."""
        self._ask(
            "operator: press the space bar, to test the keyboard",
            {Decision.GO_ON: "go on"},
            where="at the test of the keyboard",
        )

    def read(self, text: str) -> None:
        """Show a screen of words until somebody goes on."""
        self._ask(
            "the participant reads",
            {Decision.GO_ON: "go on"},
            where="at a screen of words",
            draw=lambda: self._lab.display.draw_text(text),
        )

    def run_block(
        self, trials: Sequence[Trial], trial_done: Callable[[], None] = lambda: None
    ) -> None:
        """Run the trials of a block; the images load in the grey between them."""
        picture, skips = self._load(trials[0]), False
        for trial, following in zip(trials, [*trials[1:], None], strict=True):
            if trial.trial > 0:
                self._progress.begin()
            if skips:
                record = skip_trial(trial, self._lab, self._settings, self._journal)
                self._report(record)
            else:
                record = self._run_until_shown(trial, picture)
            if trial.trial > 0:
                self._lab.watch.tell(**self._progress.after(record))
            next_picture, skips = self._blank(record, following)
            picture = next_picture or picture
            if following is not None:
                self.calibrations.offer()
            trial_done()

    def _run_until_shown(self, trial: Trial, picture: Picture) -> TrialRecord:
        """Run a trial until its image was shown, in part at least, or skipped."""
        faults = 0
        while True:
            record = run_trial(
                trial,
                picture,
                self._lab,
                self._settings,
                self._journal,
                areas=self._plan.areas.get(trial.stimulus.source_id, ()),
                root=self._plan.root,
            )
            self._report(record)
            decision = record.decision
            if record.fault is not None:
                faults += 1
                decision = self._ask_after_fault(record, record.fault, faults)
                if decision == Decision.SKIP and not record.seen:
                    return skip_trial(trial, self._lab, self._settings, self._journal)
            if record.fault is not None or not record.seen:
                self._carry_out(decision)
            if record.seen:
                return record

    def _ask_after_fault(self, record: TrialRecord, fault: TrackerFault, faults: int) -> Decision:
        """Ask how to go on; a tracker that is lost, or fails again and again, ends the session."""
        self._journal.write(LineKind.TRACKER_FAULT, trial=record.trial.trial, fault=str(fault))
        if fault.lost or faults == _FAULTS_IN_A_TRIAL:
            raise fault
        then = "its image was seen and is not shown again" if record.seen else "it is run again"
        choices = {Decision.GO_ON: "go on", Decision.RECALIBRATE: "calibrate"}
        if not record.seen:
            choices[Decision.SKIP] = "skip the trial"
        return self._ask(
            f"tracker: {fault}. Trial {record.trial.trial} was broken off; {then}",
            choices,
            where="between images",
        )

    def _carry_out(self, decision: Decision) -> None:
        """Do what the operator asked for between images."""
        if decision == Decision.ABORT:
            confirm_end(self._lab, "between images")
        if decision == Decision.PAUSE:
            self._pause()
        if decision == Decision.RECALIBRATE:
            self.calibrations.calibrate()

    def _pause(self) -> None:
        """Wait until the operator goes on; a calibration meanwhile leaves the pause as it is."""
        self._journal.write(LineKind.PAUSED)
        decision = Decision.RECALIBRATE
        while decision == Decision.RECALIBRATE:
            decision = self._ask(
                "pause",
                {Decision.GO_ON: "go on", Decision.RECALIBRATE: "calibrate, then pause again"},
                where="at a pause",
                draw=lambda: self._lab.display.draw_text(self._plan.texts.paused),
            )
            if decision == Decision.RECALIBRATE:
                self.calibrations.calibrate()
        self._journal.write(LineKind.WENT_ON)

    def _ask(
        self,
        question: str,
        choices: Mapping[Decision, str],
        *,
        where: str,
        otherwise: Decision = Decision.GO_ON,
        draw: Callable[[], None] | None = None,
    ) -> Decision:
        return ask_operator(
            self._lab, question, choices, otherwise=otherwise, where=where, draw=draw
        )

    def _report(self, record: TrialRecord) -> None:
        shown = record.shown
        text = f"trial {record.trial.trial} {record.trial.stimulus.stim_id}: {record.status}"
        if shown.dropped_frames:
            text += f", {shown.dropped_frames} frames late"
        if shown.early_frames:
            text += f", {shown.early_frames} frames early"
        if shown.frames_off and abs(shown.frames_off) > self._settings.session.tolerance_frames:
            text += f", image shown {shown.frames_off:+.1f} frames off its time"
        if shown.unseen_frames:
            text += f", eye lost in {shown.unseen_frames} of {shown.frames} frames"
        self._lab.operator.tell(text)

    def _load(self, trial: Trial) -> Picture:
        stimulus = trial.stimulus
        return self._lab.display.load(self._plan.root / stimulus.image, stimulus.stim_id)

    def _blank(self, record: TrialRecord, following: Trial | None) -> tuple[Picture | None, bool]:
        """Keep the screen grey for ``session.blank_s`` and meanwhile load the next image.

        Returns
        -------
        picture
            The next image.
        skips
            Whether the operator asked to skip its trial.
        """
        lab, settings = self._lab, self._settings
        until_s = (record.answered_s or record.shown.offset_s) + settings.session.blank_s
        began_s = lab.clock.now()
        picture = None if following is None else self._load(following)
        loaded_s = lab.clock.now()
        if picture is not None and loaded_s > until_s:
            lab.operator.tell(
                f"image {picture.stim_id} took {loaded_s - began_s:.2f} s to load: the blank is "
                f"{loaded_s - until_s:.2f} s longer"
            )
        half_frame_s = 0.5 * (lab.frame_s or 1 / settings.screen.refresh_hz)
        wish = lab.operator.asked()
        while lab.clock.now() < until_s - half_frame_s:
            lab.display.draw_blank()
            lab.display.flip()
            asked = lab.operator.asked()
            wish = asked if asked in _IN_THE_BLANK else wish
        if wish in _IN_THE_BLANK:
            self._journal.write(LineKind.OPERATOR, decision=wish)
            self._carry_out(wish)
        return picture, wish == Decision.SKIP and following is not None
