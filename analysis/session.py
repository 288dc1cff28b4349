"""``python -m analysis.session STUDY --subject 07``: one subject's recordings, as soon as they end.

Reads the events and the tracker's files of the subject's runs; writes the gaze samples and the
tracker's events as BIDS has them, beside the events, and a page on the quality of the recording in
``derivatives/quality/``. The tracker's files are never touched.
"""

import argparse
from collections.abc import Sequence

from rich.console import Console

from analysis.fixations.quality import QUALITY
from analysis.fixations.table import fixation_table
from analysis.progress import progress
from analysis.recordings.bids import write_physio
from analysis.recordings.quality import SessionQuality, quality_page
from analysis.recordings.reading import read_recording
from analysis.recordings.sessions import read_observers, read_runs
from analysis.tables import write_csv
from stimuli.catalogue import read_catalogue
from stimuli.commands import parser, run
from stimuli.errors import InputError
from stimuli.files import write_text
from stimuli.provenance import write_sidecar
from stimuli.study import open_study
from stimuli.vocabulary import subject_label


def main(argv: Sequence[str] | None = None) -> None:
    """Write physio, physioevents and the quality page of a subject."""
    arguments = _arguments(argv)
    subject = subject_label(arguments.subject)
    study = open_study(arguments.study)
    stimuli = read_catalogue(study.catalogue)
    runs = [one for one in read_runs(study, stimuli) if one.subject == subject]
    if not runs:
        raise InputError(
            f"{study.root}: sub-{subject} is not recorded; run `python -m experiment.run "
            f"--subject {subject}`"
        )
    observer = read_observers(study, [subject])[subject]

    # Samples, parser events and messages, run by run.
    written, recordings = [], []
    for one in progress(runs, "Recordings", len(runs)):
        recordings.append(None if one.recording is None else read_recording(one.recording))
        if recordings[-1] is not None:
            written += write_physio(one, recordings[-1], study.settings)

    # The trials' quality, as the study's analysis measures it, and the page.
    fixations, account = fixation_table(runs, study.settings)
    quality = SessionQuality(
        study=study, subject=subject, runs=runs, recordings=recordings, observer=observer,
        fixations=fixations, trials=account.quality, warnings=account.warnings,
    )  # fmt: skip
    page = study.derivatives / "quality" / f"sub-{subject}.html"
    write_text(page, quality_page(quality, {one.stim_id: one for one in stimuli}))
    written += [page, *write_csv(page.with_suffix(".csv"), QUALITY, account.quality)]
    write_sidecar(
        page.with_name(f"sub-{subject}_provenance.json"),
        command="analysis.session",
        settings={**study.settings.as_dict(), "subject": subject},
        inputs=[study.settings_file, study.catalogue, *(one.events for one in runs),
                *(one.recording for one in runs if one.recording)],
        outputs=written,
        root=study.root,
    )  # fmt: skip
    complete = sum(len(one.complete) for one in runs)
    Console().print(
        f"sub-{subject}: {complete} complete trials, {len(fixations)} fixations\nReport: {page}",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.session",
        "Write one subject's gaze samples and events as BIDS, and a page on their quality.",
        "python -m analysis.session my-study --subject 07",
    )
    command.add_argument("study", metavar="STUDY", help="study folder")
    command.add_argument("--subject", required=True, help="the participant's number, such as 07")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
