"""Record a subject: ``python -m experiment.run --subject 07`` in a study folder.

In comes a study folder with stimuli; out come the tracker's own file and a journal in
``sourcedata/sub-07/``, BIDS events in ``sub-07/beh/``, and a row of ``participants.tsv``. With
``--resume`` a session that was broken off goes on with the next trial, as another run.
"""

import argparse
import importlib.util
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from experiment.lab import Decision, Lab, SessionAborted, TrackerFault
from experiment.labs import OBSERVERS, open_lab
from experiment.progress import progress
from experiment.session.images import check_shown, interest_areas, practice_trials
from experiment.session.journal import Journal, read_journal
from experiment.session.participants import participant_ids
from experiment.session.past import (
    check_continues,
    keep,
    read_past,
    recover_past,
    remaining,
    schedule_sha256,
)
from experiment.session.records import Records, check_new, host_name
from experiment.session.schedule import subject_schedule
from experiment.session.session import Session, run_session
from experiment.session.texts import TEXTS, read_texts
from stimuli import commands
from stimuli.catalogue import read_blocks, read_catalogue
from stimuli.orders import order_number
from stimuli.study import Study, open_study
from stimuli.tables import EVENTS, read_table
from stimuli.vocabulary import Trial, subject_label

MODULE = "experiment.run"
_NAMES_TRIED = 3


def main(argv: Sequence[str] | None = None) -> int:
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
        return commands.EXIT_OK

    # All that can be wrong is found before anybody sits down.
    past = read_past(study, subject)
    if arguments.resume:
        check_continues(past, schedule, OBSERVERS[arguments.mode])
    else:
        check_new(Records(study, subject), participant_ids(study.participants))
    check_shown(study.root, stimuli, settings.images.size_px)
    records = Records(study, subject, run=len(past) + 1)
    session = Session(
        schedule=remaining(schedule, past),
        practice=() if past else practice_trials(study.root, subject, settings),
        blocks=len({trial.block for trial in schedule}),
        areas=interest_areas(study.root, stimuli, settings),
        texts=read_texts(study.root, arguments.language or settings.session.language),
        root=study.root,
    )

    # What an earlier run could not finish comes first; then the trials that are left.
    status = commands.EXIT_OK
    runs = [Records(study, subject, run) for run in range(1, records.run + 1)]
    with open_lab(arguments, records, stimuli) as lab:
        try:
            for fault in recover_past(past, lab.tracker, schedule):
                lab.operator.tell(f"tracker: {fault}")
                status = commands.EXIT_FAILED
            if session.schedule:
                _record(session, schedule, lab, records, order_number(subject, orders))
                lab.operator.ask("complete, and saved", otherwise=Decision.ACCEPT)
        except SessionAborted as aborted:
            print(f"{records.participant_id}: ended by the operator {aborted}", file=sys.stderr)
            status = commands.EXIT_INTERRUPTED
        except TrackerFault as fault:
            print(f"error: tracker: {fault}", file=sys.stderr)
            status = commands.EXIT_FAILED
        except KeyboardInterrupt:
            _report(runs, schedule, arguments)
            raise
    _report(runs, schedule, arguments)
    if status == commands.EXIT_OK and arguments.report:
        _run_report(study, subject)
    return status


def _record(
    session: Session, schedule: Sequence[Trial], lab: Lab, records: Records, order: int
) -> None:
    """Record a run. Every way out keeps the tracker's file and leaves the journal true."""
    settings = records.study.settings
    with Journal(records.journal, lab.clock) as journal:
        journal.write(
            "schedule",
            subject=records.subject,
            run=records.run,
            order=order,
            seed=settings.study.seed,
            trials=len(session.schedule),
            schedule_sha256=schedule_sha256(schedule),
            observer=lab.observer,
            recording=records.recording(lab.tracker.suffix).name,
        )
        try:
            _open_file(lab, records, journal)
            simulated = lab.observer == "simulated"
            trials = progress(len(session.schedule), records.participant_id)
            with trials if simulated else nullcontext(lambda: None) as trial_done:
                run_session(session, lab, settings, journal, trial_done=trial_done)
        finally:
            lines = read_journal(records.journal)
            keep(records, lines, schedule, lab.tracker.suffix, lab.tracker.save)


def _open_file(lab: Lab, records: Records, journal: Journal) -> None:
    """Open the tracker's file, under another name if the host does not take one."""
    for attempt in range(1, _NAMES_TRIED + 1):
        name = host_name(records.subject, time.time() + attempt)
        try:
            lab.tracker.open(name)
        except TrackerFault as fault:
            journal.write("tracker-fault", fault=str(fault))
            if attempt == _NAMES_TRIED or fault.lost:
                raise
            lab.operator.tell(f"tracker: {fault}; another name is tried")
        else:
            journal.write("tracker-file", name=name)
            return


def _report(
    runs: Sequence[Records], schedule: Sequence[Trial], arguments: argparse.Namespace
) -> None:
    tables = [read_table(one.events, EVENTS) for one in runs if one.events.is_file()]
    rows = [row for table in tables for row in table]
    counts = {
        status: sum(row["status"] == status for row in rows)
        for status in ("complete", "unrecorded", "skipped", "interrupted")
    }
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    late = sum(row["dropped_frames"] for row in rows)
    last = runs[-1]
    print(
        f"{last.participant_id}: of {len(schedule)} trials {told or 'none'}, {late} frames late\n"
        f"  {last.folder}\n  {last.events.parent}"
    )
    left = len(schedule) - len(rows)
    unkept = [one for one in read_past(last.study, last.subject) if not one.kept]
    if left or unkept:
        mode = "" if arguments.mode == "eyelink" else f" --{arguments.mode}"
        what = f"{left} trials are left" if left else "the tracker's file is still on its host"
        study = shlex.quote(str(last.study.root))
        print(
            f"  {what}; go on with\n"
            f"  python -m {MODULE} --study {study} --subject {last.subject}{mode} --resume"
        )


def _run_report(study: Study, subject: str) -> None:
    """Run the report on the recording's quality, or say how to where it is not installed."""
    command = ["-m", "analysis.session", str(study.root), "--subject", subject]
    needed = ("analysis", "pandas", "scipy", "matplotlib")
    if all(importlib.util.find_spec(name) for name in needed):
        subprocess.run([sys.executable, *command], check=False)
    else:
        print("for the report on this session run, where the analysis is installed,")
        print(f"  python {shlex.join(command)}")


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
        "Record one subject of a study: instructions, calibration, and blocks of trials, each a\n"
        "fixation target, an image and grey. Check the room first: python -m experiment.check.\n\n"
        "keys (any time but while an image is shown, where they count after it):\n"
        "  space  go on; show the image although gaze is not on the target\n"
        "  c      calibrate again          s    skip this trial, and mark it\n"
        "  p      pause                    esc  end the session; --resume goes on later\n"
        "in the tracker's setup: enter camera image, c calibrate, v validate, space accept a\n"
        "target, esc leave. Ctrl-C ends the session like esc.",
        f"python -m {MODULE} --subject 07\n"
        f"  python -m {MODULE} --subject 07 --resume\n"
        f"  python -m {MODULE} --study my-study --subject 999 --simulate",
    )
    parser.add_argument("--subject", required=True, help="the participant's number, such as 07")
    parser.add_argument(
        "--study", default=Path(), type=Path, help="the study folder (default: this folder)"
    )
    parser.add_argument("--list", action="store_true", help="print the subject's schedule and exit")
    parser.add_argument(
        "--resume", action="store_true",
        help="go on with a session that was broken off, as another run; a trial that was under "
        "way stays marked as interrupted",
    )  # fmt: skip
    modes = parser.add_mutually_exclusive_group()
    for mode, what in (
        ("simulate", "a simulated observer and a virtual clock in place of a person; no screen"),
        ("mouse", "the mouse in place of the eye, on the real screen"),
        ("dummy", "the EyeLink's dummy mode: nothing is recorded, gaze counts as on the target"),
    ):
        modes.add_argument(f"--{mode}", action="store_const", const=mode, dest="mode", help=what)
    parser.set_defaults(mode="eyelink")
    parser.add_argument("--screen", type=int, default=0, help="number of the screen, from 0 (0)")
    parser.add_argument("--windowed", action="store_true", help="a window, not the whole screen")
    parser.add_argument(
        "--language", choices=tuple(TEXTS),
        help="of what the participant reads (default: session.language of study.toml)",
    )  # fmt: skip
    parser.add_argument(
        "--report", action=argparse.BooleanOptionalAction,
        help="run analysis.session at the end (default: yes, but not with --simulate)",
    )  # fmt: skip
    arguments = parser.parse_args(argv)
    if arguments.report is None:
        arguments.report = arguments.mode != "simulate"
    return arguments


if __name__ == "__main__":
    # A session that is told to end closes its files as one that is interrupted by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    commands.run(main)
