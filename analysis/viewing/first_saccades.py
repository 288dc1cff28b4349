"""Where first saccades land, by their latency: saliency matters early (Anderson et al. 2015).

The first saccade begins where the fixation ends that was under way when the image appeared
(fixation 0), and lands where fixation 1 is. Of each subject's trials the latencies are ranked,
originals and versions together, and parted into groups of equal size, so that a group is made of
everybody's fast or slow saccades and not of fast or slow subjects. Trials count that have both
fixations, fixation 1 on the image, and fixation 0 not on the target already.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.viewing.pairs import TargetPair, by_direction
from analysis.viewing.resampling import Draws, intervals, mean_ratios, simultaneous_band
from analysis.viewing.target_views import TargetViews
from stimuli.support.tables import Column, Schema, interval_columns

FIRST_SACCADES = Schema(
    "first_saccades",
    (
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What was asked of the target"),
        Column("group", int, "Of latencies, within each subject; 1 has the shortest"),
        Column("latency_ms", float, "Median latency in the group, from the image's onset", "ms"),
        Column("n_targets", int, "Targets with a share on the original and on the version"),
        Column("n_original", int, "First saccades on originals"),
        Column("n_version", int, "First saccades on versions"),
        Column("original", float, "Mean over targets of the share that landed on the target, on "
               "originals"),
        Column("version", float, "The same on versions"),
        Column("difference", float, "version - original"),
        *interval_columns("difference", "in this group alone"),
        Column("band_low", float, "Lower edge of the band that holds the differences of all "
               "groups in 95 %"),
        Column("band_high", float, "Upper edge"),
        Column("last_minus_first", float, "Difference in the slowest group less that in the "
               "fastest"),
        *interval_columns("last_minus_first"),
    ),
)  # fmt: skip


def first_saccade_table(
    views: TargetViews, pairs: Sequence[TargetPair], draws: Draws, groups: int
) -> pd.DataFrame:
    """Return rows by `FIRST_SACCADES`; none where no trial has a fixation under way at the onset.

    Parameters
    ----------
    groups
        How many groups of latencies there are.
    """
    latency_ms, landed = first_saccades(views)
    known = np.flatnonzero(np.isfinite(latency_ms))
    if not len(known):
        return pd.DataFrame(columns=list(FIRST_SACCADES.names))
    group = latency_groups(latency_ms[known], views.trial[known], views.subject[known], groups)
    hits = views.per_subject(landed[known], known, group, groups)
    total = views.per_subject(np.ones(len(known)), known, group, groups)
    rows = []
    for (condition, direction), places in by_direction(pairs).items():
        own = draws.of(places)
        values = mean_ratios(hits[:, places], total[:, places], own)
        low, high = intervals(values, own.freedom)
        band = simultaneous_band(values[:, 2], own.freedom)
        slope = values[:, 2, -1] - values[:, 2, 0]
        slope_low, slope_high = intervals(slope, own.freedom)
        n = total[:, places].sum(axis=0)
        mine = np.isin(views.pair[known], places)
        for k in range(groups):
            chosen = latency_ms[known][mine & (group == k)]
            rows.append(
                {
                    "condition": condition, "direction": direction, "group": k + 1,
                    "latency_ms": float(np.median(chosen)) if len(chosen) else np.nan,
                    "n_targets": int((n[..., k] > 0).all(axis=1).sum()),
                    "n_original": int(n[:, 0, k].sum()), "n_version": int(n[:, 1, k].sum()),
                    "original": values[0, 0, k], "version": values[0, 1, k],
                    "difference": values[0, 2, k],
                    "difference_low": low[2, k], "difference_high": high[2, k],
                    "band_low": band[0][k], "band_high": band[1][k],
                    "last_minus_first": slope[0], "last_minus_first_low": float(slope_low),
                    "last_minus_first_high": float(slope_high),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(FIRST_SACCADES.names))


def first_saccades(views: TargetViews) -> tuple[np.ndarray, np.ndarray]:
    """Return of every view the latency of the first saccade, and whether it landed on the target.

    NaN where fixation 0 or 1 is missing, where fixation 0 was on the target, or where it ended
    before the onset.
    """
    first = views.number == 1
    has_one, landed = views.view_sums(first) > 0, views.view_sums(first & views.on_target) > 0
    latency_ms = np.where(has_one & (views.first_saccade_ms > 0), views.first_saccade_ms, np.nan)
    return latency_ms, landed


def latency_groups(
    latency_ms: np.ndarray, trial: np.ndarray, subject: np.ndarray, groups: int
) -> np.ndarray:
    """Return the group of each latency among its subject's, 0 to groups - 1.

    Equal latencies are in one group, so that the order of trials parts nothing: with a slow tracker
    groups may differ in size.

    Parameters
    ----------
    latency_ms, trial, subject : arrays (n,)
        Of views; a trial that bears on several targets is ranked once.
    """
    _, first, of_view = np.unique(trial, return_index=True, return_inverse=True)
    table = pd.DataFrame({"latency": latency_ms[first], "subject": subject[first]})
    by_subject = table.groupby("subject")["latency"]
    rank = by_subject.rank(method="average").to_numpy() - 1
    size = by_subject.transform("size").to_numpy()
    return np.minimum(rank * groups // size, groups - 1).astype(int)[of_view]
