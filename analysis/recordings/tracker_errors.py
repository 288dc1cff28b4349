"""What the tracker itself wrote of errors, and the trials that they touch.

An EyeLink that gets more messages or commands than it can write down says so in the file, as
``ERROR MESSAGES LOST 2``: what was lost came before, in the trial under way or since its end.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ERROR = re.compile(r"(?:[+-]?[0-9]{1,9}\s+)?((?:ERROR|WARNING)(?:\s|:).*)", re.DOTALL)
_LOST = re.compile(r"(.*\bLOST)[\s:=]+([0-9]{1,9})")
_TRIAL = re.compile(r"TRIALID\s+(\S+)")
_LONGEST = 60


@dataclass(frozen=True)
class TrackerError:
    """An error that the tracker wrote.

    Attributes
    ----------
    what
        Its text, without the number of what was lost.
    count
        How much was lost; 1 for any other error.
    trial
        What ``TRIALID`` named last, if it named any.
    ended
        Whether that trial had its result already.
    """

    what: str
    count: int
    trial: str | None
    ended: bool

    def __str__(self) -> str:
        """Return the error and the trial that it touches."""
        if self.trial is None:
            return self.what
        return f"{self.what} {'after' if self.ended else 'in'} trial {self.trial}"


def tracker_errors(texts: Iterable[str]) -> list[TrackerError]:
    """Return the errors among the texts of a recording's messages, in their order."""
    found: list[TrackerError] = []
    trial, ended = None, False
    for text in texts:
        if match := _TRIAL.match(text):
            trial, ended = match[1], False
        elif text.startswith("TRIAL_RESULT"):
            ended = True
        elif match := _ERROR.fullmatch(text):
            lost = _LOST.match(match[1])
            what = " ".join((lost[1] if lost else match[1]).split())[:_LONGEST]
            found.append(TrackerError(what, int(lost[2]) if lost else 1, trial, ended))
    return found
