"""The frames of a screen as they are measured: how many a second, and which come late or early."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiment.protocols.display import Display
from stimuli.support.errors import InputError

# Frames before the measurement, while driver and desktop settle.
_SETTLE = 30
_FRAMES = 90
_TOLERANCE = 0.01
# Shares of a frame: an interval above or below them is of a frame that came late or early.
_LATE, _EARLY = 1.5, 0.5
# What to do about frames that are not all on time.
MORE_STEADY = "close other programs, switch the desktop's compositor off, use one screen"


@dataclass(frozen=True)
class FrameRate:
    """The frames of a screen, measured.

    Attributes
    ----------
    frame_s
        Median of the intervals between flips, in seconds.
    jitter_s
        Standard deviation of those that are neither late nor early.
    late, early
        How many frames came late by at least half a frame, or early by more than that.
    frames
        Number of intervals.
    """

    frame_s: float
    jitter_s: float
    late: int
    early: int
    frames: int

    @property
    def hz(self) -> float:
        """Frames a second."""
        return 1 / self.frame_s

    def is_near(self, refresh_hz: float) -> bool:
        """Return whether the rate is that of the settings, to a hundredth."""
        return abs(self.hz / refresh_hz - 1) <= _TOLERANCE

    def __str__(self) -> str:
        early = f", {self.early} early" if self.early else ""
        return (
            f"{self.hz:.2f} Hz, standard deviation {1000 * self.jitter_s:.2f} ms, "
            f"{self.late} of {self.frames} frames late{early}"
        )


def frame_times(display: Display, frames: int) -> np.ndarray:
    """Return the times of ``(frames,)`` flips in a row, in seconds, once the screen has settled."""
    times = []
    for _ in range(_SETTLE + frames):
        display.draw_target()
        times.append(display.flip())
    return np.array(times[_SETTLE:])


def frame_rate(intervals_s: Sequence[float] | np.ndarray) -> FrameRate:
    """Return what the times between flips, ``(n,)`` seconds, say of a screen."""
    intervals = np.maximum(np.asarray(intervals_s, float), 1e-6)
    usual_s = float(np.median(intervals))
    late, early = intervals >= _LATE * usual_s, intervals < _EARLY * usual_s
    usual = intervals[~late & ~early]
    return FrameRate(
        usual_s, float(np.std(usual)), int(late.sum()), int(early.sum()), len(intervals)
    )


def measure_frame_rate(display: Display, frames: int = _FRAMES) -> FrameRate:
    """Measure the frames of a screen, of which none should be late.

    Examples
    --------
    >>> from experiment import measure_frame_rate, simulated_lab
    >>> from pathlib import Path
    >>> from stimuli import Settings
    >>> lab = simulated_lab("07", {}, Settings(), Path("host"))
    >>> print(measure_frame_rate(lab.display))
    120.00 Hz, standard deviation 0.00 ms, 0 of 90 frames late
    """
    return frame_rate(np.diff(frame_times(display, frames + 1)))


def wrong_rate(refresh_hz: float) -> str:
    """Return what to do about a screen that has another rate than the settings."""
    return (
        f"study.toml: screen.refresh_hz is {refresh_hz:g}; set the screen to it, switch "
        f"vertical synchronisation on, or correct the setting"
    )


def check_frame_rate(measured: FrameRate, refresh_hz: float) -> None:
    """Check that a screen has the rate that its images are timed by.

    Raises
    ------
    InputError
        If it differs from `refresh_hz` by more than a hundredth.
    """
    if not measured.is_near(refresh_hz):
        raise InputError(f"the screen has {measured}; {wrong_rate(refresh_hz)}")


def frames_missed(interval_s: float, frame_s: float) -> int:
    """Return how many frames passed without a flip in the time between two flips.

    A stall of ten frames is ten.

    Examples
    --------
    >>> from experiment.display.frames import frames_missed
    >>> [frames_missed(interval_s, 0.010) for interval_s in (0.010, 0.014, 0.015, 0.110)]
    [0, 0, 1, 10]
    """
    shares = interval_s / frame_s
    return max(int(shares + 0.5 + 1e-6) - 1, 0)


def is_early(interval_s: float, frame_s: float) -> bool:
    """Return whether a flip came less than half a frame after the one before."""
    return interval_s < _EARLY * frame_s
