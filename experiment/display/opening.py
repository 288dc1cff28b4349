"""Opening the window of a session on a screen, and closing it.

The garbage collector rests while the window is open: it runs when an image is loaded, in a blank,
and so never between the flips that show one.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from experiment.display.window import WindowDisplay
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError


@contextmanager
def open_window(
    settings: Settings, *, number: int = 0, windowed: bool = False, cursor: bool = False
) -> Iterator[WindowDisplay]:
    """Yield a display on screen `number`, and close it.

    Parameters
    ----------
    windowed
        A window with a frame, not the whole screen.
    cursor
        Whether the mouse can be seen.

    Raises
    ------
    InputError
        If PsychoPy or the screen is missing, or the screen has another size than the settings say.
    """
    screen = settings.screen
    window = _window(settings, number, windowed)
    try:
        size = tuple(int(side) for side in window.size)
        if size != (screen.width_px, screen.height_px):
            raise InputError(
                f"screen {number} gives {size[0]} x {size[1]} pixels; study.toml: "
                f"screen.width_px and height_px say {screen.width_px} x {screen.height_px}; set "
                f"the screen's resolution, or name another with --screen N"
            )
        window.mouseVisible = cursor
        gc.collect()
        gc.disable()
        yield WindowDisplay(window, settings)
    finally:
        gc.enable()
        window.close()


def _window(settings: Settings, number: int, windowed: bool) -> Any:
    """Return a new `psychopy.visual.Window` of the size and grey of the settings."""
    screen = settings.screen
    try:
        from psychopy import logging, monitors, visual
    except ImportError as error:
        raise InputError(
            f"PsychoPy cannot be imported ({error}); install it with "
            f'`pip install -e ".[lab]"`, or add --simulate'
        ) from None
    except Exception as error:
        # pyglet looks for a screen on import, and says so in exceptions of its own.
        raise InputError(
            f"no screen: {error}; run this on a computer with a screen, or add --simulate"
        ) from None
    logging.console.setLevel(logging.ERROR)
    monitor = monitors.Monitor(
        settings.study.name, width=screen.width_cm, distance=screen.distance_cm, autoLog=False
    )
    monitor.setSizePix((screen.width_px, screen.height_px))
    try:
        return visual.Window(
            size=(screen.width_px, screen.height_px),
            screen=number,
            fullscr=not windowed,
            allowGUI=windowed,
            monitor=monitor,
            units="pix",
            colorSpace="rgb1",
            color=(screen.grey_level / 255,) * 3,
            waitBlanking=True,
            checkTiming=False,
            useRetina=False,
            winType="pyglet",
            autoLog=False,
        )
    except IndexError:
        raise InputError(f"--screen is {number}; there is no such screen") from None
