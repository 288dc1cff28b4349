"""The report's section on mixed logits, every subject, the noise ceiling and mechanism."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from analysis.effects.study_analysis import StudyAnalysis
from analysis.report.numbers import DASH, plain, signed
from analysis.report.tables import Table, between, direction_cell, p_text, share
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.words import counted

_INTERVAL = "95\N{NO-BREAK SPACE}% interval"


@dataclass(frozen=True, eq=False)
class FurtherSection:
    """What the section shows; figures are PNG files, empty where nothing is drawn.

    Attributes
    ----------
    who
        How many subjects and sources the counts are of, in words.
    odds, formulas
        Mixed and clustered logits; the mixed ones as R reads them.
    standardised, ceiling, predictors, moderators
        Tables.
    notes
        Why tables lack values.
    subjects_figure, predictors_figure, moderators_figure
        Content of the PNG files.
    """

    who: str
    odds: Table
    formulas: Sequence[str]
    standardised: Table
    ceiling: Table
    predictors: Table
    moderators: Table
    notes: Sequence[str]
    subjects_figure: bytes
    predictors_figure: bytes
    moderators_figure: bytes


def further_section(analysis: StudyAnalysis, drawn: Sequence[Sequence[Path]]) -> FurtherSection:
    """Return the section; `drawn` is what `draw_further` returned."""
    further = analysis.further
    pngs = [paths[0].read_bytes() if paths else b"" for paths in drawn]
    noted = {"mixed logit": further.mixed, "noise ceiling": further.ceiling}
    notes = [
        f"{name}, {row['direction']}: {row['note']}."
        for name, table in noted.items()
        for row in table[table["note"].notna()].to_dict("records")
    ]
    return FurtherSection(
        who=_who(analysis),
        odds=_odds(analysis),
        formulas=list(dict.fromkeys(further.mixed["formula"].dropna())),
        standardised=_standardised(further.standardised),
        ceiling=_ceiling(further.ceiling),
        predictors=_predictors(further.predictors),
        moderators=_moderators(further.moderators),
        notes=notes,
        subjects_figure=pngs[0],
        predictors_figure=pngs[1],
        moderators_figure=pngs[2],
    )


def _who(analysis: StudyAnalysis) -> str:
    """Return how many subjects and sources the counts are of; whoever was no person is named so."""
    n_subjects = analysis.trials["subject"].nunique()
    n_sources = analysis.trials["source_id"].nunique()
    kinds = {analysis.participants[one] for one in analysis.trials["subject"].unique()}
    names = {ParticipantKind.HUMAN: "subjects", ParticipantKind.SIMULATED: "simulated observers"}
    observers = names.get(kinds.pop(), "try-outs") if len(kinds) == 1 else "subjects and others"
    return f"{n_subjects} {observers}, {counted(n_sources, 'source')} with a target"


def further_methods(analysis: StudyAnalysis) -> list[str]:
    """Return the paragraph on models, subjects and mechanism; none where nothing has a target."""
    if analysis.trials.empty:
        return []
    return [
        "Odds of fixating the target are also those of a logit with crossed random effects of "
        "subjects and sources, fitted with Laplace's approximation as glmer of lme4 does; its "
        "intervals are Student's with one degree of freedom less than there are subjects or "
        "sources, m, whichever are fewer, and by the root of m / (m \N{MINUS SIGN} 1) wider, which "
        "makes up for spreads that the likelihood takes too small. Standardised effects are "
        "Cohen's d_z, with intervals from the noncentral t distribution. The noise ceiling is the "
        "root of the Spearman-Brown corrected mean correlation of the changes of random halves of "
        "the subjects, its intervals by the jackknife over sources. Correlations of predictions "
        "(on Fisher's scale), their differences, and changes by group have Student's intervals "
        "with subjects and sources drawn anew together. All of these are of counted "
        "fixations, without densities."
    ]


def _odds(analysis: StudyAnalysis) -> Table:
    """Return the odds ratios of both logits, side by side."""
    clustered = analysis.models.set_index("direction")
    rows = []
    for row in analysis.further.mixed.to_dict("records"):
        other = clustered.loc[row["direction"]] if row["direction"] in clustered.index else {}
        ends = [other.get(f"log_odds{end}", float("nan")) for end in ("", "_low", "_high")]
        ratio, low, high = pd.Series(ends, dtype=float).map(_exp)
        rows.append(
            [
                direction_cell(row["direction"]), str(row["n_fixations"]),
                plain(row["odds_ratio"], 2),
                between(row["odds_ratio_low"], row["odds_ratio_high"], plain, 2), p_text(row["p"]),
                plain(row["sd_subject_version"], 2), plain(row["sd_source_version"], 2),
                plain(ratio, 2), between(low, high, plain, 2),
            ]
        )  # fmt: skip
    head = [
        "Aim", "Fixations", Markup("Odds ratio,<br>mixed"), _INTERVAL, "p",
        Markup("SD of effect,<br>subjects"), Markup("SD of effect,<br>sources"),
        Markup("Odds ratio,<br>clustered"), _INTERVAL,
    ]  # fmt: skip
    return Table(head, rows)


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


def _standardised(table: pd.DataFrame) -> Table:
    rows = [
        [
            direction_cell(row["direction"]), row["over"], str(row["n"]),
            signed(row["mean_change"], 3), plain(row["sd_change"], 3), signed(row["d_z"]),
            between(row["d_z_low"], row["d_z_high"], signed, 2),
            DASH if pd.isna(row["n_as_asked"]) else f"{row['n_as_asked']} of {row['n']}",
        ]
        for row in table.to_dict("records")
    ]  # fmt: skip
    head = ["Aim", "Over", "n", "Mean change", "SD", Markup("d<sub>z</sub>"), _INTERVAL, "As asked"]
    return Table(head, rows, text_columns=2)


def _ceiling(table: pd.DataFrame) -> Table:
    rows = [
        [
            direction_cell(row["direction"]), str(row["n"]), str(row["n_sources"]),
            plain(row["split_half"], 2), plain(row["reliability"], 2),
            between(row["reliability_low"], row["reliability_high"], plain, 2),
            plain(row["ceiling"], 2), plain(row["model_correlation"], 2), share(row["of_ceiling"]),
            between(row["of_ceiling_low"], row["of_ceiling_high"], lambda one, _: share(one), 0),
        ]
        for row in table.to_dict("records")
    ]  # fmt: skip
    head = [
        "Aims", "n", "Sources", Markup("Half with<br>half"), Markup("All with<br>as many"),
        _INTERVAL, Markup("Noise<br>ceiling"), "Model", Markup("Model /<br>ceiling"), _INTERVAL,
    ]  # fmt: skip
    return Table(head, rows)


def _predictors(table: pd.DataFrame) -> Table:
    rows = [
        [
            direction_cell(row["direction"]), row["predictor"], str(row["n"]),
            str(row["n_sources"]), plain(row["correlation"], 2),
            between(row["correlation_low"], row["correlation_high"], plain, 2),
            signed(row["difference"]),
            between(row["difference_low"], row["difference_high"], signed, 2),
            signed(row["from_aim"]), between(row["from_aim_low"], row["from_aim_high"], signed, 2),
        ]
        for row in table.to_dict("records")
    ]  # fmt: skip
    head = [
        "Aims", "Prediction", "n", "Sources", "Correlation", _INTERVAL, Markup("From the<br>guide"),
        _INTERVAL, Markup("From the<br>aim alone"), _INTERVAL,
    ]  # fmt: skip
    return Table(head, rows, text_columns=2)


def _moderators(table: pd.DataFrame) -> Table:
    rows = [
        [
            row["by"], row["level"], direction_cell(row["direction"]), str(row["n"]),
            str(row["n_sources"]), signed(row["mean_change"], 3),
            between(row["mean_change_low"], row["mean_change_high"], signed, 3),
            share(row["share_as_asked"]), signed(row["mean_predicted"], 3),
        ]
        for row in table.to_dict("records")
    ]  # fmt: skip
    head = ["By", "Group", "Aim", "n", "Sources", "Change", _INTERVAL, "As asked", "Model"]
    return Table(head, rows, text_columns=3)
