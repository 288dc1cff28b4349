"""What a check before a session finds, and how grave that is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from stimuli.support.errors import InputError


class Verdict(StrEnum):
    """What a finding means for a session."""

    OK = "ok"
    WARN = "look"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    name
        What was checked.
    found
        What is there, in a few words.
    repair
        What to do where it is not right; empty where it is.
    """

    name: str
    verdict: Verdict
    found: str
    repair: str = ""


def wrong_input(name: str, error: InputError) -> Finding:
    """Return the failure that wrong input is; what its message says after ``;`` is the repair."""
    found, _, repair = str(error).partition("; ")
    return Finding(name, Verdict.FAIL, found, repair)


def tried(name: str, check: Callable[[], Finding]) -> Finding:
    """Return what a check finds; wrong input is a failure with its own repair."""
    try:
        return check()
    except InputError as error:
        return wrong_input(name, error)
