"""The report's checks: people against the model, regressions, other choices, and failures."""

import math
from collections.abc import Callable, Sequence
from html import escape

from analysis.report.content import Content
from analysis.report.numbers import DASH, plain, signed
from analysis.report.tables import NAMES, p_text, share, table


def checks(content: Content) -> str:
    """Return agreement with the model, the regressions, and effects under other choices."""
    agreed = [
        [NAMES[row["measure"]], str(row["n"]), str(row["n_same_sign"]),
         share(row["sign_agreement"]),
         plain(row["slope"], 2), _between(row["slope_low"], row["slope_high"], plain),
         plain(row["correlation"], 2)]
        for row in content.agreement.to_dict("records")
    ]  # fmt: skip
    head = ["Measure", "n", "Same<br>sign", "", "Slope", "95&nbsp;% interval", "Correlation"]
    parts = [
        "<h3>People against the model</h3>", table(head, agreed),
        '<p class="note">Slope: of people\'s changes on the predicted ones, through zero; 1 where '
        "the model is right.</p>",
    ]  # fmt: skip
    if len(content.models):
        logits = [
            [f'<span class="{row["direction"]}">{row["direction"]}</span>', str(row["n_fixations"]),
             signed(row["log_odds"]), _between(row["log_odds_low"], row["log_odds_high"], signed),
             p_text(row["p"])]
            for row in content.models.to_dict("records")
        ]  # fmt: skip
        head = ["Aim", "Fixations", "Log odds", "95&nbsp;% interval", "p"]
        parts += ["<h3>Logit of fixating the target, clustered errors</h3>", table(head, logits)]
    return "".join(parts) + _sensitivity(content)


def _sensitivity(content: Content) -> str:
    if content.sensitivity is None:
        return (
            '<p class="note">Effects under other choices were not asked for; '
            "<code>--sensitivity</code> adds them.</p>"
        )
    rows, skipped = content.sensitivity
    keys = ["condition", "direction", "measure"]
    columns = list(dict.fromkeys(rows[keys].itertuples(index=False, name=None)))
    shown = [
        [escape(choice), *(signed(own.set_index(keys)["mean_change"].get(key, math.nan), 3)
                           for key in columns)]
        for choice, own in rows.groupby("choice", sort=False)
    ]  # fmt: skip
    head = ["Choice", *(f"{NAMES[measure]}<br>{direction}" for _, direction, measure in columns)]
    said = "".join(f"<li>{escape(one)}</li>" for one in skipped)
    note = f'<p class="note">Not tried:</p><ul class="note">{said}</ul>' if skipped else ""
    return f"<h3>Mean change of people under other choices</h3>{table(head, shown)}{note}"


def failures(content: Content, shown: Sequence[tuple[str, str, str]]) -> str:
    """Return every aim in which people did the opposite of the prediction.

    Parameters
    ----------
    shown
        Name, what happened, and pictures as HTML, of each.
    """
    known = sum(
        math.isfinite(one.version.people - one.original.people) for one in content.contrasts
    )
    if not shown:
        return f"<p>None of {known} aims: people moved as predicted, or not at all.</p>"
    items = "".join(
        f"<details><summary>{escape(name)}: {escape(text)}</summary>{pictures}</details>"
        for name, text, pictures in shown
    )
    return f"<p>In {len(shown)} of {known} aims people moved against the prediction.</p>{items}"


def _between(low: float, high: float, form: Callable[[float, int], str]) -> str:
    return f"{form(low, 2)} to {form(high, 2)}" if math.isfinite(low) else DASH
