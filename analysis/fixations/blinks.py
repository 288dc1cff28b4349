"""Fixations beside blinks, whose positions the lid dragged along."""

import numpy as np
import pandas as pd

from analysis.fixations.trials import EyeFixations


def beside_blinks(
    fixations: EyeFixations, blinks: pd.DataFrame, shorter_than_ms: float, gap_ms: float
) -> np.ndarray:
    """Return which fixations ``(n,)`` are short and next to a blink.

    A lid that closes or opens drags the position along; what the parser takes for a fixation then
    is none.

    Parameters
    ----------
    blinks : DataFrame
        Blinks of `analysis.recordings.recording.Recording`; those of a fixation's own eye count.
    gap_ms
        Longest time between a fixation and a blink that it is next to.
    """
    beside = np.zeros(len(fixations.start_ms), dtype=bool)
    for eye in np.unique(fixations.eye):
        which = np.flatnonzero(fixations.eye == eye)
        own = blinks[(blinks["eye"] == eye) & blinks["start_ms"].notna()]
        starts, ends = np.sort(own["start_ms"].to_numpy()), np.sort(own["end_ms"].to_numpy())
        padded = np.append(starts, np.inf), np.insert(ends, 0, -np.inf)
        # The first blink that starts at or after the fixation's end, the last that ends before it.
        start_ms, end_ms = fixations.start_ms[which], fixations.end_ms[which]
        until = padded[0][np.searchsorted(starts, end_ms)] - end_ms
        since = start_ms - padded[1][np.searchsorted(ends, start_ms, side="right")]
        near = np.minimum(until, since) <= gap_ms
        beside[which] = (fixations.duration_ms[which] < shorter_than_ms) & near
    return beside
