"""The fixations of one trial among those of a whole recording.

Fixation 0 is the one under way when the image appeared; it says where the fixation cross stood.
From 1 on count those that began while the image was shown. One that began earlier and ended
before the onset, or began after the image had gone, belongs to no image.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class EyeFixations:
    """Fixations in the order of time, of one eye in every block of the recording.

    Attributes
    ----------
    eye : array (n,)
        ``L`` or ``R``.
    start_ms, end_ms : array (n,)
        First and last sample, on the tracker's clock.
    duration_ms : array (n,)
    xy_px : array (n, 2)
        Mean position, in the tracker's pixels.
    """

    eye: np.ndarray
    start_ms: np.ndarray
    end_ms: np.ndarray
    duration_ms: np.ndarray
    xy_px: np.ndarray

    def of(self, which: np.ndarray) -> "EyeFixations":
        """Return the fixations with these indices."""
        return EyeFixations(
            self.eye[which], self.start_ms[which], self.end_ms[which], self.duration_ms[which],
            self.xy_px[which],
        )  # fmt: skip


@dataclass(frozen=True)
class BlockEyes:
    """Which eye is used in every block: the study's, or the other where that was not recorded.

    Attributes
    ----------
    preferred
        ``L`` or ``R``.
    by_block
        Eye by the number of the block.
    spans_ms : array (m, 2)
        Start and end of every block; infinite where it was cut off.
    """

    preferred: str
    by_block: Mapping[int, str]
    spans_ms: np.ndarray

    def at(self, time_ms: float) -> str | None:
        """Return the eye that is used at a time, or None if nothing was recorded then."""
        if not len(self.spans_ms):
            return self.preferred  # no block is known: the recording does not say
        within = np.flatnonzero((self.spans_ms[:, 0] <= time_ms) & (time_ms <= self.spans_ms[:, 1]))
        return self.by_block.get(int(within[-1]) + 1, self.preferred) if len(within) else None


def block_eyes(fixations: pd.DataFrame, blocks: pd.DataFrame, preferred: str) -> BlockEyes:
    """Return which eye is used in every block of a recording.

    Parameters
    ----------
    fixations, blocks : DataFrame
        Of `analysis.recordings.recording.Recording`. Where no fixation at all is of the preferred
        eye, the other takes its place everywhere.
    preferred
        ``left`` or ``right``.
    """
    eye = preferred[0].upper()
    other = "R" if eye == "L" else "L"
    if len(fixations) and eye not in set(fixations["eye"]):
        eye, other = other, eye
    recorded = dict(zip(blocks["block"], blocks["eyes"], strict=True))
    for block, found in fixations.groupby("block")["eye"]:
        if not recorded.get(block):
            recorded[block] = "".join(sorted(set(found)))
    spans_ms = blocks[["start_ms", "end_ms"]].fillna({"end_ms": np.inf}).to_numpy()
    by_block = {int(block): other if eyes == other else eye for block, eyes in recorded.items()}
    return BlockEyes(eye, by_block, spans_ms)


def of_one_eye(fixations: pd.DataFrame, eyes: BlockEyes) -> EyeFixations:
    """Return the sound fixations of the eye that is used in each block.

    Parameters
    ----------
    fixations : DataFrame
        Fixations of `analysis.recordings.recording.Recording`; of both eyes in a binocular
        recording.
    """
    used = fixations["block"].map(eyes.by_block).fillna(eyes.preferred)
    chosen = fixations[fixations["eye"] == used]
    sound = chosen[["start_ms", "x_px", "y_px"]].notna().all(axis=1)
    chosen = chosen[sound].sort_values("start_ms", kind="stable")
    return EyeFixations(
        eye=chosen["eye"].to_numpy(),
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
