"""The eye tracker: what every tracker can, what some can, and how they fail.

`Tracker` is what a session needs of any tracker. What only some have is a protocol of its own, and
the session asks ``isinstance(tracker, DriftChecker)`` before it uses it: `DriftChecker`,
`Validator`, `HostScreen`, `SetupReader`, `AfterImage`, `TrialNotes` and `Keeper`. See
``docs/adding-a-tracker.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np


class TrackerFault(Exception):
    """The tracker does not do what it was told, or has stopped.

    Attributes
    ----------
    lost
        Whether the tracker cannot be reached any more, so that only another session can go on.
    """

    def __init__(self, text: str, *, lost: bool = False):
        super().__init__(text)
        self.lost = lost


class LostRecording(TrackerFault):
    """A recording that is no longer where it was kept on this computer."""

    def __init__(self, path: Path):
        super().__init__(
            f"{path}: is no longer there; expected the recording as it was kept; put the file back "
            f"from a copy"
        )


@dataclass(frozen=True)
class Validation:
    """How far gaze was from known targets, in degrees: mean and largest over the targets.

    Attributes
    ----------
    max_deg
        None where the tracker tells the mean alone.
    """

    mean_deg: float
    max_deg: float | None = None

    def __str__(self) -> str:
        largest = "" if self.max_deg is None else f", {self.max_deg:.2f} deg maximum"
        return f"{self.mean_deg:.2f} deg mean{largest}"


@dataclass(frozen=True)
class InterestArea:
    """The outline of an object on the screen.

    Attributes
    ----------
    outline_px
        Corners ``(x, y)`` in screen pixels; the last is joined to the first.
    """

    label: str
    outline_px: tuple[tuple[float, float], ...]


class Tracker(Protocol):
    """An eye tracker that keeps its own recording on its own clock."""

    @property
    def suffix(self) -> str:
        """How the name of its recording ends, such as ``.edf``."""
        ...

    @property
    def tells_gaze(self) -> bool:
        """Whether `gaze` is where somebody looks; else the target is shown for its time."""
        ...

    @property
    def needs_calibration(self) -> bool:
        """Whether there is anything to calibrate, and to validate."""
        ...

    def open(self, subject: str) -> str:
        """Open a recording, before the first calibration, and return its name.

        The name is one never used before; the journal keeps it, and `recover` is given it. What it
        looks like is the tracker's own affair.

        Parameters
        ----------
        subject
            Label of the participant, such as ``07``.

        Raises
        ------
        TrackerFault
            If the tracker does not open it; another call tries another name.
        """
        ...

    def calibrate(self) -> Validation | None:
        """Calibrate and validate, on our display or on the tracker's own, where it needs that.

        Returns
        -------
        Validation or None
            Of the last validation; None if there was none.

        Raises
        ------
        TrackerFault
            If the tracker does not do it; the operator is asked how to go on, unless it is lost.
        """
        ...

    def clock_offset_ms(self) -> float | None:
        """Return the tracker's clock minus the display's, or None if it cannot be asked."""
        ...

    def start_recording(self) -> float:
        """Start to record and return the time of the first sample.

        Raises
        ------
        TrackerFault
            If the tracker does not record.
        """
        ...

    def check(self) -> bool:
        """Check, once a frame, that the recording goes on; return whether the eye is seen.

        Raises
        ------
        TrackerFault
            If it does not.
        """
        ...

    def gaze(self) -> np.ndarray | None:
        """Return the newest gaze ``(x, y)`` of the recording, or None if the eye is lost."""
        ...

    def stop_recording(self) -> None:
        """Stop recording, if it goes on; the samples up to now are kept."""
        ...

    def message(self, text: str) -> None:
        """Write `text` into the recording, stamped by the tracker as it arrives."""
        ...

    def save(self, path: Path) -> bool:
        """Stop recording, close the recording and put it at `path`.

        Returns
        -------
        bool
            Whether there is a file; a tracker in dummy mode has none.

        Raises
        ------
        TrackerFault
            If it could not be fetched; the tracker still has it.
        """
        ...

    def recover(self, name: str, path: Path) -> bool:
        """Put the recording of an earlier session at `path`; return whether there are any.

        Raises
        ------
        TrackerFault
            If it could not be fetched, or is no longer there.
        """
        ...


@runtime_checkable
class Keeper(Protocol):
    """A tracker that keeps recordings on this computer until they are in their place."""

    def forget(self, name: str) -> None:
        """Remove what is kept of a recording, which is in its place now."""
        ...


@runtime_checkable
class SetupReader(Protocol):
    """A tracker whose setup stands on our display, where the participant can read meanwhile."""

    def show_in_setup(self, text: str) -> None:
        """Show a few words in every setup from now on, whenever no target is shown."""
        ...


@runtime_checkable
class DriftChecker(Protocol):
    """A tracker that can compare gaze with a target between trials."""

    def drift_check(self) -> float | None:
        """Compare gaze with the central target, which is shown, while not recording.

        Returns
        -------
        float or None
            Distance in degrees; None if the check was broken off.
        """
        ...


@runtime_checkable
class Validator(Protocol):
    """A tracker whose calibration can be validated again without another one."""

    def validate(self) -> Validation | None:
        """Validate the calibration that is in force; returns as `Tracker.calibrate` does."""
        ...


@runtime_checkable
class HostScreen(Protocol):
    """A tracker with a screen of its own for the operator."""

    def describe(self, label: str, image: Path, areas: Sequence[InterestArea]) -> None:
        """Show which trial comes next. Not while recording.

        Parameters
        ----------
        label
            The trial in a few words.
        image
            File of the image that will be shown.
        areas
            Where its objects lie on the screen.
        """
        ...

    def say(self, text: str) -> None:
        """Show a few words, such as what is waited for."""
        ...


@runtime_checkable
class AfterImage(Protocol):
    """A tracker that does something of its own when an image has vanished."""

    def after_image(self, vanished_s: float) -> None:
        """Ask the participant, or whatever it is; the screen is grey, the recording goes on.

        Parameters
        ----------
        vanished_s
            When the image vanished.
        """
        ...


@runtime_checkable
class TrialNotes(Protocol):
    """A tracker whose maker's viewer finds trials, images and objects in the recording."""

    def note_trial(self, facts: Mapping[str, object], areas: Sequence[InterestArea]) -> None:
        """Note what a trial is and where its objects lie; its number was told before."""
        ...

    def note_image(self, image: str, late_ms: int) -> None:
        """Note that an image has appeared.

        Parameters
        ----------
        image
            Its file, relative to the study folder.
        late_ms
            How many milliseconds ago.
        """
        ...

    def note_end(self, status: str, facts: Mapping[str, object]) -> None:
        """Note how a trial ended: a `stimuli.contract.vocabulary.TrialStatus`, or withdrawn."""
        ...
