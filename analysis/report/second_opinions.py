"""The tables of the report on models that took no part in making the versions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.effects.study_analysis import StudyAnalysis
from analysis.report.numbers import DASH, signed
from analysis.report.tables import MEASURE_NAMES, Table, direction_cell, share
from stimuli.contract.catalogue import read_second_opinions
from stimuli.contract.vocabulary import Condition, Measure, PredictedEffect, Stimulus

LEAST = "least"
NOT_KNOWN = "what it shares is not known"  # the catalogue's sidecar does not say it


@dataclass(frozen=True)
class SecondOpinions:
    """What models that took no part predicted of the versions of a study.

    Attributes
    ----------
    means, versions
        Means by measure and model; the changes of every version.
    several, share
        Whether several models judged, and whether one shares something with those that guided.
    """

    means: Table
    versions: Table
    several: bool
    share: bool


def second_opinions(analysis: StudyAnalysis) -> SecondOpinions | None:
    """Return what models that took no part predicted; None where no version was judged.

    Changes are those of the catalogue: without centre bias. Controls, of which nothing was asked,
    do not count.
    """
    judged = [
        (one, one.effect)
        for one in analysis.design.stimuli
        if one.effect is not None and one.effect.second_changes and one.control is None
    ]
    if not judged:
        return None
    names = list(dict.fromkeys(name for _, effect in judged for name in effect.second_changes))
    known = read_second_opinions(analysis.study.catalogue)
    shares = {name: known.get(name, NOT_KNOWN) for name in names}
    means = [
        _mean_row(
            measure,
            name,
            [effect for one, effect in judged if _measure(one) == measure],
            shares.get(name, ""),
        )
        for measure in Measure
        if any(_measure(one) == measure for one, _ in judged)
        for name in (*names, *([LEAST] if len(names) > 1 else []))
    ]
    head = ["Measure", "Model", "n", "Asked", "Predicted", "Seen", "Transfer", "Same direction"]
    return SecondOpinions(
        Table(head, means, text_columns=2),
        _version_table(judged, names),
        several=len(names) > 1,
        share=any(shares.get(name) for name in names),
    )


def _measure(stimulus: Stimulus) -> Measure:
    return Measure.P_OBJ if stimulus.condition == Condition.OBJECT else Measure.ENTROPY


def _mean_row(
    measure: Measure, name: str, effects: Sequence[PredictedEffect], shares: str
) -> list[str]:
    """Return mean changes in the direction that was asked, under the guide and another model."""
    rows = [
        (effect.asked_change, effect.predicted_change, seen)
        for effect in effects
        if (seen := effect.second_change if name == LEAST else effect.second_changes.get(name))
        is not None
    ]
    changes = np.array(rows, float).reshape(-1, 3)
    changes *= np.where(changes[:, :1] < 0, -1, 1)
    asked, predicted, seen = changes.sum(axis=0) / len(rows) if rows else [math.nan] * 3
    same = float((changes[:, 1] * changes[:, 2] > 0).mean()) if rows else math.nan
    return [
        MEASURE_NAMES[measure],
        f"{name} ({shares})" if shares else name,
        str(len(rows)),
        *(signed(one, 3) for one in (asked, predicted, seen)),
        share(seen / predicted if predicted else math.nan),
        share(same),
    ]


def _version_table(
    judged: Sequence[tuple[Stimulus, PredictedEffect]], names: Sequence[str]
) -> Table:
    several = len(names) > 1
    rows = [
        [
            stimulus.source_id, direction_cell(stimulus.direction),
            MEASURE_NAMES[_measure(stimulus)],
            _change(effect.asked_change), _change(effect.predicted_change),
            *(_change(effect.second_changes.get(name)) for name in names),
            *([effect.least or DASH] if several else []),
            share(math.nan if effect.transfer is None else effect.transfer),
        ]
        for stimulus, effect in judged
    ]  # fmt: skip
    head = [
        "Source", "Aim", "Measure", "Asked", "Predicted", *names,
        *(["Least"] if several else []), "Transfer",
    ]  # fmt: skip
    return Table(head, rows, text_columns=3)


def _change(value: float | None) -> str:
    return DASH if value is None else signed(value, 3)
