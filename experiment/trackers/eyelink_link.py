"""The way to an EyeLink: the module pylink, the link to the host, and its setup on our display."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from experiment.protocols.display import Clock, SetupDisplay
from experiment.protocols.operator import Beep
from experiment.trackers.calibration import custom_display
from experiment.trackers.eyelink import EyeLink
from experiment.trackers.eyelink_commands import check_rate
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError


def import_pylink() -> Any:
    """Return the module pylink, which only a lab computer has.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import pylink
    except ImportError as error:
        raise InputError(
            f"pylink cannot be imported ({error}); install it with "
            f"`pip install sr-research-pylink`, or add --mouse"
        ) from None
    return pylink


def connect(pylink: Any, address: str | None) -> Any:
    """Return an open link; None as address is the dummy mode.

    Raises
    ------
    InputError
        If no tracker answers.
    """
    try:
        return pylink.EyeLink(address)
    except RuntimeError as error:
        print(file=sys.stderr)  # pylink leaves its own line without an end
        raise InputError(
            f"no EyeLink at {address!r} ({error}); switch the host on, check the cable and this "
            f"computer's address (100.1.1.2), or study.toml: tracker.address; --dummy goes without"
        ) from None


@contextmanager
def open_eyelink(
    display: SetupDisplay,
    clock: Clock,
    settings: Settings,
    *,
    read_keys: Callable[[], Sequence[tuple[str, int]]],
    tell: Callable[[str], None],
    beep: Callable[[Beep], None] = lambda beep: None,
    dummy: bool = False,
    pylink: Any = None,
) -> Iterator[EyeLink]:
    """Yield a connected EyeLink whose setup is drawn on our display, and close it.

    Parameters
    ----------
    read_keys, tell, beep
        See `experiment.trackers.calibration.CalibrationScreen`.
    pylink
        Something that behaves as the module; by default the module.

    Raises
    ------
    InputError
        If no tracker answers, or the study asks for a sample rate that an EyeLink has not.
    """
    check_rate(settings)
    pylink = import_pylink() if pylink is None else pylink
    link = connect(pylink, None if dummy else settings.tracker.address)
    try:
        screen = custom_display(pylink, display, read_keys=read_keys, tell=tell, beep=beep)
        pylink.openGraphicsEx(screen)
        yield EyeLink(pylink, link, clock, settings, screen=screen, tell=tell)
    finally:
        with suppress(RuntimeError):  # of a link that is lost
            pylink.closeGraphics()
        with suppress(RuntimeError):
            link.close()
