"""The one harness: what a benchmark returns, how a function is timed, how rows are printed."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    name
        Of the benchmark, and what was measured in it.
    ours_s
        Seconds that our code took.
    reference_s
        Seconds of the peer or the plain version on the same input in the same run, or None.
    floor_s
        Seconds below which the arithmetic or the disk cannot go, or None.
    note
        The input, the reference, the machine where it matters.
    """

    name: str
    ours_s: float
    reference_s: float | None = None
    floor_s: float | None = None
    note: str = ""

    def as_dict(self) -> dict:
        """Return the row with ``ratio``, reference over ours: above 1 we are faster."""
        ratio = None if self.reference_s is None else self.reference_s / self.ours_s
        row = asdict(self)
        return {
            "name": row["name"],
            "ours_s": row["ours_s"],
            "reference_s": row["reference_s"],
            "ratio": ratio,
            "floor_s": row["floor_s"],
            "note": row["note"],
        }


def median_seconds(function: Callable[[], object], *, runs: int = 5, warm_up: int = 1) -> float:
    """Return the median wall time of `function` over `runs`, after `warm_up` uncounted ones."""
    for _ in range(warm_up):
        function()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def least_processor_seconds(function: Callable[[], object], *, runs: int = 40) -> float:
    """Return the least processor time of `function` on one thread, over `runs`.

    What it takes where nothing else runs: waiting for other programs does not count.
    """
    seconds = []
    with threadpool_limits(1):
        for _ in range(runs):
            start = time.process_time()
            function()
            seconds.append(time.process_time() - start)
    return min(seconds)


def print_rows(rows: list[Row]) -> None:
    """Print rows as a table."""
    table = Table("name", "ours (s)", "reference (s)", "ratio", "floor (s)", "note")
    for row in (row.as_dict() for row in rows):
        numbers = (row[key] for key in ("ours_s", "reference_s", "ratio", "floor_s"))
        shown = ["-" if number is None else f"{number:.3g}" for number in numbers]
        table.add_row(row["name"], *shown, row["note"])
    Console().print(table)
