"""The tables of the report's result and densities, and its warning about who looked."""

from dataclasses import dataclass

from markupsafe import Markup

from analysis.effects.study_analysis import StudyAnalysis
from analysis.report.numbers import DASH, percent, percent_interval, plain, signed
from analysis.report.tables import MEASURE_NAMES, Table, between, direction_cell, p_text, share
from stimuli.contract.vocabulary import Measure, ParticipantKind, Viewer


@dataclass(frozen=True)
class Banner:
    """A warning above everything else; every heading says who looked."""

    title: str
    text: str
    who: str


def banner(analysis: StudyAnalysis) -> Banner | None:
    """Return a warning if anyone was no person whose eye was recorded."""
    kinds = list(analysis.participants.values())
    others = [kind for kind in kinds if kind != ParticipantKind.HUMAN]
    if not others:
        return None
    who = "All" if len(others) == len(kinds) else f"{len(others)} of"
    if set(others) == {ParticipantKind.SIMULATED}:
        title, named = "Simulated observers, not people.", "simulated observers"
        what = "were simulated, in part from the predictions that are tested here"
    else:
        title, named = "Try-outs, not people.", "not people"
        what = "were simulated, or sessions with a mouse or without a tracker"
    return Banner(title, f"{who} {len(kinds)} observers of this study {what}.", named)


def summary_rows(analysis: StudyAnalysis) -> Table:
    """Return the summary by condition, direction and viewer.

    Beside the change stands that of the fitted densities, or, where those are what is reported, as
    published, that of the share of fixations.
    """
    published = analysis.study.settings.analysis.p_obj == "density"
    beside = "mean_change_counted" if published else "mean_change_density"
    relative = "mean_relative_change" if published else "change_of_mean"
    rows = [
        [
            MEASURE_NAMES[Measure(row["measure"])],
            direction_cell(row["direction"]),
            row["observer"],
            str(row["n"]),
            plain(row["mean_original"], 3),
            signed(row["mean_change"], 3),
            between(row["mean_change_low"], row["mean_change_high"], signed, 3),
            p_text(row["p"]),
            p_text(row["p_holm"]),
            signed(row["median_change"], 3),
            signed(row[beside], 3),
            percent(row[relative]),
            percent_interval(row[f"{relative}_low"], row[f"{relative}_high"]),
            percent(row["median_relative_change"]),
            share(row["share_as_asked"]),
            share(row["sign_agreement"]) if row["observer"] == Viewer.PEOPLE else "",
        ]
        for row in analysis.summary.to_dict("records")
    ]
    head = [
        "Measure", "Aim", "Observer", "n", "Original", "Change",
        "95\N{NO-BREAK SPACE}% interval", "p", Markup("p<br>(Holm)"), "Median",
        "Counted" if published else "Density", "Relative", "95\N{NO-BREAK SPACE}% interval",
        Markup("Median<br>relative"),
        "As asked", Markup("Sign as<br>predicted"),
    ]  # fmt: skip
    return Table(head, rows, text_columns=3)


def control_rows(analysis: StudyAnalysis) -> Table:
    """Return the contrast of increases with their matched controls; no rows without controls."""
    rows = [
        [
            row["observer"], str(row["n"]), signed(row["mean_increase"], 3),
            signed(row["mean_control"], 3), signed(row["contrast"], 3),
            between(row["contrast_low"], row["contrast_high"], signed, 3), p_text(row["p"]),
            signed(row["median_contrast"], 3), signed(row["contrast_counted"], 3),
        ]
        for row in analysis.controls.to_dict("records")
    ]  # fmt: skip
    head = [
        "Observer", "n", "Increase", "Control", "Contrast", "95\N{NO-BREAK SPACE}% interval", "p",
        "Median", "Counted",
    ]  # fmt: skip
    return Table(head, rows)


def parameter_rows(analysis: StudyAnalysis) -> Table:
    """Return the parameters of every density."""
    per_deg = analysis.study.settings.screen.geometry.pixels_per_degree.mean()
    rows = []
    for stim_id, fit in analysis.fits.items():
        bandwidth = [DASH, "too few subjects"]
        if fit.fitted:
            bandwidth = [f"{fit.bandwidth_px:.1f}", f"{fit.bandwidth_px / per_deg:.2f}"]
        rows.append(
            [
                stim_id, *bandwidth, f"{fit.kde:.3f}", f"{fit.uniform:.3f}",
                f"{fit.centre_bias:.3f}", str(fit.n_fixations), str(fit.n_subjects),
                signed(fit.log_likelihood_bits), signed(fit.information_gain_bits),
            ]
        )  # fmt: skip
    head = [
        "Stimulus", Markup("Bandwidth<br>px"), Markup("<br>deg"), "KDE", "Uniform",
        Markup("Centre<br>bias"), "Fixations", "Subjects", Markup("Bits over<br>uniform"),
        Markup("Bits over<br>centre bias"),
    ]  # fmt: skip
    return Table(head, rows)
