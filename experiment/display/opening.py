"""Opening the window of a session on a screen, and closing it.

The garbage collector rests while the window is open: it runs when an image is loaded, in a blank,
and so never between the flips that show one.
"""

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from experiment.display.window import WindowDisplay
from stimuli.contract.settings import ScreenSettings, Settings
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
    window = _window(settings, number, windowed)
    try:
        handle = window.winHandle
        check_pixels(
            (int(window.size[0]), int(window.size[1])), handle.get_framebuffer_size(), number,
            settings.screen,
        )  # fmt: skip
        window.mouseVisible = cursor
        handle.activate()
        gc.collect()
        gc.disable()
        yield WindowDisplay(window, settings)
    finally:
        gc.enable()
        window.close()


def check_pixels(
    size: tuple[int, int], framebuffer: tuple[int, int], number: int, screen: ScreenSettings
) -> None:
    """Check that a window has the pixels of the settings, and that each is one of the panel's.

    Parameters
    ----------
    size, framebuffer
        Of the window as the desktop counts it, and of what is drawn for it: width and height.

    Raises
    ------
    InputError
        If the desktop scales the window, or its size is another than that of the settings.
    """
    expected = (screen.width_px, screen.height_px)
    if size != tuple(framebuffer):
        raise InputError(
            f"screen {number} is scaled: a window of {size[0]} x {size[1]} has {framebuffer[0]} x "
            f"{framebuffer[1]} pixels; expected a scaling of 100 %, so that a pixel of an image is "
            f"one of the panel; set it in the desktop's display settings (Retina: an unscaled "
            f"resolution)"
        )
    if size != expected:
        scaled = [round(100 * one / other) for one, other in zip(expected, size, strict=True)]
        cause = f" or the scaling, which may be {scaled[0]} %, to 100 %"
        raise InputError(
            f"screen {number} gives {size[0]} x {size[1]} pixels; study.toml: "
            f"screen.width_px and height_px say {expected[0]} x {expected[1]}; set the screen's "
            f"resolution{cause if scaled[0] == scaled[1] > 100 else ''}, or name another with "
            f"--screen N"
        )


def check_screen_number(number: int, found: Sequence[tuple[int, int]]) -> None:
    """Check that there is a screen of that number.

    Parameters
    ----------
    found
        Width and height of every screen.

    Raises
    ------
    InputError
        Names the screens that there are.
    """
    if not 0 <= number < len(found):
        listed = ", ".join(f"{at}: {width} x {height}" for at, (width, height) in enumerate(found))
        raise InputError(f"--screen is {number}; expected one of the screens found, {listed}")


def screens_found() -> list[tuple[int, int]]:
    """Return width and height of every screen, by number."""
    import pyglet

    screens = pyglet.canvas.get_display().get_screens()
    return [(int(one.width), int(one.height)) for one in screens]


def _display() -> str:
    """Return in words which display of the desktop this process was given."""
    return repr(os.environ["DISPLAY"]) if "DISPLAY" in os.environ else "not set"


def _window(settings: Settings, number: int, windowed: bool) -> Any:
    """Return a new `psychopy.visual.Window` of the size and grey of the settings."""
    screen = settings.screen
    try:
        from psychopy import logging, monitors, visual

        screens = screens_found()
    except ImportError as error:
        raise InputError(
            f"PsychoPy cannot be imported ({error}); install it with "
            f'`pip install -e ".[lab]"`, or add --simulate'
        ) from None
    except Exception as error:
        # pyglet looks for a screen on import, and says so in exceptions of its own.
        named = "" if sys.platform in ("win32", "darwin") else f", DISPLAY is {_display()}"
        raise InputError(
            f"no screen: {error}{named}; run this on a computer with a screen, or add --simulate"
        ) from None
    check_screen_number(number, screens)
    logging.console.setLevel(logging.ERROR)
    monitor = monitors.Monitor(
        settings.study.name, width=screen.width_cm, distance=screen.distance_cm, autoLog=False
    )
    monitor.setSizePix((screen.width_px, screen.height_px))
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
