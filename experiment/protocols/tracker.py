"""The eye tracker: what it records, what it is told, and how it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

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


@dataclass(frozen=True)
class InterestArea:
    """A rectangle of the screen around an object, in screen pixels, edges included."""

    label: str
    left_px: int
    top_px: int
    right_px: int
    bottom_px: int


@dataclass(frozen=True)
class Validation:
    """How far gaze was from the targets of a validation, in degrees."""

    mean_deg: float
    max_deg: float

    def __str__(self) -> str:
        return f"{self.mean_deg:.2f} deg mean, {self.max_deg:.2f} deg maximum"


class Tracker(Protocol):
    """An eye tracker that keeps its own file on its own clock."""

    @property
    def suffix(self) -> str:
        """Suffix of the tracker's file, such as ``.edf``."""
        ...

    def open(self, name: str) -> None:
        """Open a data file on the tracker's host, before the first calibration.

        Parameters
        ----------
        name
            At most 8 letters, digits and ``_``, never used before: the host overwrites.

        Raises
        ------
        TrackerFault
            If the host does not open it.
        """
        ...

    def calibrate(self) -> Validation | None:
        """Calibrate and validate; returns when the operator leaves the tracker's setup.

        Returns
        -------
        Validation or None
            The last one; None if there was none.
        """
        ...

    def validate(self) -> Validation | None:
        """Validate the calibration that is in force; returns as `calibrate` does."""
        ...

    def show_status(self, text: str) -> None:
        """Show a line to whoever sits at the tracker's host: what the session waits for."""
        ...

    def drift_check(self) -> float | None:
        """Compare gaze with the central target while not recording.

        Returns
        -------
        float or None
            Distance in degrees; None if the check was broken off.
        """
        ...

    def describe(self, label: str, image: Path, areas: Sequence[InterestArea]) -> None:
        """Show the operator at the tracker's host which trial comes next. Not while recording.

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
        """Write `text` into the tracker's file, stamped by the tracker as it arrives."""
        ...

    def save(self, path: Path) -> bool:
        """Stop recording, close the tracker's file and put it at `path`.

        Returns
        -------
        bool
            Whether there is a file; a tracker in dummy mode has none.

        Raises
        ------
        TrackerFault
            If the file could not be fetched; it is still on the host.
        """
        ...

    def recover(self, name: str, path: Path) -> bool:
        """Fetch the file of an earlier session from the host to `path`; return whether it can be.

        Raises
        ------
        TrackerFault
            If the file is there and could not be fetched.
        """
        ...
