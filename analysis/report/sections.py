"""The written parts of the report, each as a piece of HTML."""

import math
from html import escape

from analysis.report.content import Content
from analysis.report.methods import methods
from analysis.report.numbers import DASH, percent, plain, signed
from analysis.report.tables import NAMES, p_text, share, table


def banner(content: Content) -> str:
    """Return a warning if anyone was no person whose eye was recorded, else nothing."""
    others, total = content.not_people, len(content.observers)
    if not others:
        return ""
    who = "All" if len(others) == total else f"{len(others)} of"
    if set(others) == {"simulated"}:
        title = "Simulated observers, not people."
        what = "were simulated, in part from the predictions that are tested here"
    else:
        title = "Try-outs, not people."
        what = "were simulated, or sessions with a mouse or without a tracker"
    return (
        f'<p class="banner"><b>{title}</b> {who} {total} observers of this study {what}. What '
        f"stands under &ldquo;people&rdquo; below says nothing about people.</p>"
    )


def result(content: Content) -> str:
    """Return the paper's sentences."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in content.sentences)
    note = ""
    if content.subset == "first-block":
        note = (
            '<p class="note">In the first block, original and version were seen by different '
            "people: these are comparisons between subjects.</p>"
        )
    return f'<ul class="sentences">{items}</ul>{note}'


def summary_table(content: Content) -> str:
    """Return the summary by condition, direction and observer."""
    rows = []
    for row in content.summary.to_dict("records"):
        low, high = row["mean_change_low"], row["mean_change_high"]
        rows.append(
            [
                NAMES[row["measure"]],
                f'<span class="{row["direction"]}">{row["direction"]}</span>',
                row["observer"],
                str(row["n"]),
                plain(row["mean_original"], 3),
                signed(row["mean_change"], 3),
                f"{signed(low, 3)} to {signed(high, 3)}" if math.isfinite(low) else DASH,
                p_text(row["p"]),
                p_text(row["p_holm"]),
                signed(row["median_change"], 3),
                signed(row["mean_change_counted"], 3),
                percent(row["mean_relative_change"]),
                percent(row["median_relative_change"]),
                share(row["share_as_asked"]),
                share(row["sign_agreement"]) if row["observer"] == "people" else "",
            ]
        )
    head = [
        "Measure", "Aim", "Observer", "n", "Original", "Change", "95&nbsp;% interval",
        "p", "p<br>(Holm)", "Median", "Counted", "Relative", "Median<br>relative", "As asked",
        "Sign as<br>predicted",
    ]  # fmt: skip
    missing = int(content.summary["n_without_estimate"].sum())
    note = (
        f'<p class="note">{missing} aims have no estimate of people, since fewer than two subjects '
        f"looked at the original or the version.</p>"
        if missing
        else ""
    )
    legend = (
        '<p class="note">n: targets, or versions for the entropy. Change: mean of version minus '
        "original. Counted: the same for the share of fixations on the target, counted without a "
        "density. Relative: mean of the changes divided by the original's value.</p>"
    )
    return table(head, rows, text_columns=3) + legend + note


def methods_text(content: Content) -> str:
    """Return the methods section."""
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in methods(content))


def parameters(content: Content) -> str:
    """Return the parameters of every density, folded away."""
    per_deg = content.study.settings.screen.geometry.pixels_per_degree.mean()
    rows = []
    for stim_id, fit in content.fits.items():
        bandwidth = (
            [f"{fit.bandwidth_px:.1f}", f"{fit.bandwidth_px / per_deg:.2f}"]
            if fit.fitted
            else ["–", "too few subjects"]
        )
        rows.append(
            [
                escape(stim_id), *bandwidth, f"{fit.kde:.3f}", f"{fit.uniform:.3f}",
                f"{fit.centre_bias:.3f}", str(fit.n_fixations), str(fit.n_subjects),
                signed(fit.log_likelihood_bits), signed(fit.information_gain_bits),
            ]
        )  # fmt: skip
    head = [
        "Stimulus", "Bandwidth<br>px", "<br>deg", "KDE", "Uniform", "Centre<br>bias", "Fixations",
        "Subjects", "Bits over<br>uniform", "Bits over<br>centre bias",
    ]  # fmt: skip
    return (
        f"<details><summary>Parameters and cross-validated likelihood of {len(rows)} densities"
        f"</summary>{table(head, rows)}</details>"
    )
