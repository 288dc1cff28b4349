"""Trials without a fixation on their image, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analysis.recordings.tracker_errors import TrackerError


class Cause(StrEnum):
    """Why nothing is known of where somebody looked on a trial."""

    MESSAGES_LOST = "the tracker lost messages, among them the image's onset"
    CUT = "the recording does not say when the image appeared"
    NOT_RECORDED = "the eye was not recorded when the image appeared"
    NO_EVENTS = "no fixation was found while the image was shown"
    OFF_IMAGE = "all fixations are off the image"


@dataclass(frozen=True)
class TrialWithout:
    """A complete trial without a fixation on its image."""

    subject: str
    run: int
    trial: int
    stim_id: str
    cause: Cause


def cause_without_onset(trial: int, errors: Sequence[TrackerError], begun: set[int]) -> Cause:
    """Return why a recording does not say when the image of a trial appeared.

    Parameters
    ----------
    begun
        Trials whose beginning the recording has. Where that is lost too, what the tracker says of
        it stands in the trial before.
    """
    touched = {error.trial for error in errors if "LOST" in error.what}
    before = None if trial == 1 else str(trial - 1)
    mine = {str(trial)} if trial in begun else {str(trial), before}
    return Cause.MESSAGES_LOST if touched & mine else Cause.CUT


def cause_with_onset(recorded: bool, numbers: np.ndarray, on_image: np.ndarray) -> Cause | None:
    """Return why a trial has no fixation on its image, or None if it has one.

    Parameters
    ----------
    recorded
        Whether an eye was recorded when the image appeared.
    numbers : array (n,)
        Numbers of the trial's fixations; 0 was under way at the onset.
    on_image : array (n,)
        Whether each lies on the image.
    """
    began = numbers > 0
    if (began & on_image).any():
        return None
    if began.any():
        return Cause.OFF_IMAGE
    return Cause.NO_EVENTS if recorded else Cause.NOT_RECORDED
