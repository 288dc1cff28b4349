"""Share of fixations, and of gaze, on the target by time since the onset and by fixation number."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.viewing.pairs import TargetPair, by_direction
from analysis.viewing.resampling import Draws, intervals, mean_ratios, simultaneous_band
from analysis.viewing.target_views import TargetViews
from stimuli.support.tables import Column, Schema, interval_columns

COURSE = Schema(
    "time_course",
    (
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What was asked of the target"),
        Column(
            "by", str, "Steps, and what is shared out", levels={
                "fixations": "Bins of time; of fixations that began in one, those on the target",
                "gaze": "Bins of time; of the time spent in fixations, that on the target",
                "number": "Number of the fixation; of all that have it, those on the target",
            },
        ),
        Column("step", int, "Number of the bin, or of the fixation, from 1"),
        Column("from_ms", float, "Start of the bin, since the image's onset; n/a: by number", "ms"),
        Column("to_ms", float, "Its end", "ms"),
        Column("n_targets", int, "Targets with a share on the original and on the version"),
        Column("n_original", int, "Fixations on originals in this step (gaze: begun or under way)"),
        Column("n_version", int, "The same on versions"),
        Column("original", float, "Mean over targets of the share on the original"),
        *interval_columns("original", "at this step alone"),
        Column("version", float, "Mean over targets of the share on the version"),
        *interval_columns("version", "at this step alone"),
        Column("difference", float, "version - original"),
        *interval_columns("difference", "at this step alone"),
        Column("band_low", float, "Lower edge of the band that holds the whole curve of "
               "differences in 95 %"),
        Column("band_high", float, "Upper edge"),
        Column("model_original", float, "p_obj of the same targets that the model predicts for "
               "originals, whatever the time; n/a without a model"),
        Column("model_version", float, "The same for versions"),
    ),
)  # fmt: skip

_MOST_NUMBERS = 30


def course_table(
    views: TargetViews,
    pairs: Sequence[TargetPair],
    draws: Draws,
    bin_ms: float,
    model: Mapping[TargetPair, tuple[float, float]],
) -> pd.DataFrame:
    """Return rows by `COURSE`: the three curves of every direction.

    Parameters
    ----------
    model
        What the model predicts for original and version, by pair.
    """
    duration_ms = float(np.median(views.viewing_ms))
    edges_ms = np.append(bin_ms * np.arange(max(1, round(duration_ms / bin_ms))), duration_ms)
    curves = {
        "fixations": _begun(views, edges_ms),
        "gaze": _gaze(views, edges_ms),
        "number": _numbered(views),
    }
    rows = []
    for (condition, direction), places in by_direction(pairs).items():
        own = draws.of(places)
        known = [model[pairs[place]] for place in places if pairs[place] in model]
        predicted = np.mean(known, axis=0) if len(known) == len(places) else [np.nan, np.nan]
        for by, (hits, total, counts) in curves.items():
            values = mean_ratios(hits[:, places], total[:, places], own)
            low, high = intervals(values, own.freedom)
            for end in (low, high):  # of shares, and of their difference
                end[:2], end[2] = end[:2].clip(0.0, 1.0), end[2].clip(-1.0, 1.0)
            band = [end.clip(-1.0, 1.0) for end in simultaneous_band(values[:, 2], own.freedom)]
            summed, n = total[:, places].sum(axis=0), counts[:, places].sum(axis=(0, 1))
            n_targets = (summed > 0).all(axis=1).sum(axis=0)
            for k in range(values.shape[2]):
                timed = by != "number"
                rows.append(
                    {
                        "condition": condition, "direction": direction, "by": by, "step": k + 1,
                        "from_ms": edges_ms[k] if timed else np.nan,
                        "to_ms": edges_ms[k + 1] if timed else np.nan,
                        "n_targets": int(n_targets[k]),
                        "n_original": int(n[0, k]), "n_version": int(n[1, k]),
                        **{
                            f"{name}{end}": float(of[which, k])
                            for which, name in enumerate(("original", "version", "difference"))
                            for end, of in (("", values[0]), ("_low", low), ("_high", high))
                        },
                        "band_low": band[0][k], "band_high": band[1][k],
                        "model_original": predicted[0], "model_version": predicted[1],
                    }
                )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COURSE.names))


Sums = tuple[np.ndarray, np.ndarray, np.ndarray]  # on the target, in all, number of fixations


def _begun(views: TargetViews, edges_ms: np.ndarray) -> Sums:
    n = len(edges_ms) - 1
    step = (np.searchsorted(edges_ms, views.onset_ms, side="right") - 1).clip(0, n - 1)
    within = views.onset_ms < edges_ms[-1]
    hits = views.per_subject(within & views.on_target, views.view, step, n)
    total = views.per_subject(within, views.view, step, n)
    return hits, total, total


def _gaze(views: TargetViews, edges_ms: np.ndarray) -> Sums:
    within = [
        (np.minimum(views.end_ms, end) - np.maximum(views.onset_ms, start)).clip(0.0)
        for start, end in pairwise(edges_ms)
    ]
    hits, total, counts = (
        np.concatenate([views.per_subject(one, views.view) for one in values], axis=3)
        for values in (
            [one * views.on_target for one in within], within, [one > 0 for one in within]
        )
    )  # fmt: skip
    return hits, total, counts


def _numbered(views: TargetViews) -> Sums:
    """Return the same by number, as far as half of the trials have a fixation of it."""
    trials = np.bincount(views.number, minlength=2)[1:] / max(len(views.pair), 1)
    n = int(np.clip((trials >= 0.5).sum(), 1, _MOST_NUMBERS))
    chosen = views.number <= n
    step, view = views.number[chosen] - 1, views.view[chosen]
    hits = views.per_subject(views.on_target[chosen], view, step, n)
    total = views.per_subject(np.ones(len(view)), view, step, n)
    return hits, total, total
