"""Measures of whole trials, originals against versions: one row each, with intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.viewing.latency import LatencyCurves
from analysis.viewing.pairs import ImagePair, Key, TargetPair, by_direction
from analysis.viewing.resampling import Draws, intervals, mean_ratios
from analysis.viewing.target_views import TargetViews
from stimuli.support.tables import Column, Schema, interval_columns

MEASURES = Schema(
    "measures",
    (
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What they were made for"),
        Column(
            "measure", str, "What was measured", levels={
                "fixated": "Share of trials in which the target was fixated",
                "latency_mean": "Time to the first fixation on the target, its mean restricted to "
                "the time of viewing: a trial without one counts as long as it was",
                "latency_median": "Time by which half of the trials have fixated the target, "
                "n/a if they never do",
                "dwell": "Time in fixations on the target, per trial",
                "dwell_share": "The same as a share of the time in all fixations on the image",
                "first_fixation": "Duration of the first fixation on the target, of trials that "
                "have one that ended before the image went",
                "visits": "Runs of consecutive fixations on the target, per trial",
                "fixations": "Fixations on the image, per trial",
                "fixation_duration": "Mean duration of fixations that ended before the image went",
                "saccade_amplitude": "Mean distance between successive fixations on the image",
                "scanpath_length": "Sum of these distances, per trial",
            },
        ),
        Column("unit", str, "Of the values"),
        Column("n_pairs", int, "Targets, or pairs of images, with a value on both"),
        Column("n_sources", int, "Sources that they come from"),
        Column("n_original", int, "Trials on originals"),
        Column("n_version", int, "Trials on versions"),
        Column("original", float, "Value on originals"),
        Column("version", float, "Value on versions"),
        Column("difference", float, "version - original"),
        *interval_columns("difference"),
    ),
)  # fmt: skip


def measure_row(
    key: Mapping[str, object],
    pairs: Sequence[ImagePair],
    counts: np.ndarray,
    values: np.ndarray,
    freedom: float,
) -> dict[str, object]:
    """Return a row by `MEASURES`.

    Parameters
    ----------
    key
        The columns that say what was measured.
    counts : array (pairs, 2)
        Trials with a value on the original and the version of each pair.
    values : array (1 + resamples, 3)
    freedom
        As for `intervals`.
    """
    most = 1.0 if key["unit"] == "share" else np.inf
    low, high = (end.clip(-most, most) for end in intervals(values, freedom))
    both = np.flatnonzero((counts > 0).all(axis=1))
    return {
        **key, "n_pairs": len(both), "n_sources": len({pairs[place].source for place in both}),
        "n_original": int(counts[:, 0].sum()), "n_version": int(counts[:, 1].sum()),
        "original": values[0, 0], "version": values[0, 1], "difference": values[0, 2],
        "difference_low": low[2], "difference_high": high[2],
    }  # fmt: skip


def target_measures(
    views: TargetViews,
    pairs: Sequence[TargetPair],
    draws: Draws,
    latency: Mapping[Key, LatencyCurves],
) -> pd.DataFrame:
    """Return rows by `MEASURES` of what was done with the targets."""
    every = np.arange(len(views.pair))
    trials = views.per_subject(np.ones(len(every)), every)
    first = views.first_on_target
    seen = first >= 0
    dwell_ms = views.view_sums((views.end_ms - views.onset_ms) * views.on_target)
    all_ms = views.view_sums(views.end_ms - views.onset_ms)
    whole = seen & ~views.cut[first]
    first_ms = (views.end_ms - views.onset_ms)[first]
    measured = {
        ("fixated", "share"): (views.per_subject(seen, every), trials),
        ("dwell", "ms"): (views.per_subject(dwell_ms, every), trials),
        ("dwell_share", "share"): (
            views.per_subject(dwell_ms, every), views.per_subject(all_ms, every)
        ),
        ("first_fixation", "ms"): (
            views.per_subject(first_ms * whole, every), views.per_subject(whole, every)
        ),
        ("visits", "visits"): (views.per_subject(visits(views), every), trials),
    }  # fmt: skip
    values = {key: mean_ratios_by_direction(pairs, draws, *sums) for key, sums in measured.items()}
    rows = []
    for (condition, direction), places in by_direction(pairs).items():
        own = [pairs[place] for place in places]
        curves = latency[condition, direction]
        n_trials = trials[:, places].sum(axis=0)[..., 0]
        found = {
            ("latency_mean", "ms"): (curves.restricted_mean_ms, n_trials),
            ("latency_median", "ms"): (curves.median_ms, n_trials),
        } | {
            key: (by[condition, direction][..., 0], measured[key][1][:, places].sum(axis=0)[..., 0]
                  if key[0] == "first_fixation" else n_trials)
            for key, by in values.items()
        }  # fmt: skip
        for (measure, unit), (resampled, counts) in found.items():
            key = {
                "condition": condition, "direction": direction, "measure": measure, "unit": unit
            }  # fmt: skip
            rows.append(measure_row(key, own, counts, resampled, draws.of(places).freedom))
    return pd.DataFrame(rows, columns=list(MEASURES.names))


def mean_ratios_by_direction(
    pairs: Sequence[ImagePair], draws: Draws, numerator: np.ndarray, denominator: np.ndarray
) -> dict[Key, np.ndarray]:
    """Return what `mean_ratios` does, by condition and direction."""
    return {
        key: mean_ratios(
            numerator[:, places], denominator[:, places],
            draws.of(places),
        )
        for key, places in by_direction(pairs).items()
    }  # fmt: skip


def visits(views: TargetViews) -> np.ndarray:
    """Return the number of runs of consecutive fixations on the target, by view.

    A fixation off the image, or one that was left out, ends a run.
    """
    follows = np.zeros(len(views.view), bool)
    follows[1:] = (
        views.on_target[:-1]
        & (views.view[1:] == views.view[:-1])
        & (views.number[1:] == views.number[:-1] + 1)
    )
    return views.view_sums(views.on_target & ~follows)
