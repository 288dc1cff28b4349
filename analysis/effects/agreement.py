"""How well the model foretells what people do: signs, and the slope of people's changes on its.

The slope is 1 where fixations are drawn from the model's density, if people's changes are those of
their fixations. Changes of a fitted density (as published) are smoothed, those of the model are
not, and their slope is less than 1 even where the model is right.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.bootstrap import Resamples
from analysis.effects.contrasts import Contrast
from analysis.effects.intervals import crossed_interval
from stimuli.contract.vocabulary import Direction, Measure, Viewer
from stimuli.support.tables import Column, Schema

AGREEMENT = Schema(
    "agreement",
    (
        Column("subset", str, "Fixations used"),
        Column("measure", str, "p_obj, or entropy_bits"),
        Column("n", int, "Aims with an estimate of people"),
        Column("n_predicted", int, "Of these, those in which the model predicts a change: versions "
               "for which nothing was found are as their originals are"),
        Column("n_same_sign", int, "Where people moved as the model predicted"),
        Column("sign_agreement", float, "The same as a share of n_predicted"),
        Column(
            "slope", float,
            "Of people's change on the model's, through zero: 1 if the model is right, less if it "
            "promises more than people do",
        ),
        Column(
            "slope_low", float,
            "Lower end of its 95 % interval, over subjects and sources; none from fewer than three "
            "sources",
        ),
        Column("slope_high", float, "Upper end"),
        Column("correlation", float, "Pearson's, over aims"),
        Column(
            "slope_density", float,
            "The slope of the changes of people's fitted densities, as published: less than 1 even "
            "where the model is right",
        ),
        Column("n_sources", int, "Sources that the aims come from"),
    ),
)  # fmt: skip


def agreement_table(
    contrasts: Sequence[Contrast], label: str, resamples: Resamples
) -> pd.DataFrame:
    """Return how well the model foretold people's changes, by `AGREEMENT`, one row a measure.

    Parameters
    ----------
    contrasts
        The contrasts, in the order of `resamples`.
    label
        Content of the column ``subset``.
    resamples : Resamples
        Resampled changes, as `pigeonhole_bootstrap` returns them.
    """
    people = np.array([one.change(Viewer.PEOPLE) for one in contrasts])
    model = np.array([one.change(Viewer.MODEL) for one in contrasts])
    measures = np.array([str(one.comparison.measure) for one in contrasts])
    density = np.array([one.version.density - one.original.density for one in contrasts])
    sources = np.array([one.comparison.version.source_id for one in contrasts])
    aims = np.array([one.comparison.direction != Direction.CONTROL for one in contrasts], bool)
    rows = []
    for measure in (str(one) for one in Measure if str(one) in measures):
        which = np.flatnonzero((measures == measure) & np.isfinite(people) & aims)
        own, predicted = people[which], model[which]
        same = np.sign(own[predicted != 0]) == np.sign(predicted[predicted != 0])
        several = len(which) > 2 and own.std() > 0 and predicted.std() > 0
        n_sources, once = len(set(sources[which])), np.ones((1, len(which)))

        def slopes(changes: np.ndarray, times: np.ndarray) -> np.ndarray:
            return _slopes(changes, predicted, times)  # noqa: B023

        interval = crossed_interval(
            slopes, own, resamples.change[:, which], resamples.times[:, which],
            n_sources=n_sources, subject_freedom=resamples.subject_freedom,
        )  # fmt: skip
        rows.append(
            {
                "subset": label, "measure": measure, "n": len(which),
                "n_predicted": len(same), "n_same_sign": int(same.sum()),
                "sign_agreement": same.mean() if len(same) else math.nan,
                "slope": slopes(own[None], once)[0],
                "slope_low": interval.low, "slope_high": interval.high,
                "correlation": np.corrcoef(own, predicted)[0, 1] if several else math.nan,
                "slope_density": slopes(density[which][None], once)[0], "n_sources": n_sources,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(AGREEMENT.names))


def _slopes(people: np.ndarray, model: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the least-squares slope through zero in every resample."""
    people, times = np.broadcast_arrays(people, times)
    known = np.isfinite(people)
    weights = times * known
    below = (weights * model**2).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return (weights * np.where(known, people, 0.0) * model).sum(axis=1) / np.where(
            below > 0, below, np.nan
        )
