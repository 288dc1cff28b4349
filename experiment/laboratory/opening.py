"""Opening a laboratory: simulated, with a mouse, or with an EyeLink.

In come the mode and what is to be recorded; out comes the `experiment.protocols.lab.Lab` that a
session works with, which is closed when the block that holds it is left.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import numpy as np

from experiment.display.opening import open_window
from experiment.display.window import WindowClock, WindowDisplay
from experiment.laboratory.modes import Mode
from experiment.laboratory.operator import KeyOperator
from experiment.laboratory.page import operator_page
from experiment.laboratory.simulation import simulated_lab
from experiment.laboratory.sounds import Sounds
from experiment.observer.attention import read_densities
from experiment.protocols.lab import Lab
from experiment.protocols.tracker import Tracker
from experiment.protocols.watch import NoWatch
from experiment.records.run_files import RunFiles
from experiment.trackers.eyelink_link import open_eyelink
from experiment.trackers.mouse import MOUSE, MouseEye, MouseTracker
from stimuli.contract.locking import using_tracker
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ParticipantKind, Stimulus
from stimuli.support.errors import InputError


@contextmanager
def open_lab(
    mode: Mode,
    files: RunFiles,
    stimuli: Sequence[Stimulus],
    *,
    screen: int = 0,
    windowed: bool = False,
    page: bool = False,
) -> Iterator[Lab]:
    """Yield the laboratory of a mode, and close it.

    Parameters
    ----------
    files
        The run that is to be recorded.
    stimuli
        The study's catalogue: a simulated observer follows its predictions.
    screen
        Number of the screen, from 0. A simulated session has none.
    windowed
        Whether to open a window with a frame, not the whole screen.
    page
        Whether to serve the operator's page.

    Raises
    ------
    InputError
        If a person is to see a window with a frame, a screen, a tracker or a package is missing,
        the tracker is another session's, or a prediction cannot be read.

    Examples
    --------
    >>> from experiment import Mode, RunFiles, open_lab
    >>> from stimuli import open_study, read_catalogue
    >>> study = open_study("demo-study")
    >>> files = RunFiles(study, "01", 2)
    >>> with open_lab(Mode.SIMULATE, files, read_catalogue(study.catalogue)) as lab:
    ...     lab.participant_kind.value
    'simulated'
    """
    settings, host = files.study.settings, files.folder / "host"
    if mode == Mode.SIMULATE:
        densities = read_densities(files.study.root, stimuli)
        yield simulated_lab(files.subject, densities, settings, host, run=files.run)
        return
    if windowed and mode.participant_kind == ParticipantKind.HUMAN:
        raise InputError(
            "--windowed shows images in a window that may be moved and covered; expected the whole "
            "screen for a person; leave --windowed out, or add --mouse to try a study out"
        )
    cursor = mode == Mode.MOUSE
    with open_window(settings, number=screen, windowed=windowed, cursor=cursor) as display:
        clock = WindowClock()
        operator = KeyOperator(clock, display.bring_to_front)
        facts = _page_facts(files, screen)
        watching = operator_page(files.study.root, facts, operator.tell) if page else nullcontext()
        opening: AbstractContextManager[Tracker]
        tracker_lock: AbstractContextManager[None] = nullcontext()
        if mode == Mode.EYELINK:
            tracker_lock = using_tracker(
                settings.tracker.address, f"records {files.participant_id}"
            )
        if mode == Mode.MOUSE:
            opening = nullcontext(_mouse_tracker(display, clock, settings, host))
        else:
            opening = open_eyelink(
                display,
                clock,
                settings,
                read_keys=operator.keys,
                tell=operator.tell,
                beep=Sounds(operator.tell).play,
                dummy=mode == Mode.DUMMY,
            )
        with tracker_lock, opening as tracker, watching as watch:
            yield Lab(
                clock,
                display,
                tracker,
                operator,
                mode.participant_kind,
                watch=watch or NoWatch(),
            )


def _page_facts(files: RunFiles, screen: int) -> dict[str, object]:
    """Return what the operator's page says from the start."""
    settings = files.study.settings
    placement, level = settings.placement, settings.screen.grey_level
    left, top = (float(side) for side in placement.origin)
    return {
        "participant": files.participant_id,
        "study": settings.study.name,
        "screen_px": [settings.screen.width_px, settings.screen.height_px],
        "image_px": [left, top, float(placement.width_px), float(placement.height_px)],
        "grey": f"rgb({level}, {level}, {level})",
        "rate": f"number {screen}",
    }


def _mouse_tracker(
    display: WindowDisplay, clock: WindowClock, settings: Settings, host: Path
) -> MouseTracker:
    eye = MouseEye(display.mouse_px, settings.screen.geometry)
    generator = np.random.default_rng(settings.study.seed)
    return MouseTracker(clock, eye, settings, generator, host, remark=MOUSE)
