"""``python -m analysis.session STUDY --subject 07``: one subject's recordings, as soon as they end.

Reads the events and the tracker's files of the subject's runs; writes the gaze samples and the
tracker's events as BIDS has them, beside the events, and a page on the quality of the recording in
``derivatives/quality/``. The tracker's files are never touched.
"""

import argparse
from collections.abc import Sequence

from rich.console import Console

from analysis.report.session_report import report_session
from stimuli.contract.study import open_study, participant_id
from stimuli.support.commands import parser, run
from stimuli.support.words import counted


def main(argv: Sequence[str] | None = None) -> None:
    """Write physio, physioevents and the quality page of a subject."""
    arguments = _arguments(argv)
    report = report_session(open_study(arguments.study), arguments.subject)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(
        f"{participant_id(arguments.subject)}: "
        f"{counted(report.complete_trials, 'complete trial')}, "
        f"{counted(report.fixations, 'fixation')}"
    )
    console.print(f"Report: {report.page}")


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
