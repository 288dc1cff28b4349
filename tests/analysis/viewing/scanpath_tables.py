"""Tables of fixations with known latencies, visits and scanpaths."""

import numpy as np
import pandas as pd

from analysis.viewing.pairs import TargetPair

SIZE = (100, 100)
ON, OFF, BESIDE = (75.0, 50.0), (25.0, 50.0), (150.0, 50.0)  # the target is the right half


def right_half():
    mask = np.zeros(SIZE, bool)
    mask[:, 50:] = True
    return mask


def pair(source="a", direction="increase"):
    return TargetPair(
        source, f"{source}-original", f"{source}-version", direction, mask=right_half()
    )


def trial(image, subject, *fixations):
    """Rows of a trial; a fixation is its place, onset and duration."""
    return [
        {"image": image, "subject": subject, "x_px": place[0], "y_px": place[1],
         "onset_ms": float(onset), "duration_ms": float(duration)}
        for place, onset, duration in fixations
    ]  # fmt: skip


def table(*trials):
    return pd.DataFrame([row for rows in trials for row in rows])
