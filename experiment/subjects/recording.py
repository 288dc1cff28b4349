"""Recording a subject: the laboratory is opened, the session run, and every file put in its place.

In comes a study folder with stimuli; out come the tracker's own file and a journal in
``sourcedata/sub-07/``, BIDS events in ``sub-07/beh/``, and a row of ``participants.tsv``.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace

from experiment.display.frames import MORE_STEADY, FrameRate, check_frame_rate, measure_frame_rate
from experiment.display.priority import USUAL_PRIORITY, raised_priority
from experiment.laboratory.modes import SIMULATE, Mode, find_mode
from experiment.laboratory.opening import open_lab
from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision, SessionAborted
from experiment.protocols.tracker import TrackerFault
from experiment.records.earlier_runs import recover_earlier_runs, settings_shown
from experiment.records.events import trial_under_way
from experiment.records.journal import Journal, LineKind
from experiment.records.run_files import RunFiles
from experiment.records.storage import store_run_files
from experiment.session.session import run_session
from experiment.session.waiting import ask_operator
from experiment.subjects.outcome import Ending, RecordingOutcome, subject_records
from experiment.subjects.preparation import RunPreparation, prepare_run
from stimuli.contract.journal import read_journal, schedule_sha256
from stimuli.contract.locking import recording_subject, using_stimuli
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study, participant_id
from stimuli.contract.vocabulary import ParticipantKind, subject_label
from stimuli.support.console import patient_progress
from stimuli.support.errors import InputError

_NAMES_TRIED = 3
# Of them nothing is recorded that is to be analysed, so any screen will do.
_TRYING_OUT = (ParticipantKind.MOUSE, ParticipantKind.DUMMY)


def record_subject(
    study: Study,
    subject: str | int,
    *,
    mode: Mode | str | None = None,
    resume: bool = False,
    language: str | None = None,
    screen: int = 0,
    windowed: bool = False,
    page: bool = False,
) -> RecordingOutcome:
    """Record one run of a subject.

    Nothing is ever overwritten: a subject who was recorded is refused, and a session that was
    broken off goes on with `resume`, as another run with the trials that no run has shown. What an
    earlier run could not finish, such as fetching the tracker's file, is made up for first.

    Parameters
    ----------
    subject
        The participant's number.
    mode
        What the session is run with; see `experiment.laboratory.modes`. By default what the
        settings say, ``tracker.model``.
    resume
        Whether to go on with a session that was broken off.
    language
        Language of what the participant reads, ``en`` or ``de``; by default that of the settings.
    screen
        Number of the screen, from 0.
    windowed
        Whether to open a window with a frame, not the whole screen.
    page
        Whether to serve a page for the operator on this computer's loopback.

    Returns
    -------
    RecordingOutcome
        How the run ended, and what is kept of the subject. The operator's end of a session and a
        tracker that fails are outcomes, not errors: everything up to then is in its place.

    Raises
    ------
    InputError
        Before anything is written, if the study is not whole, the subject was recorded before,
        is being recorded, or cannot be resumed, its stimuli are being made, the laboratory
        cannot be opened, or its screen has another rate than the study's.
    KeyboardInterrupt
        After the files were put in their places.
    OSError
        If a disk is full or fails; a note says what became of the trial under way. Every trial
        before it is kept.

    Examples
    --------
    >>> from experiment import record_subject
    >>> from stimuli import open_study
    >>> outcome = record_subject(open_study("demo-study"), 7, mode="mouse")  # doctest: +SKIP
    >>> outcome.ending, outcome.records.statuses  # doctest: +SKIP
    """
    chosen = study.settings.tracker.model if mode is None else mode
    mode = find_mode(chosen, "study.toml: tracker.model" if mode is None else "mode")
    subject = subject_label(subject)
    with (
        recording_subject(study.root, subject),
        using_stimuli(study.root, f"records {participant_id(subject)}"),
    ):
        return _record_alone(
            study,
            subject,
            mode,
            resume=resume,
            language=language,
            screen=screen,
            windowed=windowed,
            page=page,
        )


def _record_alone(
    study: Study,
    subject: str,
    mode: Mode,
    *,
    resume: bool,
    language: str | None,
    screen: int,
    windowed: bool,
    page: bool,
) -> RecordingOutcome:
    run = prepare_run(study, subject, mode, resume=resume, language=language)
    ending, reason, unfetched = Ending.FINISHED, "", []
    opening = open_lab(
        mode, run.files, run.stimuli, screen=screen, windowed=windowed, page=page, language=language
    )
    with opening as lab:
        try:
            # What an earlier run could not finish comes first; then the trials that are left.
            for fault in recover_earlier_runs(run.earlier, lab.tracker, run.schedule):
                lab.operator.tell(f"tracker: {fault}")
                unfetched.append(str(fault))
            if run.plan.schedule:
                _record_run(run, lab)
                _thank(run, lab)
        except SessionAborted as aborted:
            ending, reason = Ending.ABORTED, str(aborted)
        except TrackerFault as fault:
            ending, reason = Ending.TRACKER_FAILED, str(fault)
    return RecordingOutcome(subject_records(study, subject), ending, reason, unfetched)


def simulate_subject(study: Study, subject: str | int, *, resume: bool = False) -> RecordingOutcome:
    """Record a simulated observer in place of a person; see `record_subject`.

    The observer looks where the study's predictions and the section ``[observer]`` of its settings
    say. The recording follows from the study's seed, the subject and the run, to the byte.

    Examples
    --------
    >>> from experiment import simulate_subject
    >>> from stimuli import open_study
    >>> study = open_study("demo-study")
    >>> outcomes = [simulate_subject(study, subject) for subject in (7, 8)]
    >>> {outcome.ending.value for outcome in outcomes}
    {'finished'}
    """
    return record_subject(study, subject, mode=SIMULATE, resume=resume)


def _record_run(run: RunPreparation, lab: Lab) -> None:
    """Record a run. Every way out keeps the tracker's file and leaves the journal true."""
    files, settings = run.files, run.files.study.settings
    measured = _measured_frames(lab, settings)
    lab = replace(lab, frame_s=measured.frame_s)
    human = lab.participant_kind == ParticipantKind.HUMAN
    with (
        _noting_the_trial(files),
        raised_priority() if human else nullcontext(USUAL_PRIORITY) as priority,
        Journal(files.journal, lab.clock) as journal,
    ):
        journal.write(
            LineKind.SCHEDULE,
            subject=files.subject,
            run=files.run,
            order=run.order,
            seed=settings.study.seed,
            trials=len(run.plan.schedule),
            schedule_sha256=schedule_sha256(trial.stimulus for trial in run.schedule),
            observer=lab.participant_kind,
            mode=run.mode.word,
            recording=files.recording(lab.tracker.suffix).name,
            settings=settings_shown(settings),
        )
        journal.write(
            LineKind.FRAMES,
            hz=round(measured.hz, 3),
            jitter_ms=round(1000 * measured.jitter_s, 3),
            late=measured.late,
            early=measured.early,
            priority=priority,
        )
        try:
            _open_recording(run, lab, journal)
            # A bar would tell a person's operator nothing that the messages of trials do not.
            simulated = lab.participant_kind == ParticipantKind.SIMULATED
            progress = patient_progress(len(run.plan.schedule), files.participant_id)
            with progress if simulated else nullcontext(lambda: None) as trial_done:
                run_session(run.plan, lab, settings, journal, trial_done=trial_done)
        finally:
            store_run_files(files, journal.lines, run.schedule, lab.tracker, lab.tracker.save)


def _measured_frames(lab: Lab, settings: Settings) -> FrameRate:
    """Measure the screen's frames; refuse another rate than the study's where data are recorded."""
    measured, refresh_hz = measure_frame_rate(lab.display), settings.screen.refresh_hz
    if lab.participant_kind not in _TRYING_OUT:
        check_frame_rate(measured, refresh_hz)
    if not measured.is_near(refresh_hz):
        lab.operator.tell(f"the screen has {measured}, not the {refresh_hz:g} Hz of the study")
    elif measured.late or measured.early:
        lab.operator.tell(f"the screen has {measured}; {MORE_STEADY}")
    lab.watch.tell(rate=f"{measured.hz:.1f} Hz")
    return measured


def _thank(run: RunPreparation, lab: Lab) -> None:
    """Leave the last words on the screen until somebody closes it."""
    with suppress(SessionAborted):
        ask_operator(
            lab,
            "complete, and saved",
            {Decision.GO_ON: "close"},
            otherwise=Decision.GO_ON,
            where="at the end",
            draw=lambda: lab.display.draw_text(run.plan.texts.end),
        )


@contextmanager
def _noting_the_trial(files: RunFiles) -> Iterator[None]:
    """Add to an error of the disk what became of the trial under way, as the journal has it."""
    try:
        yield
    except OSError as error:
        with suppress(InputError, OSError):
            error.add_note(f"{trial_under_way(read_journal(files.journal))}; go on with --resume")
        raise


def _open_recording(run: RunPreparation, lab: Lab, journal: Journal) -> None:
    """Open a recording, under another name if the tracker does not take one."""
    for attempt in range(1, _NAMES_TRIED + 1):
        try:
            name = lab.tracker.open(run.files.subject)
        except TrackerFault as fault:
            journal.write(LineKind.TRACKER_FAULT, fault=str(fault))
            if attempt == _NAMES_TRIED or fault.lost:
                raise
            lab.operator.tell(f"tracker: {fault}; another name is tried")
        else:
            journal.write(LineKind.TRACKER_FILE, name=name)
            return
