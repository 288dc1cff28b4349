"""One subject's recordings as BIDS has them, and the page on their quality."""

from dataclasses import dataclass
from pathlib import Path

from analysis.fixations.lost_samples import TrialLosses, trial_losses
from analysis.fixations.parsing import parsed
from analysis.fixations.quality import QUALITY
from analysis.fixations.table import fixation_table
from analysis.recordings.recording import Recording, unsound_samples
from analysis.report.session_page import session_page
from analysis.report.session_quality import SessionQuality
from analysis.results.tables import write_csv
from analysis.sessions.frames import frame_intervals
from analysis.sessions.physio import write_physio
from analysis.sessions.runs import read_participant_kinds, read_run_recording, read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.locking import reporting_session, using_stimuli
from stimuli.contract.study import Study, participant_id
from stimuli.contract.vocabulary import subject_label
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import write_text
from stimuli.support.provenance import write_sidecar
from stimuli.support.unfinished import remove_unfinished


@dataclass(frozen=True)
class SessionReport:
    """What was read of a subject, and where its page is.

    Attributes
    ----------
    complete_trials, fixations
        How many there are.
    page
        The page on the quality of the recordings.
    """

    complete_trials: int
    fixations: int
    page: Path


def report_session(study: Study, subject: str | int) -> SessionReport:
    """Write a subject's gaze samples and tracker events as BIDS, and a page on their quality.

    Parameters
    ----------
    study : Study
        Opened with `stimuli.open_study`.
    subject
        The participant's number.

    Returns
    -------
    report : SessionReport

    Raises
    ------
    InputError
        If the subject is not recorded, or a file is wrong.

    Examples
    --------
    >>> from analysis import report_session
    >>> from stimuli import open_study
    >>> report = report_session(open_study("demo-study"), 1)
    >>> report.complete_trials, report.page.as_posix()
    (9, 'demo-study/derivatives/quality/sub-01.html')
    """
    subject = subject_label(subject)
    with reporting_session(study.root, subject), using_stimuli(study.root, "reports a session"):
        remove_unfinished(study.subject_folder(subject))
        remove_unfinished(study.derivatives / "quality")
        return _report(study, subject)


def _report(study: Study, subject: str) -> SessionReport:
    participant = participant_id(subject)
    stimuli = read_catalogue(study.catalogue)
    runs = read_runs(study, stimuli, subject)
    if not runs:
        raise InputError(
            f"{study.root}: {participant} is not recorded; run `python -m experiment.run "
            f"--subject {subject}`"
        )
    kind = read_participant_kinds(study, [subject])[subject]

    # Samples, parser events and messages, run by run.
    written: list[Path] = []
    recordings: list[Recording | None] = []
    unsound: list[tuple[str, str, int]] = []
    losses: list[TrialLosses] = []
    for one in progress(runs, "Recordings", len(runs)):
        if one.recording is None:
            recordings.append(None)
        else:
            recording = read_run_recording(one, one.recording, study.settings)
            recording = parsed(recording, one.recording, study.settings)
            recordings.append(recording)
            samples = recording.samples()
            written += write_physio(one, recording, samples, study.settings)
            unsound += [(one.recording.name, *found) for found in unsound_samples(samples).items()]
            losses += trial_losses(recording, samples, one.complete, study.settings.tracker.eye)

    # The trials' quality, as the study's analysis measures it, and the page.
    fixations, summary = fixation_table(runs, study.settings)
    quality = SessionQuality(
        study=study, subject=subject, runs=runs, recordings=recordings, participant_kind=kind,
        fixations=fixations, trials=summary.quality, warnings=[*summary.warnings, *unsound],
        without=summary.without, losses=losses,
        intervals_s=frame_intervals(study, subject, [one.run for one in runs]),
    )  # fmt: skip
    page = study.derivatives / "quality" / f"{participant}.html"
    write_text(page, session_page(quality, {one.stim_id: one for one in stimuli}))
    written += [page, *write_csv(page.with_suffix(".csv"), QUALITY, summary.quality)]
    write_sidecar(
        page.with_name(f"{participant}_provenance.json"),
        command="analysis.session",
        settings={**study.settings.as_dict(), "subject": subject},
        inputs=[study.settings_file, study.catalogue, *(one.events for one in runs),
                *(one.recording for one in runs if one.recording)],
        outputs=written,
        root=study.root,
    )  # fmt: skip
    return SessionReport(sum(len(one.complete) for one in runs), len(fixations), page)
