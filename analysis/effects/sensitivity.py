"""Whether conclusions hang on choices: the effects of people under other ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.effects.contrasts import effects_table
from analysis.effects.design import StudyDesign
from analysis.effects.measuring import MeasuredEffects, measure_effects
from analysis.fixations.table import fixation_table
from analysis.sessions.runs import SessionRun
from stimuli.contract.vocabulary import Viewer
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.tables import Column, Schema

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


@dataclass(frozen=True, eq=False)
class SensitivityResult:
    """Effects of people under other choices.

    Attributes
    ----------
    effects : DataFrame
        Rows by `SENSITIVITY`; the first choice is the analysis itself.
    not_tried
        Choices that could not be tried, with the reason.
    """

    effects: pd.DataFrame
    not_tried: Sequence[str]


@dataclass(frozen=True, eq=False)
class SensitivityCheck:
    """An analysis that is to be repeated under other choices.

    Attributes
    ----------
    design, runs
        The study and its recordings.
    fixations, quality : DataFrames
        All fixations, and the quality of every trial.
    select
        Gives of a fixation table the rows that are used.
    """

    design: StudyDesign
    runs: Sequence[SessionRun]
    fixations: pd.DataFrame
    quality: pd.DataFrame
    select: Callable[[pd.DataFrame], pd.DataFrame]

    def run(self, reported: MeasuredEffects, label: str) -> SensitivityResult:
        """Measure again under every other choice.

        Parameters
        ----------
        reported : MeasuredEffects
            The analysis itself.
        label
            Content of the column ``subset``.
        """
        parts, not_tried = [_mean_changes(reported, label, "as reported")], []
        choices = self._choices()
        for choice, measure_again in progress(choices.items(), "Sensitivity", len(choices)):
            try:
                parts.append(_mean_changes(measure_again(), label, choice))
            except (InputError, ImportError) as error:
                not_tried.append(f"{choice}: {error}")
        rows = pd.concat(parts, ignore_index=True)
        key = ["condition", "direction", "measure"]
        main = parts[0].set_index(key)["mean_change"]
        rows["difference"] = (
            rows["mean_change"] - main.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy()
        )
        return SensitivityResult(rows[list(SENSITIVITY.names)], not_tried)

    def _choices(self) -> dict[str, Callable[[], MeasuredEffects]]:
        table, bias = self.fixations, "other-stimuli"
        if self.design.study.settings.analysis.centre_bias == bias:
            bias = "other-sources"
        sound = self.quality[self.quality["track_loss"] <= MOST_TRACK_LOSS][["subject", "trial"]]
        fitted = self.design.with_analysis(p_obj="density", entropy="plain")
        other, others = "fitted densities", fitted
        if self.design.study.settings.analysis.p_obj == "density":
            other = "fixations without a density"
            others = self.design.with_analysis(p_obj="counted", entropy="neighbours")
        return {
            other: lambda: self._of_densities(others),
            "fitted densities, bandwidths halved": lambda: self._of_densities(fitted, factor=0.5),
            "fitted densities, bandwidths doubled": lambda: self._of_densities(fitted, factor=2.0),
            f"fitted densities, centre bias from {bias}": lambda: self._of_densities(
                fitted.with_analysis(centre_bias=bias)
            ),
            "without short fixations beside blinks": lambda: self._measure(
                table[~table["beside_blink"].astype(bool)]
            ),
            f"without trials of more than {MOST_TRACK_LOSS:.0%} track loss": lambda: self._measure(
                table.merge(sound, on=["subject", "trial"])
            ),
            "fixations by velocity (I-VT)": lambda: self._measure(self._detected("velocity")),
            "fixations by dispersion (I-DT)": lambda: self._measure(self._detected("dispersion")),
        }

    def _measure(self, fixations: pd.DataFrame) -> MeasuredEffects:
        return measure_effects(self.design, self.select(fixations))

    def _of_densities(self, design: StudyDesign, factor: float = 1.0) -> MeasuredEffects:
        return measure_effects(design, self.select(self.fixations), bandwidth_factor=factor)

    def _detected(self, detector: str) -> pd.DataFrame:
        settings = self.design.study.settings
        analysis = replace(settings.analysis, detector=detector)
        fixations, _ = fixation_table(self.runs, replace(settings, analysis=analysis))
        return fixations


def _mean_changes(measured: MeasuredEffects, label: str, choice: str) -> pd.DataFrame:
    effects = effects_table(measured.contrasts, label)
    people = effects[effects["observer"] == Viewer.PEOPLE]
    grouped = people.groupby(["condition", "direction", "measure"], sort=False)["change"]
    means = grouped.agg(n="count", mean_change="mean").reset_index()
    return means.assign(subset=label, choice=choice)
