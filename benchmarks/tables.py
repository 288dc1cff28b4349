"""Tables of simulated studies: how often, or how nearly, what is claimed came true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from statsmodels.stats.proportion import proportion_confint

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A heading, the heads of its columns, and its rows."""

    head: Row
    rows: Sequence[Row]


def share(held: Sequence[bool]) -> str:
    """Return a share with its 95 % interval (Wilson)."""
    low, high = proportion_confint(int(np.sum(held)), len(held), method="wilson")
    return f"{np.mean(held):.3f} ({low:.3f} to {high:.3f})"


def mean(values: Sequence[float], digits: int = 3) -> str:
    """Return a mean with its 95 % interval."""
    half = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):+.{digits}f} ± {half:.{digits}f}"


def markdown(table: Table) -> str:
    """Return a table in Markdown."""
    lines = [table.head, ("---",) * len(table.head), *table.rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
