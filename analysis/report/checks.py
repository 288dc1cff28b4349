"""The tables of the report's checks: people against the model, regressions, other choices."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

from markupsafe import Markup

from analysis.effects.sensitivity import SensitivityResult
from analysis.effects.study_analysis import StudyAnalysis
from analysis.report.numbers import DASH, plain, signed
from analysis.report.tables import MEASURE_NAMES, Table, between, direction_cell, p_text, share
from stimuli.contract.vocabulary import Measure

_INTERVAL = "95\N{NO-BREAK SPACE}% interval"


def agreement_rows(analysis: StudyAnalysis) -> Table:
    """Return how people's changes agree with the model's, one row a measure.

    Slopes are shown where there is an interval.
    """

    def slope(row: Mapping[Hashable, Any], name: str) -> str:
        return plain(row[name], 2) if math.isfinite(row["slope_low"]) else DASH

    rows = [
        [MEASURE_NAMES[Measure(row["measure"])], str(row["n"]),
         f"{row['n_same_sign']} of {row['n_predicted']}", share(row["sign_agreement"]),
         slope(row, "slope"),
         between(row["slope_low"], row["slope_high"], plain, 2), slope(row, "slope_density"),
         plain(row["correlation"], 2)]
        for row in analysis.agreement.to_dict("records")
    ]  # fmt: skip
    head = ["Measure", "n", Markup("Same<br>sign"), "", "Slope", _INTERVAL,
            Markup("Slope of<br>densities"), "Correlation"]  # fmt: skip
    return Table(head, rows)


def logit_rows(analysis: StudyAnalysis) -> Table:
    """Return the regressions, one row a direction."""
    rows = [
        [direction_cell(row["direction"]), str(row["n_fixations"]), signed(row["log_odds"]),
         between(row["log_odds_low"], row["log_odds_high"], signed, 2), p_text(row["p"])]
        for row in analysis.models.to_dict("records")
    ]  # fmt: skip
    return Table(["Aim", "Fixations", "Log odds", _INTERVAL, "p"], rows)


def sensitivity_rows(result: SensitivityResult) -> Table:
    """Return people's mean changes under every choice, one column an aim."""
    key = ["condition", "direction", "measure"]
    effects = result.effects
    columns = list(dict.fromkeys(effects[key].itertuples(index=False, name=None)))
    rows = [
        [str(choice), *(signed(own.set_index(key)["mean_change"].get(column, math.nan), 3)
                        for column in columns)]
        for choice, own in effects.groupby("choice", sort=False)
    ]  # fmt: skip
    aims = [
        Markup("{}<br>{}").format(MEASURE_NAMES[Measure(measure)], direction)
        for _, direction, measure in columns
    ]
    return Table(["Choice", *aims], rows)
