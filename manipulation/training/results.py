"""Losses of trained networks, one row a network, step and set of photographs, as CSV and table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Table

TERMS = ("saliency", "feature", "texture", "adversarial", "budget", "total")


@dataclass(frozen=True)
class Result:
    """Mean losses of one network after some steps of its training, on one set of photographs.

    Attributes
    ----------
    run
        Name of the run's folder.
    network
        Kind of the network.
    iteration
        Steps of training.
    split
        ``train`` or ``test``.
    images
        Number of photographs.
    saliency, feature, texture, adversarial, budget
        Terms of the loss, before their weights.
    total
        Their sum with the weights of the first run that is compared, so that ablations can be
        compared.
    """

    run: str
    network: str
    iteration: int
    split: str
    images: int
    saliency: float
    feature: float
    texture: float
    adversarial: float
    budget: float
    total: float


def results_csv(results: Sequence[Result]) -> str:
    """Return the results as comma-separated values with a header; there is one at least."""
    text = io.StringIO()
    rows = [asdict(one) for one in results]
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def last_iterations(results: Sequence[Result]) -> dict[str, int]:
    """Return the number of steps of the latest result of each run."""
    last: dict[str, int] = {}
    for one in results:
        last[one.run] = max(one.iteration, last.get(one.run, 0))
    return last


def last_results_table(results: Sequence[Result]) -> Table:
    """Return the losses after the last step of every run, for a terminal."""
    table = Table("run", "photographs", *TERMS)
    last = last_iterations(results)
    for one in results:
        if one.iteration == last[one.run]:
            losses = [f"{getattr(one, term):.3g}" for term in TERMS]
            table.add_row(one.run, f"{one.split} ({one.images})", *losses)
    table.caption = "after " + ", ".join(f"{step} steps of {run}" for run, step in last.items())
    return table
