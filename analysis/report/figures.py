"""The figure of effects, after the paper's Fig. 5: what was asked, what people did, what the model
predicted."""

from pathlib import Path

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.report.style import COLOURS, FAINT, INK, style
from stimuli.contract.vocabulary import Direction, Measure, Viewer
from stimuli.support.files import atomic_path

MEASURES = {
    Measure.P_OBJ: ("Probability of fixating the target", "change in $p_{obj}$"),
    Measure.ENTROPY: ("Entropy of the fixation density", "change in entropy (bits)"),
}
_PLACES = {
    (Direction.INCREASE, Viewer.PEOPLE): 0.0,
    (Direction.INCREASE, Viewer.MODEL): 1.0,
    (Direction.DECREASE, Viewer.PEOPLE): 2.5,
    (Direction.DECREASE, Viewer.MODEL): 3.5,
}


def draw_effects(effects: pd.DataFrame, summary: pd.DataFrame, stem: Path) -> list[Path]:
    """Draw the figure of effects; return what was written: ``stem.png``, ``stem.svg``.

    Parameters
    ----------
    effects, summary : DataFrames
        Rows by `stimuli.contract.schemas.EFFECTS` and `analysis.effects.summary.SUMMARY`.
    """
    measures = [name for name in MEASURES if (effects["measure"] == name).any()]
    with style():
        figure = Figure(figsize=(3.6 * max(len(measures), 1), 6.4), layout="constrained")
        axes = figure.subplots(2, max(len(measures), 1), squeeze=False)
        for column, measure in enumerate(measures):
            shown = effects[effects["measure"] == measure]
            _draw_changes(axes[0, column], shown, summary[summary["measure"] == measure])
            _draw_agreement(axes[1, column], shown)
            title, label = MEASURES[measure]
            axes[0, column].set(title=title, ylabel=label)
            axes[1, column].set(xlabel=f"model: {label}", ylabel=f"people: {label}")
        return save(figure, stem)


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG."""
    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "svg")]
    for path in paths:
        with atomic_path(path) as temporary:
            # Without a date the same results give the same file.
            figure.savefig(temporary, metadata={"Date": None} if path.suffix == ".svg" else None)
    return paths


def _draw_changes(axes: Axes, effects: pd.DataFrame, summary: pd.DataFrame) -> None:
    """Draw every version as a point, and the means with their intervals beside them."""
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    spread = np.random.default_rng(0)
    for (direction, viewer), place in _PLACES.items():
        chosen = (effects["direction"] == direction) & (effects["observer"] == viewer)
        changes = effects.loc[chosen, "change"].dropna()
        colour = COLOURS[direction]
        filled = colour if viewer == Viewer.PEOPLE else "white"
        axes.scatter(
            place + spread.uniform(-0.16, 0.16, len(changes)) - 0.12, changes,
            s=16, facecolor=filled, edgecolor=colour, linewidth=0.8, alpha=0.75,
        )  # fmt: skip
        row = summary[(summary["direction"] == direction) & (summary["observer"] == viewer)]
        if len(changes) and len(row):
            mean, low, high = row.iloc[0][["mean_change", "mean_change_low", "mean_change_high"]]
            axes.plot([place + 0.25] * 2, [low, high], color=INK, linewidth=1.4)
            axes.plot(place + 0.25, mean, "_", color=INK, markersize=11, markeredgewidth=1.8)
    axes.set_xticks(list(_PLACES.values()), [viewer.value for _, viewer in _PLACES])
    axes.set_xlim(-0.6, 4.1)
    for direction, centre in ((Direction.INCREASE, 0.5), (Direction.DECREASE, 3.0)):
        axes.annotate(
            f"aim: {direction}", (centre, -0.13), xycoords=("data", "axes fraction"),
            ha="center", va="top", color=COLOURS[direction],
        )  # fmt: skip
    seaborn.despine(ax=axes)


def _draw_agreement(axes: Axes, effects: pd.DataFrame) -> None:
    """Draw people's change against the model's: on the dashed line they agree."""
    wide = effects.pivot_table(
        index=["stim_id", "annotation_ids", "direction"], columns="observer", values="change",
        dropna=False, observed=True, aggfunc="first",
    ) if Viewer.PEOPLE in set(effects.dropna(subset="change")["observer"]) else None  # fmt: skip
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    axes.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    axes.axline((0, 0), slope=1, color=FAINT, linewidth=0.8, linestyle="--", zorder=0)
    if wide is not None:
        wide = wide.dropna().reset_index()
        for direction in (Direction.INCREASE, Direction.DECREASE):
            rows = wide[wide["direction"] == direction]
            axes.scatter(
                rows[Viewer.MODEL], rows[Viewer.PEOPLE], s=18, color=COLOURS[direction], alpha=0.8,
                linewidth=0, label=f"aim: {direction}",
            )  # fmt: skip
        axes.legend(loc="best", handletextpad=0.2)
    axes.margins(0.1)
    seaborn.despine(ax=axes)
