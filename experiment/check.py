"""Check the lab before a participant comes: ``python -m experiment.check --study STUDY``.

Prints a table of what a session needs: what was found, and what to do where it is not right.
Nothing is recorded and nothing in the study is changed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from experiment.preflight.checks import check_lab
from experiment.preflight.findings import Finding, Verdict
from stimuli.contract.study import open_study
from stimuli.support import commands

MODULE = "experiment.check"
_MARKS = {Verdict.OK: "[green]ok[/]", Verdict.WARN: "[yellow]look[/]", Verdict.FAIL: "[red]FAIL[/]"}


def main(argv: Sequence[str] | None = None) -> int:
    """Check everything that a session needs, and print the table."""
    arguments = _arguments(argv)
    findings = []
    for finding in check_lab(
        open_study(arguments.study),
        screen=arguments.screen,
        windowed=arguments.windowed,
        with_tracker=arguments.tracker,
        with_keys=arguments.keys,
    ):
        findings.append(finding)
        print(f"{finding.name}: {finding.found}", flush=True)
    print()
    show(findings, Console())
    failed = any(finding.verdict == Verdict.FAIL for finding in findings)
    return commands.EXIT_FAILED if failed else commands.EXIT_OK


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print the table."""
    table = Table(title="Before a session")
    for heading in ("", "check", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(_MARKS[finding.verdict], finding.name, finding.found, finding.repair)
    console.print(table)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(
        MODULE,
        "Check screen, stimuli, disk, keyboard and tracker before a participant comes.\n"
        "Ends with status 1 if a session could not be run.",
        f"python -m {MODULE} --study my-study",
    )
    parser.add_argument(
        "--study", default=Path(), type=Path, help="the study folder (default: this folder)"
    )
    parser.add_argument("--screen", type=int, default=0, help="number of the screen, from 0 (0)")
    parser.add_argument("--windowed", action="store_true", help="a window, not the whole screen")
    parser.add_argument(
        "--no-tracker", action="store_false", dest="tracker", help="leave out the tracker"
    )
    parser.add_argument(
        "--no-keys", action="store_false", dest="keys", help="leave out the keyboard"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
