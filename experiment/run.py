"""Record a subject: ``python -m experiment.run --subject 07`` in a study folder.

In comes a study folder with stimuli; out come the recording and a journal in
``sourcedata/sub-07/``, BIDS events in ``sub-07/beh/``, and a row of ``participants.tsv``. With
``--resume`` a session that was broken off goes on with the next trial, as another run; with
``--set-aside`` what was recorded under a wrong number is moved out of the way.
"""

import argparse
import importlib.util
import os
import shlex
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from experiment.laboratory.modes import Mode, find_mode, modes
from experiment.preflight.findings import Verdict
from experiment.preflight.judgements import judge_geometry
from experiment.records.run_files import runs_of
from experiment.records.set_aside import set_subject_aside
from experiment.schedules.schedule import subject_schedule
from experiment.session.texts import TEXTS
from experiment.subjects.outcome import Ending, RecordingOutcome, SubjectRecords, subject_records
from experiment.subjects.recording import record_subject
from stimuli.contract.study import Study, open_study, participant_id
from stimuli.contract.vocabulary import Trial, TrialStatus, subject_label
from stimuli.support import commands
from stimuli.support.errors import InputError

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
    if arguments.set_aside:
        aside = set_subject_aside(study, subject, last_run=arguments.set_aside == "last")
        left = len(runs_of(study, subject))
        now = f"has {left} earlier run(s), from which --resume goes on" if left else "is free again"
        print(f"{participant_id(subject)} {now}; what was set aside is in\n  {aside}")
        return commands.EXIT_OK
    mode = find_mode(arguments.mode or study.settings.tracker.model, "study.toml: tracker.model")
    real = mode.open_tracker is not None
    again = _options_again(arguments)
    if real:
        _tell_geometry(study)
    try:
        outcome = record_subject(
            study,
            subject,
            mode=mode,
            resume=arguments.resume,
            language=arguments.language,
            screen=arguments.screen,
            windowed=arguments.windowed,
            page=real if arguments.page is None else arguments.page,
        )
    except InputError:
        raise
    except (KeyboardInterrupt, OSError):
        with suppress(InputError, OSError):  # of a disk that fails
            if runs_of(study, subject):
                print(summary(subject_records(study, subject), mode, again))
        raise
    except Exception as error:
        _tell_crash(error)
        print(summary(subject_records(study, subject), mode, again))
        return commands.EXIT_FAILED
    status = _tell_ending(outcome)
    print(summary(outcome.records, mode, again))
    if status == commands.EXIT_OK and (real if arguments.report is None else arguments.report):
        _run_report(study, subject)
    return status


def _tell_geometry(study: Study) -> None:
    """Say on standard error what cannot be right in the sizes of the screen."""
    for finding in judge_geometry(study.settings):
        if finding.verdict == Verdict.FAIL:
            print(f"{finding.name}: {finding.found}; {finding.repair}", file=sys.stderr)


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


def _tell_crash(last: BaseException) -> None:
    """Say on standard error what broke a session off: the first error, and what it led to."""
    first = last
    while first.__cause__ or first.__context__:
        first = first.__cause__ or first.__context__ or first
    traceback.print_exception(first, chain=False)
    then = "" if last is first else f", and then {type(last).__name__}: {last}"
    print(
        f"error: a fault of the program ended the session ({type(first).__name__}: {first}{then}); "
        f"what is kept, and how to go on:",
        file=sys.stderr,
    )


def _options_again(arguments: argparse.Namespace) -> str:
    """Return the options with which a session that was broken off goes on, each after a space."""
    options = {
        f"--screen {arguments.screen}": arguments.screen != 0,
        "--windowed": arguments.windowed,
        f"--language {arguments.language}": arguments.language is not None,
    }
    return "".join(f" {option}" for option, given in options.items() if given)


def summary(records: SubjectRecords, mode: Mode, also: str = "") -> str:
    """Return what is kept of a subject in a few lines, and how to go on if something is left.

    Parameters
    ----------
    also
        Further options with which to go on, each after a space.
    """
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
            else "a file of the recording is not in its place"
        )
        option = "" if mode.word == study.settings.tracker.model else f" --{mode}"
        lines += [
            f"  {what}; go on with",
            f"  python -m {MODULE} --study {shlex.quote(str(study.root))} --subject {subject}"
            f"{option}{also} --resume",
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
        "keys (at any time; while an image is shown they count after it):\n"
        "  space  go on, the participant too; accept a target at a drift check\n"
        "  a      accept as it is: show the image although gaze is not on the target, or take a\n"
        "         calibration over its limits; how an image came to be shown is in the events\n"
        "  c      calibrate                s    skip the trial (in the grey: the next)\n"
        "  p      pause                    esc  end the session, asked once more\n"
        "in the tracker's setup the keys are the tracker's: enter camera image, c calibrate,\n"
        "v validate, space accept a target, esc leave. Ctrl-C ends the session at once. Whatever\n"
        "waits says so in a corner of the screen, on the tracker's host, in this terminal and on\n"
        "the operator's page, whose address is printed. --resume goes on with what is left.",
        f"python -m {MODULE} --subject 07\n"
        f"  python -m {MODULE} --subject 07 --resume\n"
        f"  python -m {MODULE} --subject 07 --set-aside\n"
        f"  python -m {MODULE} --study my-study --subject 999 --simulate",
    )
    parser.add_argument("--subject", required=True, help="the participant's number, such as 07")
    parser.add_argument(
        "--study", default=Path(), type=Path, help="the study folder (default: this folder)"
    )
    doing = parser.add_mutually_exclusive_group()
    doing.add_argument("--list", action="store_true", help="print the subject's schedule and exit")
    doing.add_argument(
        "--resume", action="store_true",
        help="go on with a session that was broken off, as another run; a trial that was under "
        "way stays marked as interrupted",
    )  # fmt: skip
    doing.add_argument(
        "--set-aside", nargs="?", const="all", choices=("all", "last"),
        help="a wrong number: move all that was recorded under it, or its last run, to "
        "sourcedata/set-aside, so that the number is free; nothing is deleted",
    )  # fmt: skip
    with_what = parser.add_argument_group(
        "with what (default: tracker.model of study.toml, an EyeLink where it says nothing)"
    ).add_mutually_exclusive_group()
    for mode in modes().values():
        with_what.add_argument(
            f"--{mode}", action="store_const", const=mode, dest="mode", help=mode.meaning
        )
    parser.add_argument("--screen", type=int, default=0, help="number of the screen, from 0 (0)")
    parser.add_argument(
        "--windowed", action="store_true",
        help="a window, not the whole screen; not for people",
    )  # fmt: skip
    parser.add_argument(
        "--page", action=argparse.BooleanOptionalAction,
        help="serve a page for the operator on this computer (default: yes, but not with "
        "--simulate)",
    )  # fmt: skip
    parser.add_argument(
        "--language", choices=tuple(TEXTS),
        help="of what the participant reads (default: session.language of study.toml)",
    )  # fmt: skip
    parser.add_argument(
        "--report", action=argparse.BooleanOptionalAction,
        help="run analysis.session at the end (default: yes, but not with --simulate)",
    )  # fmt: skip
    return parser.parse_args(argv)


if __name__ == "__main__":
    # A session that is told to end closes its files as one that is interrupted by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    commands.run(main)
