"""The checks before a session: study folder, disk, screen, keyboard and tracker.

In comes a study; out come findings, one after the other. Nothing is recorded and nothing in the
study is changed.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from experiment.display.frames import measure_frame_rate
from experiment.display.opening import open_window
from experiment.display.window import WindowClock, WindowDisplay
from experiment.laboratory.modes import EYELINK, Room, find_mode, using_mode
from experiment.laboratory.operator import KeyOperator
from experiment.preflight.findings import Finding, Verdict, tried, wrong_input
from experiment.preflight.judgements import judge_geometry, judge_luminance, judge_refresh
from experiment.records.disk import NEEDED_GB, free_gb
from experiment.session.images import check_images_as_shown, interest_areas
from experiment.trackers.eyelink_commands import software_version
from experiment.trackers.eyelink_link import connect, import_pylink
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.orders import read_blocks
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study
from stimuli.support.errors import InputError

_FRAMES = 240
_KEY_WAIT_S = 15.0


def check_lab(
    study: Study,
    *,
    screen: int = 0,
    windowed: bool = False,
    with_tracker: bool = True,
    with_keys: bool = True,
) -> Iterator[Finding]:
    """Check everything that a session of a study needs.

    Parameters
    ----------
    screen
        Number of the screen, from 0.
    windowed
        Whether to open a window with a frame, not the whole screen.
    with_tracker, with_keys
        Whether the tracker is asked who it is, and whether a key is waited for.

    Yields
    ------
    Finding
        One after the other, as they are found; a check that cannot be made is a finding too.

    Examples
    --------
    >>> from experiment import check_lab
    >>> from stimuli import open_study
    >>> for finding in check_lab(open_study("demo-study")):  # doctest: +SKIP
    ...     print(finding.name, finding.verdict, finding.repair)
    """
    settings = study.settings
    yield Finding("study.toml", Verdict.OK, f"{study.settings_file}, {settings.study.name}")
    yield tried("stimuli", lambda: check_stimuli(study))
    yield tried("study folder", lambda: check_writable(study.root))
    yield check_disk(study.root)
    yield from judge_geometry(settings)
    yield judge_luminance(settings)
    try:
        mode = find_mode(settings.tracker.model, "study.toml: tracker.model")
        with using_mode(mode, settings, "checks the lab"):
            yield from check_screen(
                settings, screen=screen, windowed=windowed, with_keys=with_keys,
                with_tracker=with_tracker,
            )  # fmt: skip
            if with_tracker and mode.word == EYELINK.word:
                yield tried("tracker", lambda: check_tracker(settings))
    except InputError as error:  # no window covers that of a session that has the tracker
        yield wrong_input("screen and tracker", error)


def check_stimuli(study: Study) -> Finding:
    """Check that all images are there, unchanged since they were made, and of the right size."""
    catalogue = read_catalogue(study.catalogue)
    check_images_as_shown(study.root, catalogue, study.settings.images.size_px)
    interest_areas(study.root, catalogue, study.settings)
    orders = read_blocks(study.blocks)
    found = f"{len(catalogue)} images as they were made, {len(orders)} block orders"
    return Finding("stimuli", Verdict.OK, found)


def check_writable(root: Path) -> Finding:
    """Check that files can be made in the study folder."""
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"x")
    except OSError as error:
        repair = "log in as the owner of the folder, or mount it for writing"
        return Finding("study folder", Verdict.FAIL, f"{root}: {error.strerror}", repair)
    return Finding("study folder", Verdict.OK, f"{root} can be written")


def check_disk(root: Path) -> Finding:
    """Check that the disk has room for sessions."""
    free = free_gb(root)
    if free < NEEDED_GB:
        repair = f"make room: a session needs up to {NEEDED_GB:g} GB"
        return Finding("free disk", Verdict.FAIL, f"{free:.1f} GB", repair)
    return Finding("free disk", Verdict.OK, f"{free:.1f} GB")


def check_screen(
    settings: Settings, *, screen: int, windowed: bool, with_keys: bool, with_tracker: bool = False
) -> Iterator[Finding]:
    """Open the window that a session opens, and check what can be measured in it."""
    try:
        with open_window(settings, number=screen, windowed=windowed) as display:
            size = f"{settings.screen.width_px} x {settings.screen.height_px}"
            yield Finding("resolution", Verdict.OK, f"{size} pixels, as in study.toml")
            display.draw_text("Measuring the frames of this screen.")
            measured = measure_frame_rate(display, _FRAMES)
            yield judge_refresh(measured, settings.screen.refresh_hz)
            if with_keys:
                yield check_keyboard(display)
            if with_tracker and settings.tracker.model != EYELINK.word:
                yield tried("tracker", lambda: check_other_tracker(settings, display))
    except InputError as error:
        yield wrong_input("screen", error)


def check_keyboard(display: WindowDisplay) -> Finding:
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


def check_tracker(settings: Settings) -> Finding:
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


def check_other_tracker(settings: Settings, display: WindowDisplay) -> Finding:
    """Open the tracker that the study names, which needs a window, and close it again."""
    mode = find_mode(settings.tracker.model, "study.toml: tracker.model")
    if mode.open_tracker is None:
        return Finding("tracker", Verdict.OK, f"none: {mode.meaning}")
    clock = WindowClock()
    with tempfile.TemporaryDirectory() as folder:
        room = Room(display, clock, KeyOperator(clock), settings, Path(folder))
        with mode.open_tracker(room):
            return Finding("tracker", Verdict.OK, f"answers: {mode.meaning}")
