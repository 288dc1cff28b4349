"""The priority of a session among the processes of its computer, while images are shown."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

USUAL_PRIORITY = "as it was"
_NICER = 10


@contextmanager
def raised_priority() -> Iterator[str]:
    """Raise the priority of this process as far as the system lets it, and put it back.

    Yields
    ------
    str
        ``real-time`` where PsychoPy's ``core.rush`` was granted (high on Windows),
        ``raised`` where only the niceness was, ``as it was`` where nothing.
    """
    for name, attempt in (("real-time", _rush), ("raised", _be_less_nice)):
        undo = attempt()
        if undo is not None:
            try:
                yield name
            finally:
                undo()
            return
    yield USUAL_PRIORITY


def _rush() -> Callable[[], object] | None:
    """Return what undoes PsychoPy's real-time priority, or None where it is not granted."""
    from psychopy import core, logging

    logging.console.setLevel(logging.CRITICAL)  # what is refused is in the journal
    with suppress(Exception):  # each system refuses in its own way
        if core.rush(True):
            return lambda: core.rush(False)
    return None


def _be_less_nice() -> Callable[[], object] | None:
    """Return what undoes a lower niceness, or None where it is not granted."""
    with suppress(AttributeError, OSError):  # Windows has none
        before = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, before - _NICER)
        return lambda: os.setpriority(os.PRIO_PROCESS, 0, before)
    return None
