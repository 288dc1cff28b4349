"""Gaze samples as a library delivers them, and what a library must be able to do.

Whoever adds a tracker writes a `SampleSource`; `experiment.trackers.sampled.SampledTracker` makes
an `experiment.protocols.tracker.Tracker` of it. See ``docs/adding-a-tracker.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

SIDES = ("left", "right")


@dataclass(frozen=True)
class GazeSamples:
    """Samples in the order of time.

    Attributes
    ----------
    time_s
        ``(n,)`` seconds on the display's clock.
    eyes
        By ``left`` or ``right``, ``(n, 3)``: gaze ``(x, y)`` in screen pixels and the pupil, in the
        tracker's own unit; NaN where an eye was lost.
    """

    time_s: np.ndarray
    eyes: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.time_s)


def no_samples(eyes: Sequence[str]) -> GazeSamples:
    """Return no samples of some eyes."""
    return GazeSamples(np.empty(0), {side: np.empty((0, 3)) for side in eyes})


def joined(parts: Sequence[GazeSamples], eyes: Sequence[str]) -> GazeSamples:
    """Return consecutive samples of the same eyes as one."""
    parts = [no_samples(eyes), *parts]
    return GazeSamples(
        np.concatenate([part.time_s for part in parts]),
        {side: np.concatenate([part.eyes[side] for part in parts]) for side in eyes},
    )


class SampleSource(Protocol):
    """A tracker's library: calibrates on its own display, and delivers samples while started."""

    @property
    def facts(self) -> Mapping[str, object]:
        """What the recording's sidecar says of the tracker, in the words of BIDS.

        Such as ``Manufacturer``, ``ManufacturersModelName``, ``DeviceSerialNumber``.
        """
        ...

    @property
    def rate_hz(self) -> float:
        """Samples a second, as the tracker states them."""
        ...

    @property
    def eyes(self) -> Sequence[str]:
        """The eyes that it delivers: ``left``, ``right`` or both, in this order."""
        ...

    def calibrate(self) -> bool:
        """Calibrate; return whether there is a calibration now.

        Raises
        ------
        TrackerFault
            If the tracker does not do it.
        """
        ...

    def start(self) -> None:
        """Begin to deliver samples; none from before may come.

        Raises
        ------
        TrackerFault
            If the tracker does not.
        """
        ...

    def samples(self) -> GazeSamples:
        """Return the samples that have come since the last call, without waiting.

        Raises
        ------
        TrackerFault
            If the tracker cannot be reached.
        """
        ...

    def stop(self) -> None:
        """Stop delivering samples, if it does; what came up to now can still be asked for once."""
        ...
