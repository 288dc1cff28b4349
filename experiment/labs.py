"""The laboratories that a session can run in: simulated, with a mouse, with an EyeLink."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from experiment.display.window import WindowClock, WindowDisplay, open_window
from experiment.lab import Lab
from experiment.observer.attention import read_densities
from experiment.operator import KeyOperator
from experiment.session.records import Records
from experiment.simulation import simulated_lab
from experiment.trackers.eyelink_link import open_eyelink
from experiment.trackers.mouse import MOUSE, MouseEye, MouseTracker
from stimuli.settings import Settings
from stimuli.vocabulary import Stimulus

# Who looks, by mode.
OBSERVERS = {"eyelink": "human", "simulate": "simulated", "mouse": "mouse", "dummy": "dummy"}


@contextmanager
def open_lab(
    arguments: argparse.Namespace, records: Records, stimuli: Sequence[Stimulus]
) -> Iterator[Lab]:
    """Yield the laboratory that the command asks for, and close it.

    Parameters
    ----------
    arguments
        ``mode``, ``screen`` and ``windowed`` of the command.

    Raises
    ------
    InputError
        If a screen, a tracker or a package is missing.
    """
    study, settings = records.study, records.study.settings
    host = records.folder / "host"
    if arguments.mode == "simulate":
        densities = read_densities(study.root, stimuli)
        yield simulated_lab(records.subject, records.run, densities, settings, host)
        return
    with open_window(
        settings,
        number=arguments.screen,
        windowed=arguments.windowed,
        cursor=arguments.mode == "mouse",
    ) as display:
        clock = WindowClock()
        operator = KeyOperator(clock)
        if arguments.mode == "mouse":
            tracker = nullcontext(_mouse_tracker(display, clock, settings, host))
        else:
            tracker = open_eyelink(
                display,
                clock,
                settings,
                read_keys=operator.keys,
                tell=operator.tell,
                dummy=arguments.mode == "dummy",
            )
        with tracker as opened:
            yield Lab(clock, display, opened, operator, OBSERVERS[arguments.mode])


def _mouse_tracker(
    display: WindowDisplay, clock: WindowClock, settings: Settings, host: Path
) -> MouseTracker:
    eye = MouseEye(display.mouse_px, settings.screen.geometry)
    generator = np.random.default_rng(settings.study.seed)
    return MouseTracker(clock, eye, settings, generator, host, remark=MOUSE)
