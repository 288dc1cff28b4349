"""The way to an EyeLink: the module pylink, the link to the host, and its setup on our display."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from experiment.lab import Clock
from experiment.trackers.calibration import custom_display
from experiment.trackers.eyelink import EyeLink
from stimuli.errors import InputError
from stimuli.settings import Settings


def import_pylink():
    """Return the module pylink.

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


def connect(pylink, address: str | None):
    """Return an open link; None as address is the dummy mode.

    Raises
    ------
    InputError
        If no tracker answers.
    """
    try:
        return pylink.EyeLink(address)
    except RuntimeError as error:
        raise InputError(
            f"no EyeLink at {address} ({error}); switch the host on, check the cable and this "
            f"computer's address (100.1.1.2), or study.toml: tracker.address; --dummy goes without"
        ) from None


@contextmanager
def open_eyelink(
    display,
    clock: Clock,
    settings: Settings,
    *,
    read_keys: Callable[[], Sequence[tuple[str, int]]],
    tell: Callable[[str], None],
    dummy: bool = False,
    pylink=None,
) -> Iterator[EyeLink]:
    """Yield a connected EyeLink whose setup is drawn on our display, and close it.

    Parameters
    ----------
    read_keys, tell
        As for `experiment.trackers.calibration.CalibrationScreen`.
    pylink
        Something that behaves as the module; by default the module.
    """
    pylink = import_pylink() if pylink is None else pylink
    link = connect(pylink, None if dummy else settings.tracker.address)
    try:
        screen = custom_display(pylink, {"display": display, "read_keys": read_keys, "tell": tell})
        pylink.openGraphicsEx(screen)
        yield EyeLink(pylink, link, clock, settings, screen=screen, tell=tell)
    finally:
        pylink.closeGraphics()
        link.close()
