"""The fixations of one trial among those of a whole recording.

Fixation 0 is the one under way when the image appeared; it says where the fixation cross stood.
From 1 on count those that began while the image was shown. One that began earlier and ended
before the onset, or began after the image had gone, belongs to no image.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class EyeFixations:
    """Fixations of one eye in the order of time.

    Attributes
    ----------
    eye
        ``L`` or ``R``.
    start_ms, end_ms : array (n,)
        First and last sample, on the tracker's clock.
    duration_ms : array (n,)
    xy_px : array (n, 2)
        Mean position, in the tracker's pixels.
    """

    eye: str
    start_ms: np.ndarray
    end_ms: np.ndarray
    duration_ms: np.ndarray
    xy_px: np.ndarray

    def of(self, which: np.ndarray) -> "EyeFixations":
        """Return the fixations with these indices."""
        return EyeFixations(
            self.eye, self.start_ms[which], self.end_ms[which], self.duration_ms[which],
            self.xy_px[which],
        )  # fmt: skip


def of_one_eye(fixations: pd.DataFrame, preferred: str) -> EyeFixations:
    """Return the fixations of the eye that the study records, or of the other if it has none.

    Parameters
    ----------
    fixations : DataFrame
        Fixations of `analysis.recordings.recording.Recording`; of both eyes in a binocular
        recording.
    preferred
        ``left`` or ``right``.
    """
    eye = preferred[0].upper()
    chosen = fixations[fixations["eye"] == eye]
    if chosen.empty and len(fixations):
        eye = "R" if eye == "L" else "L"
        chosen = fixations
    sound = chosen[["start_ms", "x_px", "y_px"]].notna().all(axis=1)
    chosen = chosen[sound].sort_values("start_ms", kind="stable")
    return EyeFixations(
        eye=eye,
        start_ms=chosen["start_ms"].to_numpy(),
        end_ms=chosen["end_ms"].to_numpy(),
        duration_ms=chosen["duration_ms"].to_numpy(),
        xy_px=chosen[["x_px", "y_px"]].to_numpy(),
    )


def during_image(
    fixations: EyeFixations, onset_ms: float, duration_ms: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return which fixations belong to an image, and their numbers.

    Parameters
    ----------
    onset_ms, duration_ms
        When the image appeared, on the tracker's clock, and for how long it was shown.

    Returns
    -------
    indices, numbers : arrays (m,)
        Indices into `fixations`; numbers from 1, or from 0 if one was under way at the onset.
    """
    first, last = np.searchsorted(fixations.start_ms, [onset_ms, onset_ms + duration_ms])
    under_way = first > 0 and fixations.end_ms[first - 1] >= onset_ms
    indices = np.arange(first - under_way, last)
    return indices, np.arange(len(indices)) + (not under_way)
