"""Record a subject: ``python -m experiment.run --subject 07 --study STUDY --simulate``.

In comes a study folder with stimuli; out come the tracker's own file and a journal in
``sourcedata/sub-07/``, BIDS events in ``sub-07/beh/``, and a row of ``participants.tsv``.
"""

import argparse
import signal
from collections.abc import Sequence
from pathlib import Path

from experiment.lab import Lab
from experiment.observer.attention import read_densities
from experiment.progress import progress
from experiment.session.events import write_events
from experiment.session.images import check_shown
from experiment.session.journal import Journal
from experiment.session.participants import add_participant
from experiment.session.records import Records
from experiment.session.schedule import order_number, subject_schedule
from experiment.session.session import run_session
from experiment.session.trial import TrialRecord
from experiment.simulation import simulated_lab
from stimuli import commands
from stimuli.catalogue import read_blocks, read_catalogue
from stimuli.errors import InputError
from stimuli.files import atomic_path
from stimuli.provenance import write_sidecar
from stimuli.study import open_study
from stimuli.vocabulary import Trial, subject_label

MODULE = "experiment.run"


def main(argv: Sequence[str] | None = None) -> None:
    """Record one subject of a study, or print the subject's schedule."""
    arguments = _arguments(argv)
    subject = subject_label(arguments.subject)
    study = open_study(arguments.study)
    settings = study.settings

    # Which subject sees what, in which order.
    stimuli = read_catalogue(study.catalogue)
    orders = read_blocks(study.blocks)
    schedule = subject_schedule(
        subject,
        stimuli,
        orders,
        seed=settings.study.seed,
        longest_run=settings.design.longest_run,
    )
    if arguments.list:
        print(schedule_text(schedule))
        return

    # All that can be wrong is found before anybody sits down.
    records = Records(study, subject)
    records.check_new()
    if not arguments.simulate:
        raise InputError(
            "without --simulate a screen and an EyeLink are needed, which this version does not "
            "drive yet; add --simulate for a simulated observer"
        )
    check_shown(study.root, stimuli, settings.images.size_px)
    lab = simulated_lab(subject, read_densities(study.root, stimuli), settings)

    with Journal(records.journal, lab.clock) as journal:
        recording = records.recording(lab.tracker.suffix)
        journal.write(
            "schedule",
            subject=subject,
            order=order_number(subject, orders),
            seed=settings.study.seed,
            trials=len(schedule),
            observer=lab.observer,
            tracker_file=recording.name,
        )
        with progress(len(schedule), records.participant_id) as trial_done:
            trials = run_session(
                schedule, lab, settings, journal, root=study.root, trial_done=trial_done
            )
        _keep(records, recording, trials, lab, order_number(subject, orders))
    _report(records, recording, trials)


def _keep(
    records: Records, recording: Path, trials: Sequence[TrialRecord], lab: Lab, order: int
) -> None:
    """Write what the session leaves behind; the participant's row comes last."""
    study, settings = records.study, records.study.settings
    with atomic_path(recording) as temporary:
        lab.tracker.save(temporary)
    write_events(records.events, trials, settings, observer=lab.observer)
    write_sidecar(
        records.provenance,
        command=MODULE,
        settings=settings.as_dict(),
        inputs=[study.settings_file, study.catalogue, study.blocks],
        outputs=[recording, records.events, records.events.with_suffix(".json")],
        seeds={"study": settings.study.seed, "subject": int(records.subject)},
        root=study.root,
    )
    add_participant(
        study.participants,
        {"participant_id": records.participant_id, "order": order, "observer": lab.observer},
    )


def _report(records: Records, recording: Path, trials: Sequence[TrialRecord]) -> None:
    complete = sum(record.status == "complete" for record in trials)
    late = sum(record.shown.dropped_frames for record in trials)
    timeouts = sum(record.timeouts for record in trials)
    print(
        f"{records.participant_id}: {complete} of {len(trials)} trials complete, {late} frames "
        f"late, {timeouts} waits for fixation timed out\n"
        f"  {recording}\n  {records.events}"
    )


def schedule_text(schedule: Sequence[Trial]) -> str:
    """Return a schedule as tab-separated text, one line a trial."""
    lines = ["trial\tblock_position\tblock\tstim_id\tcondition\tdirection"]
    for trial in schedule:
        shown = trial.stimulus
        cells = [trial.trial, trial.block_position, trial.block]
        cells += [shown.stim_id, shown.condition, shown.direction]
        lines.append("\t".join(map(str, cells)))
    return "\n".join(lines)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(
        MODULE,
        "Record one subject of a study: three blocks of trials, each a fixation target, an image\n"
        "and grey. With --simulate a simulated observer looks; no screen and no tracker are used.",
        f"python -m {MODULE} --subject 07 --study my-study --simulate",
    )
    parser.add_argument("--subject", required=True, help="the participant's number, such as 07")
    parser.add_argument("--study", required=True, type=Path, help="the study folder")
    parser.add_argument(
        "--simulate", action="store_true", help="a simulated observer in place of a person"
    )
    parser.add_argument("--list", action="store_true", help="print the subject's schedule and exit")
    return parser.parse_args(argv)


if __name__ == "__main__":
    # A session that is told to end closes its journal as one that is interrupted by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    commands.run(main)
