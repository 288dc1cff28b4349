"""Record a subject: ``python -m experiment.run --subject 07`` in a study folder.

In comes a study folder with stimuli; out come the tracker's own file and a journal in
``sourcedata/sub-07/``, BIDS events in ``sub-07/beh/``, and a row of ``participants.tsv``. With
``--resume`` a session that was broken off goes on with the next trial, as another run.
"""

import argparse
import importlib.util
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from experiment.laboratory.modes import Mode
from experiment.records.run_files import runs_of
from experiment.schedules.schedule import subject_schedule
from experiment.session.texts import TEXTS
from experiment.subjects.outcome import Ending, RecordingOutcome, SubjectRecords, subject_records
from experiment.subjects.recording import record_subject
from stimuli.contract.study import Study, open_study
from stimuli.contract.vocabulary import Trial, TrialStatus, subject_label
from stimuli.support import commands

MODULE = "experiment.run"
# In the order in which they are told.
_STATUSES = (
    TrialStatus.COMPLETE, TrialStatus.UNRECORDED, TrialStatus.SKIPPED, TrialStatus.INTERRUPTED,
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Record one subject of a study, or print the subject's schedule."""
    arguments = _arguments(argv)
    subject = subject_label(arguments.subject)
    study = open_study(arguments.study)
    if arguments.list:
        print(schedule_text(subject_schedule(study, subject)))
        return commands.EXIT_OK
    try:
        outcome = record_subject(
            study,
            subject,
            mode=arguments.mode,
            resume=arguments.resume,
            language=arguments.language,
            screen=arguments.screen,
            windowed=arguments.windowed,
        )
    except KeyboardInterrupt:
        if runs_of(study, subject):
            print(summary(subject_records(study, subject), arguments.mode))
        raise
    status = _tell_ending(outcome)
    print(summary(outcome.records, arguments.mode))
    if status == commands.EXIT_OK and arguments.report:
        _run_report(study, subject)
    return status


def _tell_ending(outcome: RecordingOutcome) -> int:
    """Say on standard error what ended a session early; return the command's exit status."""
    if outcome.ending == Ending.ABORTED:
        name = outcome.records.participant_id
        print(f"{name}: ended by the operator {outcome.reason}", file=sys.stderr)
        return commands.EXIT_INTERRUPTED
    if outcome.ending == Ending.TRACKER_FAILED:
        print(f"error: tracker: {outcome.reason}", file=sys.stderr)
        return commands.EXIT_FAILED
    return commands.EXIT_FAILED if outcome.unfetched else commands.EXIT_OK


def summary(records: SubjectRecords, mode: Mode) -> str:
    """Return what is kept of a subject in a few lines, and how to go on if something is left."""
    counts = records.statuses
    told = ", ".join(f"{counts[status]} {status}" for status in _STATUSES if counts[status])
    study, subject = records.study, records.subject
    lines = [
        f"{records.participant_id}: of {len(records.schedule)} trials {told or 'none'}, "
        f"{records.dropped_frames} frames late",
        f"  {study.sourcedata(subject)}",
        f"  {study.events(subject).parent}",
    ]
    if records.trials_left or not records.stored:
        what = (
            f"{records.trials_left} trials are left"
            if records.trials_left
            else "the tracker's file is still on its host"
        )
        option = "" if mode == Mode.EYELINK else f" --{mode}"
        lines += [
            f"  {what}; go on with",
            f"  python -m {MODULE} --study {shlex.quote(str(study.root))} --subject {subject}"
            f"{option} --resume",
        ]
    return "\n".join(lines)


def _run_report(study: Study, subject: str) -> None:
    """Run the report on the recording's quality, or say how to where it is not installed."""
    command = ["-m", "analysis.session", str(study.root), "--subject", subject]
    needed = ("analysis", "pandas", "scipy", "matplotlib")
    if all(importlib.util.find_spec(name) for name in needed):
        # Without the current folder, which may be a study, on its path.
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        subprocess.run([sys.executable, "-P", *command], check=False, env=environment)
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
    for mode in (Mode.SIMULATE, Mode.MOUSE, Mode.DUMMY):
        modes.add_argument(
            f"--{mode}", action="store_const", const=mode, dest="mode", help=mode.meaning
        )
    parser.set_defaults(mode=Mode.EYELINK)
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
        arguments.report = arguments.mode != Mode.SIMULATE
    return arguments


if __name__ == "__main__":
    # A session that is told to end closes its files as one that is interrupted by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    commands.run(main)
