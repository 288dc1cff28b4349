"""The written parts of the report, each as a piece of HTML."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from analysis.report.content import Content
from analysis.report.methods import methods
from analysis.report.numbers import DASH, percent, plain, signed

_NAMES = {"p_obj": "p<sub>obj</sub>", "entropy_bits": "entropy (bits)"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int = 1) -> str:
    """Return a table; cells after the first `text_columns` are numbers, set to the right.

    Heads and cells are HTML already.
    """

    def cells(tag: str, values: Sequence[str]) -> str:
        kinds = ("" if n < text_columns else ' class="number"' for n in range(len(values)))
        return "".join(
            f"<{tag}{kind}>{value}</{tag}>" for kind, value in zip(kinds, values, strict=True)
        )

    top = f"<thead><tr>{cells('th', head)}</tr></thead>" if head else ""
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="scroll"><table class="data">{top}<tbody>{body}</tbody></table></div>'


def banner(content: Content) -> str:
    """Return a warning if anyone was simulated, else nothing."""
    n, total = content.n_simulated, len(content.observers)
    if not n:
        return ""
    who = "All" if n == total else f"{n} of"
    return (
        f'<p class="banner"><b>Simulated observers, not people.</b> {who} {total} observers of '
        f"this study were simulated, in part from the predictions that are tested here. What "
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
                escape(row["condition"]),
                f'<span class="{row["direction"]}">{row["direction"]}</span>',
                _NAMES[row["measure"]],
                row["observer"],
                str(row["n"]),
                plain(row["mean_original"], 3),
                signed(row["mean_change"], 3),
                f"{signed(low, 3)} to {signed(high, 3)}" if math.isfinite(low) else DASH,
                signed(row["median_change"], 3),
                signed(row["mean_change_counted"], 3),
                percent(row["mean_relative_change"]),
                percent(row["median_relative_change"]),
                _share(row["share_as_asked"]),
                _share(row["sign_agreement"]) if row["observer"] == "people" else "",
            ]
        )
    head = [
        "Versions", "Aim", "Measure", "Observer", "n", "Original", "Change", "95&nbsp;% interval",
        "Median", "Counted", "Relative", "Median<br>relative", "As asked", "Sign as<br>predicted",
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
    return table(head, rows, text_columns=4) + legend + note


def data(content: Content) -> str:
    """Return what was recorded, what was used and what was not, and why."""
    counts, used = content.account.counts, content.used
    subjects = sorted(content.observers)
    kinds = sorted(set(content.observers.values()))
    by_kind = ", ".join(f"{list(content.observers.values()).count(kind)} {kind}" for kind in kinds)
    in_subset = (
        len(content.fixations)
        - len(used)
        - counts["fixations under way at image onset"]
        - counts["fixations off the image"]
    )
    rows = [
        ["Subjects", f"{len(subjects)} ({by_kind})"],
        ["Recordings", str(sum(run.asc is not None for run in content.runs))],
        *(
            [what.capitalize(), str(counts[what])]
            for what in counts
            if what.startswith("trials") and counts[what]
        ),
        ["Fixations on trials", str(len(content.fixations))],
        ["– under way at image onset", str(counts["fixations under way at image onset"])],
        ["– off the image", str(counts["fixations off the image"])],
        [f"– not in subset {escape(content.subset)}", str(in_subset)],
        ["<b>Fixations used</b>", f"<b>{len(used)}</b>"],
        ["Fixations a stimulus", _span(used.groupby("stim_id").size())],
    ]
    return table([], rows) + _warnings(content)


def _warnings(content: Content) -> str:
    if not content.account.warnings:
        return '<p class="note">Every recording was read whole.</p>'
    rows = [[escape(file), escape(what), str(n)] for file, what, n in content.account.warnings]
    return (
        f"<details open><summary>{len(rows)} remarks on recordings that are not whole</summary>"
        f"{table(['File', 'What', 'Count'], rows, text_columns=2)}</details>"
    )


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


def _share(value: float) -> str:
    return f"{100 * value:.0f}&nbsp;%" if math.isfinite(value) else DASH


def _span(counts) -> str:
    return f"{counts.min()} to {counts.max()}, median {counts.median():g}" if len(counts) else "0"
