"""What the parts of the page share: tables, and how values stand in them."""

import math
from collections.abc import Iterable, Sequence

from analysis.report.numbers import DASH

NAMES = {"p_obj": "p<sub>obj</sub>", "entropy_bits": "entropy (bits)"}


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


def share(value: float) -> str:
    """Return a share in per cent, or a dash."""
    return f"{100 * value:.0f}&nbsp;%" if math.isfinite(value) else DASH


def p_text(value: float) -> str:
    """Return a probability as a paper prints it; nothing where there is none."""
    if not math.isfinite(value):
        return ""
    return "&lt; 0.001" if value < 0.001 else f"{value:.3f}"
