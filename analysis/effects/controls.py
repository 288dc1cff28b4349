"""Increases against their matched controls: attention to the target, or to a changed picture?

A control has the increase's change on another region of like size and saliency. How much more the
increase moves gaze to the target than its control does is due to what was changed there, and not to
there being a change. Both are compared with the same original, which drops out.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.effects.bootstrap import Resamples, resampled_means
from analysis.effects.contrasts import Contrast
from analysis.effects.intervals import crossed_interval, sources_interval
from stimuli.contract.vocabulary import Direction, Viewer
from stimuli.support.tables import Column, Schema

CONTROLS = Schema(
    "controls",
    (
        Column("subset", str, "Fixations used"),
        Column("observer", str, "people or model"),
        Column("n", int, "Targets with an estimate in the increase and in its control"),
        Column("n_sources", int, "Sources that they come from"),
        Column("mean_increase", float, "Mean change of p_obj in the increases"),
        Column("mean_control", float, "Mean change of p_obj of the same targets in the controls"),
        Column("contrast", float, "Mean of increase - control"),
        Column("contrast_low", float, "Lower end of its 95 % interval"),
        Column("contrast_high", float, "Upper end"),
        Column("p", float, "Of no contrast, two-sided, from the same resamples"),
        Column("median_contrast", float, "Median of increase - control"),
        Column(
            "contrast_counted", float,
            "The same contrast of the share of fixations on the target, counted without a density",
        ),
        Column("n_subjects", int, "Subjects whose fixations were used"),
    ),
)  # fmt: skip


def control_pairs(contrasts: Sequence[Contrast]) -> list[tuple[int, int]]:
    """Return the places of each increase and of its control among contrasts."""

    def target(contrast: Contrast) -> tuple[str, str | None]:
        return contrast.comparison.version.source_id, contrast.comparison.annotation_ids

    increases = {
        target(one): place
        for place, one in enumerate(contrasts)
        if one.comparison.version.direction == Direction.INCREASE
    }
    return [
        (increases[target(one)], place)
        for place, one in enumerate(contrasts)
        if one.comparison.direction == Direction.CONTROL and target(one) in increases
    ]


def control_differences(contrasts: Sequence[Contrast]) -> dict[Viewer, np.ndarray]:
    """Return by how much each increase changed p_obj of its aim more than its control did."""
    pairs = control_pairs(contrasts)
    return {
        viewer: np.array([contrasts[i].change(viewer) - contrasts[j].change(viewer)
                          for i, j in pairs])
        for viewer in Viewer
    }  # fmt: skip


def control_table(contrasts: Sequence[Contrast], label: str, resamples: Resamples) -> pd.DataFrame:
    """Return the contrast of increases with their controls, for people and for the model.

    Parameters
    ----------
    contrasts
        The contrasts, in the order of `resamples`.
    label
        Content of the column ``subset``.
    resamples : Resamples
        Resampled changes, as `pigeonhole_bootstrap` returns them. People's intervals are over
        subjects and sources, the model's over sources.

    Returns
    -------
    controls : DataFrame
        Rows by `CONTROLS`; none where the study has no controls.
    """
    pairs = control_pairs(contrasts)
    if not pairs:
        return pd.DataFrame(columns=list(CONTROLS.names))
    increase, control = np.array(pairs).T
    sources = np.array([contrasts[place].comparison.version.source_id for place in increase])
    counted = np.array([one.version.counted - one.original.counted for one in contrasts])
    differences = control_differences(contrasts)
    times, rows = resamples.times[:, increase], list[Mapping[Hashable, Any]]()
    for viewer in Viewer:
        changes = np.array([one.change(viewer) for one in contrasts])
        difference = differences[viewer]
        known = np.isfinite(difference)
        n_sources = len(set(sources[known]))
        if viewer == Viewer.PEOPLE:
            interval = crossed_interval(
                resampled_means, difference,
                resamples.change[:, increase] - resamples.change[:, control], times,
                n_sources=n_sources, subject_freedom=resamples.subject_freedom,
            )  # fmt: skip
        else:
            interval = sources_interval(resampled_means, difference, times, n_sources=n_sources)
        people = viewer == Viewer.PEOPLE
        rows.append(
            {
                "subset": label, "observer": str(viewer), "n": int(known.sum()),
                "n_sources": n_sources, "n_subjects": resamples.n_subjects,
                "mean_increase": _mean(changes[increase][known]),
                "mean_control": _mean(changes[control][known]),
                "contrast": _mean(difference[known]), "contrast_low": interval.low,
                "contrast_high": interval.high, "p": interval.p if people else np.nan,
                "median_contrast": float(np.median(difference[known])) if known.any() else np.nan,
                "contrast_counted": _mean((counted[increase] - counted[control])[known])
                if people else np.nan,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(CONTROLS.names))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan
