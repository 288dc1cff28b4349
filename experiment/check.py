"""Check the lab before a participant comes: ``python -m experiment.check --study STUDY``.

Prints a table of what a session needs: what was found, and what to do where it is not right.
Nothing is recorded and nothing in the study is changed.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from experiment.display.window import WindowClock, WindowDisplay, open_window
from experiment.preflight import Finding, Verdict, frame_times, geometry, refresh
from experiment.session.images import check_shown, interest_areas
from experiment.trackers.eyelink import software_version
from experiment.trackers.eyelink_link import connect, import_pylink
from stimuli import commands
from stimuli.catalogue import read_blocks, read_catalogue
from stimuli.errors import InputError
from stimuli.settings import Settings
from stimuli.study import Study, open_study

MODULE = "experiment.check"
_FRAMES = 240
_KEY_WAIT_S = 15.0
# A tracker's file of a session has about 30 MB, and the quality report as much again.
_DISK_NEEDED_GB = 1.0
_MARKS = {Verdict.OK: "[green]ok[/]", Verdict.WARN: "[yellow]look[/]", Verdict.FAIL: "[red]FAIL[/]"}


def main(argv: Sequence[str] | None = None) -> int:
    """Check everything that a session needs, and print the table."""
    arguments = _arguments(argv)
    study = open_study(arguments.study)
    findings = []
    for finding in check_all(study, arguments):
        findings.append(finding)
        print(f"{finding.name}: {finding.found}", flush=True)
    print()
    show(findings, Console())
    failed = any(finding.verdict == Verdict.FAIL for finding in findings)
    return commands.EXIT_FAILED if failed else commands.EXIT_OK


def check_all(study: Study, arguments: argparse.Namespace) -> Iterator[Finding]:
    """Yield one finding after the other; a check that cannot be made is a finding too."""
    settings = study.settings
    yield Finding("study.toml", Verdict.OK, f"{study.settings_file}, {settings.study.name}")
    yield tried("stimuli", lambda: stimuli(study))
    yield tried("study folder", lambda: writable(study.root))
    yield disk(study.root)
    yield from geometry(settings)
    yield from screen(settings, arguments)
    if arguments.tracker:
        yield tried("tracker", lambda: tracker(settings))


def tried(name: str, check: Callable[[], Finding]) -> Finding:
    """Return what a check finds; wrong input is a failure with its own repair."""
    try:
        return check()
    except InputError as error:
        found, _, repair = str(error).partition("; ")
        return Finding(name, Verdict.FAIL, found, repair)


def stimuli(study: Study) -> Finding:
    """Check that all images are there, unchanged since they were made, and of the right size."""
    catalogue = read_catalogue(study.catalogue)
    check_shown(study.root, catalogue, study.settings.images.size_px)
    interest_areas(study.root, catalogue, study.settings)
    orders = read_blocks(study.blocks)
    found = f"{len(catalogue)} images as they were made, {len(orders)} block orders"
    return Finding("stimuli", Verdict.OK, found)


def writable(root: Path) -> Finding:
    """Check that files can be made in the study folder."""
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"x")
    except OSError as error:
        repair = "log in as the owner of the folder, or mount it for writing"
        return Finding("study folder", Verdict.FAIL, f"{root}: {error.strerror}", repair)
    return Finding("study folder", Verdict.OK, f"{root} can be written")


def disk(root: Path) -> Finding:
    """Check that the disk has room for sessions."""
    free_gb = shutil.disk_usage(root).free / 1e9
    if free_gb < _DISK_NEEDED_GB:
        repair = f"make room: a session needs up to {_DISK_NEEDED_GB:g} GB"
        return Finding("free disk", Verdict.FAIL, f"{free_gb:.1f} GB", repair)
    return Finding("free disk", Verdict.OK, f"{free_gb:.1f} GB")


def screen(settings: Settings, arguments: argparse.Namespace) -> Iterator[Finding]:
    """Open the window that a session opens, and check what can be measured in it."""
    try:
        with open_window(settings, number=arguments.screen, windowed=arguments.windowed) as display:
            size = f"{settings.screen.width_px} x {settings.screen.height_px}"
            yield Finding("resolution", Verdict.OK, f"{size} pixels, as in study.toml")
            display.draw_text("Measuring the frames of this screen.")
            times_s = frame_times(display, _FRAMES)
            yield refresh(np.diff(times_s), settings.screen.refresh_hz)
            if arguments.keys:
                yield keyboard(display)
    except InputError as error:
        found, _, repair = str(error).partition("; ")
        yield Finding("screen", Verdict.FAIL, found, repair)


def keyboard(display: WindowDisplay) -> Finding:
    """Check that a key on the keyboard reaches the window."""
    from psychopy import event

    display.draw_text("Please press the space bar.")
    display.flip()
    clock, waited_s = WindowClock(), 0.0
    event.clearEvents()
    while waited_s < _KEY_WAIT_S:
        if event.getKeys(keyList=["space"]):
            return Finding("keyboard", Verdict.OK, "the space bar was seen")
        clock.wait(0.01)
        waited_s += 0.01
    repair = "click on the window, or check the keyboard; --no-keys leaves this out"
    return Finding("keyboard", Verdict.FAIL, f"no space bar in {_KEY_WAIT_S:g} s", repair)


def tracker(settings: Settings) -> Finding:
    """Check that the EyeLink answers, and say which one it is."""
    link = connect(import_pylink(), settings.tracker.address)
    try:
        text = link.getTrackerVersionString()
    finally:
        link.close()
    if software_version(text) == 0:
        repair = "update the host, or look at its screen"
        return Finding("tracker", Verdict.WARN, f"answers, but says {text!r}", repair)
    return Finding("tracker", Verdict.OK, f"{text} at {settings.tracker.address}")


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
        "--no-tracker", action="store_false", dest="tracker", help="leave out the EyeLink"
    )
    parser.add_argument(
        "--no-keys", action="store_false", dest="keys", help="leave out the keyboard"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
