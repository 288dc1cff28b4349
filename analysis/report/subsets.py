"""The effects of every subset that was analysed, side by side: the paper reports these three.

Each run of ``analysis.run`` writes the summary of one subset; this figure shows the present one and
those of other runs that read the same files. Of others the page says why they are left out.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.fixations.subsets import Subset
from analysis.report.figures import MEASURES, save
from analysis.report.style import COLOURS, FAINT, INK, style
from analysis.results.run_record import OtherRun
from stimuli.contract.vocabulary import Direction, Viewer

_ORDER = tuple(map(str, Subset))


def draw_subsets(present: pd.DataFrame, others: Sequence[OtherRun], stem: Path) -> list[Path]:
    """Draw people's mean changes with their intervals, and the model's; return what was written.

    Nothing is written of a single subset.

    Parameters
    ----------
    present : DataFrame
        Rows by `analysis.effects.summary.SUMMARY`.
    others
        Other subsets; those that are stale are left out.
    """
    fresh = [one.summary for one in others if not one.stale]
    summaries = pd.concat([present, *fresh], ignore_index=True)
    labels = sorted(
        summaries["subset"].unique(),
        key=lambda one: (_ORDER.index(one) if one in _ORDER else len(_ORDER), one),
    )
    if len(labels) < 2:
        return []
    measures = [name for name in MEASURES if (summaries["measure"] == name).any()]
    with style():
        width = max(3.4, 1.1 + 0.85 * len(labels))
        figure = Figure(figsize=(width * max(len(measures), 1), 3.2))
        axes = figure.subplots(1, max(len(measures), 1), squeeze=False)[0]
        for axis, measure in zip(axes, measures, strict=False):
            _draw(axis, summaries[summaries["measure"] == measure], labels)
            title, label = MEASURES[measure]
            axis.set(title=title, ylabel=f"mean {label}")
        return save(figure, stem)


def _draw(axes: Axes, summaries: pd.DataFrame, labels: list[str]) -> None:
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    asides = {Direction.INCREASE: -0.14, Direction.DECREASE: 0.14}
    if (summaries["direction"] == Direction.CONTROL).any():
        asides = {Direction.INCREASE: -0.2, Direction.DECREASE: 0.0, Direction.CONTROL: 0.2}
    for place, label in enumerate(labels):
        for direction, aside in asides.items():
            chosen = summaries[
                (summaries["subset"] == label) & (summaries["direction"] == direction)
            ]
            rows = {row["observer"]: row for row in chosen.to_dict("records")}
            colour = COLOURS[direction]
            if people := rows.get(Viewer.PEOPLE):
                ends = [people["mean_change_low"], people["mean_change_high"]]
                axes.plot([place + aside] * 2, ends, color=colour, linewidth=1.6)
                axes.plot(place + aside, people["mean_change"], "o", color=colour, markersize=5)
            if model := rows.get(Viewer.MODEL):
                axes.plot(
                    place + aside, model["mean_change"], "D", markersize=4,
                    markerfacecolor="white", markeredgecolor=colour, zorder=1,
                )  # fmt: skip
    axes.plot([], [], "o", color=INK, markersize=5, label="people, 95 % interval")
    axes.plot([], [], "D", color=INK, markerfacecolor="white", markersize=4, label="model")
    axes.set_xticks(range(len(labels)), [label.replace("_", "\n") for label in labels])
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    seaborn.despine(ax=axes)
