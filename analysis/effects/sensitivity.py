"""Whether conclusions hang on choices: the effects of people under other ones."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from analysis.effects.aims import Aim
from analysis.effects.contrasts import effects_table
from analysis.effects.measuring import Measured, measure
from analysis.fixations.table import fixation_table
from analysis.progress import progress
from analysis.recordings.sessions import Run
from stimuli.errors import InputError
from stimuli.study import Study
from stimuli.tables import Column, Schema
from stimuli.vocabulary import Stimulus

SENSITIVITY = Schema(
    "sensitivity",
    (
        Column("subset", str, "Fixations used"),
        Column("choice", str, "What was done otherwise; 'as reported' is the analysis itself"),
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What was asked of the measure"),
        Column("measure", str, "p_obj, or entropy_bits"),
        Column("n", int, "Aims with an estimate"),
        Column("mean_change", float, "Mean of version - original, people"),
        Column("difference", float, "From what is reported"),
    ),
)
MOST_TRACK_LOSS = 0.1
"""Share of a trial in blinks beyond which the check leaves it out."""


def sensitivity(
    study: Study,
    stimuli: Sequence[Stimulus],
    aims: Sequence[Aim],
    runs: Sequence[Run],
    table: pd.DataFrame,
    quality: pd.DataFrame,
    choose: Callable[[pd.DataFrame], pd.DataFrame],
    subset: str,
    reported: Measured,
) -> tuple[pd.DataFrame, list[str]]:
    """Measure again under every other choice.

    Parameters
    ----------
    table, quality : DataFrames
        All fixations, and the quality of every trial.
    choose
        Gives of a fixation table the rows that are used.

    Returns
    -------
    rows : DataFrame
        By `SENSITIVITY`.
    skipped
        Choices that could not be tried, with the reason.
    """

    def measured(fixations: pd.DataFrame, in_study: Study = study, factor: float = 1.0):
        return measure(in_study, stimuli, aims, choose(fixations), bandwidth_factor=factor)

    def detected(detector: str) -> Measured:
        analysis = replace(study.settings.analysis, detector=detector)
        found, _ = fixation_table(runs, replace(study.settings, analysis=analysis))
        return measured(found)

    bias = "other-stimuli"
    if study.settings.analysis.centre_bias == bias:
        bias = "other-sources"
    other_bias = replace(study.settings.analysis, centre_bias=bias)
    keys = quality[quality["track_loss"] <= MOST_TRACK_LOSS][["subject", "trial"]]
    choices: dict[str, Callable[[], Measured]] = {
        "bandwidths halved": lambda: measured(table, factor=0.5),
        "bandwidths doubled": lambda: measured(table, factor=2.0),
        f"centre bias from {bias}": lambda: measured(
            table, replace(study, settings=replace(study.settings, analysis=other_bias))
        ),
        "without short fixations beside blinks": lambda: measured(
            table[~table["beside_blink"].astype(bool)]
        ),
        f"without trials of more than {MOST_TRACK_LOSS:.0%} track loss": lambda: measured(
            table.merge(keys, on=["subject", "trial"])
        ),
        "fixations by velocity (I-VT)": lambda: detected("velocity"),
        "fixations by dispersion (I-DT)": lambda: detected("dispersion"),
    }
    parts, skipped = [_means(reported, subset, "as reported")], []
    for choice, measure_again in progress(choices.items(), "Sensitivity", len(choices)):
        try:
            parts.append(_means(measure_again(), subset, choice))
        except (InputError, ImportError) as error:
            skipped.append(f"{choice}: {error}")
    rows = pd.concat(parts, ignore_index=True)
    keys = ["condition", "direction", "measure"]
    main = parts[0].set_index(keys)["mean_change"]
    rows["difference"] = (
        rows["mean_change"] - main.reindex(pd.MultiIndex.from_frame(rows[keys])).to_numpy()
    )
    return rows[list(SENSITIVITY.names)], skipped


def _means(found: Measured, subset: str, choice: str) -> pd.DataFrame:
    effects = effects_table(found.contrasts, subset)
    people = effects[effects["observer"] == "people"]
    grouped = people.groupby(["condition", "direction", "measure"], sort=False)["change"]
    means = grouped.agg(n="count", mean_change="mean").reset_index()
    return means.assign(subset=subset, choice=choice)
