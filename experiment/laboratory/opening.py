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
from experiment.laboratory.simulation import simulated_lab
from experiment.observer.attention import read_densities
from experiment.protocols.lab import Lab
from experiment.protocols.tracker import Tracker
from experiment.records.run_files import RunFiles
from experiment.trackers.eyelink_link import open_eyelink
from experiment.trackers.mouse import MOUSE, MouseEye, MouseTracker
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import Stimulus


@contextmanager
def open_lab(
    mode: Mode,
    files: RunFiles,
    stimuli: Sequence[Stimulus],
    *,
    screen: int = 0,
    windowed: bool = False,
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

    Raises
    ------
    InputError
        If a screen, a tracker or a package is missing, or a prediction cannot be read.

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
    cursor = mode == Mode.MOUSE
    with open_window(settings, number=screen, windowed=windowed, cursor=cursor) as display:
        clock = WindowClock()
        operator = KeyOperator(clock)
        opening: AbstractContextManager[Tracker]
        if mode == Mode.MOUSE:
            opening = nullcontext(_mouse_tracker(display, clock, settings, host))
        else:
            opening = open_eyelink(
                display,
                clock,
                settings,
                read_keys=operator.keys,
                tell=operator.tell,
                dummy=mode == Mode.DUMMY,
            )
        with opening as tracker:
            yield Lab(clock, display, tracker, operator, mode.participant_kind)


def _mouse_tracker(
    display: WindowDisplay, clock: WindowClock, settings: Settings, host: Path
) -> MouseTracker:
    eye = MouseEye(display.mouse_px, settings.screen.geometry)
    generator = np.random.default_rng(settings.study.seed)
    return MouseTracker(clock, eye, settings, generator, host, remark=MOUSE)
