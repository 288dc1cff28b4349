"""What the parts of the page share: tables, and how values stand in them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analysis.report.numbers import DASH, MINUS
from stimuli.contract.vocabulary import Measure

MEASURE_NAMES = {
    Measure.P_OBJ: Markup("p<sub>obj</sub>"),
    Measure.ENTROPY: Markup("entropy (bits)"),
}


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes
    ----------
    head
        Names of the columns; none where the rows say it.
    rows
        Cells as text, or as HTML where they are `Markup`.
    text_columns
        Cells after so many are numbers, set to the right.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int = 1


def direction_cell(direction: str) -> Markup:
    """Return the direction of an aim in its colour."""
    return Markup('<span class="{0}">{0}</span>').format(direction)


def share(value: float) -> str:
    """Return a share in per cent, or a dash."""
    text = f"{100 * value:.0f}\N{NO-BREAK SPACE}%".replace("-", MINUS)
    return text if math.isfinite(value) else DASH


def p_text(value: float) -> str:
    """Return a probability as a paper prints it; nothing where there is none."""
    if not math.isfinite(value):
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def between(low: float, high: float, form: Callable[[float, int], str], digits: int) -> str:
    """Return an interval in words, its ends written by `form`; a dash where there is none."""
    return f"{form(low, digits)} to {form(high, digits)}" if math.isfinite(low) else DASH
