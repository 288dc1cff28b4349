"""The figure of effects, after the paper's Fig. 5: what was asked, what people did, what the model
predicted."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.report.style import COLOURS, FAINT, FILE_DPI, INK, lay_out, style
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
    (Direction.CONTROL, Viewer.PEOPLE): 5.0,
    (Direction.CONTROL, Viewer.MODEL): 6.0,
}
_DIRECTIONS = {
    Direction.INCREASE: "aim: increase",
    Direction.DECREASE: "aim: decrease",
    Direction.CONTROL: "control",
}


LEAST = 3  # versions of an aim that a figure shows; fewer stand in the table alone


def draw_effects(
    effects: pd.DataFrame,
    summary: pd.DataFrame,
    stem: Path,
    controls: pd.DataFrame | None = None,
    differences: Mapping[Viewer, np.ndarray] | None = None,
) -> list[Path]:
    """Draw the figure of effects; return what was written: ``stem.png``, ``stem.svg``.

    A measure with fewer than `LEAST` versions of every aim is left out; nothing is written where no
    measure has more.

    Parameters
    ----------
    effects, summary : DataFrames
        Rows by `stimuli.contract.schemas.EFFECTS` and `analysis.effects.summary.SUMMARY`.
    controls : DataFrame, optional
        Rows by `analysis.effects.controls.CONTROLS`, drawn beside the changes of targets.
    differences
        Of every increase and its control, by viewer (`control_differences`).
    """
    measures = [name for name in MEASURES if _several(effects[effects["measure"] == name])]
    if not measures:
        return []
    controlled = controls is not None and len(controls) > 0
    with style():
        widths = [5.6 if controlled and name == Measure.P_OBJ else 3.6 for name in measures]
        if len(measures) == 1:  # side by side
            figure = Figure(figsize=(widths[0] + 3.6, 3.4))
            axes = figure.subplots(1, 2, width_ratios=[*widths, 3.6]).reshape(2, 1)
        else:
            figure = Figure(figsize=(sum(widths), 6.4))
            axes = figure.subplots(2, len(measures), squeeze=False, width_ratios=widths)
        for column, measure in enumerate(measures):
            shown = effects[effects["measure"] == measure]
            _draw_changes(axes[0, column], shown, summary[summary["measure"] == measure])
            if controls is not None and controlled and measure == Measure.P_OBJ:
                _draw_contrast(axes[0, column], differences or {}, controls)
            _draw_agreement(axes[1, column], shown)
            title, label = MEASURES[measure]
            axes[0, column].set(title=title, ylabel=label)
            axes[1, column].set(xlabel=f"model: {label}", ylabel=f"people: {label}")
        return save(figure, stem)


def _several(effects: pd.DataFrame) -> bool:
    """Return whether some aim has enough versions for a figure."""
    of_people = effects[effects["observer"] == Viewer.PEOPLE].dropna(subset="change")
    return bool((of_people["direction"].value_counts() >= LEAST).any())


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG."""
    lay_out(figure, FILE_DPI)
    png, svg = (stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "svg"))
    with atomic_path(png) as temporary:
        figure.savefig(temporary, pil_kwargs={"compress_level": 3})
    with atomic_path(svg) as temporary:  # without a date the same results give the same file
        figure.savefig(temporary, metadata={"Date": None})
    return [png, svg]


def _draw_changes(axes: Axes, effects: pd.DataFrame, summary: pd.DataFrame) -> None:
    """Draw every version as a point, and the means with their intervals beside them."""
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    spread = np.random.default_rng(0)
    places = {key: place for key, place in _PLACES.items() if (effects["direction"] == key[0]).any()
              or key[0] != Direction.CONTROL}  # fmt: skip
    for (direction, viewer), place in places.items():
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
            ends = row.iloc[0][["mean_change", "mean_change_low", "mean_change_high"]]
            _draw_mean(axes, place, *ends)
    axes.set_xticks(list(places.values()), [viewer.value for _, viewer in places])
    axes.set_xlim(-0.6, max(places.values()) + 0.6)
    for direction in dict.fromkeys(direction for direction, _ in places):
        centre = places[direction, Viewer.PEOPLE] + 0.5
        _name_group(axes, centre, _DIRECTIONS[direction], COLOURS[direction])
    seaborn.despine(ax=axes)


def _draw_mean(axes: Axes, place: float, mean: float, low: float, high: float) -> None:
    axes.plot([place + 0.25] * 2, [low, high], color=INK, linewidth=1.4)
    axes.plot(place + 0.25, mean, "_", color=INK, markersize=11, markeredgewidth=1.8)


def _name_group(axes: Axes, centre: float, text: str, colour: str) -> None:
    axes.annotate(
        text, (centre, -0.13), xycoords=("data", "axes fraction"), ha="center", va="top",
        color=colour,
    )  # fmt: skip


def _draw_contrast(
    axes: Axes, differences: Mapping[Viewer, np.ndarray], controls: pd.DataFrame
) -> None:
    """Draw how much more each increase changed than its control, right of the changes."""
    start = max(_PLACES.values()) + 1.5
    spread = np.random.default_rng(1)
    rows = {row["observer"]: row for row in controls.to_dict("records")}
    ticks = list(axes.get_xticks()), [label.get_text() for label in axes.get_xticklabels()]
    for place, viewer in zip((start, start + 1), Viewer, strict=True):
        values = differences.get(viewer, np.empty(0))
        values = values[np.isfinite(values)]
        axes.scatter(
            place + spread.uniform(-0.16, 0.16, len(values)) - 0.12, values, s=16, linewidth=0.8,
            facecolor=INK if viewer == Viewer.PEOPLE else "white", edgecolor=INK, alpha=0.75,
        )  # fmt: skip
        if row := rows.get(viewer):
            _draw_mean(axes, place, *(row[f"contrast{end}"] for end in ("", "_low", "_high")))
        ticks[0].append(place)
        ticks[1].append(viewer.value)
    axes.axvline(start - 0.75, color=FAINT, linewidth=0.8)
    axes.set_xticks(*ticks)
    axes.set_xlim(-0.6, start + 1.6)
    _name_group(axes, start + 0.5, "increase \N{MINUS SIGN} control", INK)


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
        for direction, name in _DIRECTIONS.items():
            rows = wide[wide["direction"] == direction]
            if direction == Direction.CONTROL and rows.empty:
                continue
            axes.scatter(
                rows[Viewer.MODEL], rows[Viewer.PEOPLE], s=18, color=COLOURS[direction], alpha=0.8,
                linewidth=0, label=name,
            )  # fmt: skip
        axes.legend(loc="best", handletextpad=0.2)
    axes.margins(0.1)
    axes.set_aspect("equal", adjustable="datalim")  # so that the dashed line is the diagonal
    seaborn.despine(ax=axes)
