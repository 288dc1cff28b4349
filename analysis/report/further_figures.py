"""The figures of every subject, of what foretells people's changes, and of what they go with."""

from pathlib import Path

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.effects.mechanism.predictors import BOTH
from analysis.report.figures import save
from analysis.report.style import COLOURS, FAINT, INK, style
from stimuli.contract.vocabulary import Direction

_CHANGE = "change of the share of fixations on the target\n(version \N{MINUS SIGN} original)"
_TITLES = {
    BOTH: "both aims",
    Direction.INCREASE: "aim: increase",
    Direction.DECREASE: "aim: decrease",
    Direction.CONTROL: "control",
}
_WIDTH = 7.6


def draw_further(
    subjects: pd.DataFrame, predictors: pd.DataFrame, moderators: pd.DataFrame, folder: Path
) -> list[list[Path]]:
    """Draw all three figures into a folder; return of each what was written."""
    return [
        draw_subjects(subjects, folder / "subjects"),
        draw_predictors(predictors, folder / "predictors"),
        draw_moderators(moderators, folder / "moderators"),
    ]


def draw_subjects(subjects: pd.DataFrame, stem: Path) -> list[Path]:
    """Draw the mean change of every subject with its interval, sorted; return what was written.

    Nothing is drawn of fewer than two subjects.
    """
    shown = [one for one in Direction if (subjects["direction"] == one).any()]
    most = int(subjects.groupby("direction").size().max()) if shown else 0
    if most < 2:
        return []
    with style():
        height = 1.25 + 0.17 * most
        ends = subjects[["change", "change_low", "change_high"]].to_numpy(float)
        margin = 0.05 * float(np.nanmax(ends) - np.nanmin(ends))
        figure = Figure(figsize=(_WIDTH, height))
        for axes, direction in zip(_row_of(figure, len(shown)), shown, strict=True):
            rows = subjects[subjects["direction"] == direction].sort_values("change")
            places = np.arange(len(rows))
            _draw_points(axes, rows, "change", places, COLOURS[direction])
            mean = rows["change"].mean()
            axes.axvline(mean, color=COLOURS[direction], linewidth=0.8, linestyle="--", zorder=0)
            axes.annotate(
                "mean", (mean, 1), xycoords=("data", "axes fraction"), xytext=(2, 0), va="bottom",
                textcoords="offset points", fontsize=7, color=COLOURS[direction],
            )  # fmt: skip
            axes.set_yticks(places, rows["subject"].tolist(), fontsize=7)
            axes.set_ylim(-0.8, len(rows) - 0.2)
            axes.set_xlim(np.nanmin(ends) - margin, np.nanmax(ends) + margin)
            axes.set_title(_TITLES[direction], color=COLOURS[direction], pad=14)
            axes.set(xlabel=_CHANGE.replace(" fix", "\nfix"), ylabel="subject")
        return save(figure, stem)


def draw_predictors(predictors: pd.DataFrame, stem: Path) -> list[Path]:
    """Draw how far each prediction correlates with people's changes; return what was written.

    Nothing is drawn of fewer than two predictions.
    """
    shown = [one for one in (BOTH, *Direction) if (predictors["direction"] == one).any()]
    names = list(dict.fromkeys(predictors["predictor"]))[::-1]
    if len(names) < 2:
        return []
    with style():
        figure = Figure(figsize=(_WIDTH, 1.3 + 0.26 * len(names)))
        for number, (axes, direction) in enumerate(
            zip(_row_of(figure, len(shown), share=True), shown, strict=True)
        ):
            rows = predictors[predictors["direction"] == direction]
            places = np.array([names.index(one) for one in rows["predictor"]])
            colour = COLOURS.get(Direction(direction), INK) if direction != BOTH else INK
            _draw_points(axes, rows, "correlation", places, colour)
            ceiling = rows["ceiling"].iloc[0]
            if np.isfinite(ceiling):
                axes.axvline(ceiling, color=INK, linewidth=0.8, linestyle="--", zorder=0)
                axes.annotate(
                    "noise ceiling", (ceiling, 1), xycoords=("data", "axes fraction"), ha="right",
                    xytext=(8, 0), textcoords="offset points", va="bottom", fontsize=7,
                )  # fmt: skip
            else:
                axes.annotate(
                    "no noise ceiling", (1, 1), xycoords="axes fraction", ha="right", va="bottom",
                    fontsize=7,
                )  # fmt: skip
            n = rows["n"].iloc[0]
            axes.set_title(f"{_TITLES[direction]} (n = {n})", color=colour, pad=14)
            axes.set(xlabel="correlation with people", ylim=(-0.6, len(names) - 0.4))
            low = np.nanmin(predictors[["correlation_low", "correlation"]].to_numpy(float))
            axes.set_xlim(min(-0.25, low - 0.05), 1.05)
            if number == 0:
                axes.set_yticks(range(len(names)), names)
        return save(figure, stem)


def draw_moderators(moderators: pd.DataFrame, stem: Path) -> list[Path]:
    """Draw mean changes by kind of object, edit and naturalness; return what was written.

    Nothing is drawn of fewer than two groups.
    """
    levels = list(dict.fromkeys(zip(moderators["by"], moderators["level"], strict=True)))
    if len(levels) < 2:
        return []
    places, labels, place, headings = {}, [], 0.0, list[tuple[float, str]]()
    for number, (by, level) in enumerate(levels):
        if number == 0 or by != levels[number - 1][0]:
            headings.append((place + 0.1, _GROUPINGS[by]))
            place += 1.0
        places[by, level] = place
        labels.append((place, level))
        place += 1.0
    with style():
        figure = Figure(figsize=(_WIDTH, 1.2 + 0.27 * place))
        axes = figure.subplots()
        for direction, aside in ((Direction.INCREASE, -0.16), (Direction.DECREASE, 0.16)):
            rows = moderators[moderators["direction"] == direction]
            at = [places[key] + aside for key in zip(rows["by"], rows["level"], strict=True)]
            colour = COLOURS[direction]
            _draw_points(axes, rows, "mean_change", np.array(at), colour)
            axes.plot([], [], "o-", color=colour, markersize=4, label=_TITLES[direction])
            ends = rows["mean_change_high"].fillna(rows["mean_change"])
            for one, end, n in zip(at, ends, rows["n_sources"], strict=True):
                axes.annotate(
                    f"{n}", (end, one), xytext=(4, 0), textcoords="offset points", va="center",
                    fontsize=6, color=colour,
                )  # fmt: skip
        axes.plot([], [], "o", color=INK, markerfacecolor="white", markersize=4,
                  label="fewer than three sources")  # fmt: skip
        axes.set_yticks([one for one, _ in labels], [level for _, level in labels])
        for one, heading in headings:
            axes.annotate(
                heading, (0, one), xycoords=("axes fraction", "data"), xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=8, fontweight="bold",
            )  # fmt: skip
        axes.set_ylim(place - 0.4, -0.5)
        axes.set_xlabel(_CHANGE)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8)
        return save(figure, stem)


_GROUPINGS = {
    "object": "kind of object",
    "edit": "what changed the photograph",
    "realism": "realism (share of photographs that look as edited)",
    "distance": "distance to the photograph in features",
    "budget": "budget of naturalness",
    "aim": "aim of manipulation.aim",
}


def _row_of(figure: Figure, n: int, *, share: bool = False) -> list[Axes]:
    return list(figure.subplots(1, n, squeeze=False, sharey=share)[0])


def _draw_points(
    axes: Axes, rows: pd.DataFrame, name: str, places: np.ndarray, colour: str
) -> None:
    """Draw values with their intervals, open where there is none, beside a line at zero."""
    axes.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    values, low, high = (rows[f"{name}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    axes.hlines(places, low, high, color=colour, linewidth=1.2)
    known = np.isfinite(low)
    filled = np.where(known, colour, "white")
    axes.scatter(values, places, s=18, c=list(filled), edgecolors=colour, linewidths=0.9, zorder=2)
    seaborn.despine(ax=axes)
