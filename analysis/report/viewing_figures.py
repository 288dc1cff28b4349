"""Figures of the course of viewing: time course, latencies, first saccades, scanpaths."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from analysis.report.figures import save
from analysis.report.style import COLOURS, FAINT, INK, style
from analysis.viewing.study import StudyViewing
from stimuli.contract.vocabulary import Direction

AIMS = {
    Direction.INCREASE: "aim: increase",
    Direction.DECREASE: "aim: decrease",
    Direction.CONTROL: "control",
}
_ORIGINAL = COLOURS[Direction.NONE]
_LEVELS = ["original_high", "version_high", "model_original", "model_version"]
_SHARES = {
    "fixations": "share of fixations\non the target",
    "gaze": "share of gaze\non the target",
    "number": "share of fixations\non the target",
}


def draw_viewing(viewing: StudyViewing, folder: Path) -> dict[str, list[Path]]:
    """Draw the figures that there are; return what was written, PNG first, by name."""
    drawn = {}
    course = viewing.time_course
    if course is not None:
        timed = ["fixations", "gaze"]
        if course.course["step"].max() > 1:
            drawn["course"] = draw_course(course.course, timed, folder / "time-course")
        if (course.course["by"] == "number").sum() > course.course["direction"].nunique():
            drawn["number"] = draw_course(course.course, ["number"], folder / "fixation-numbers")
        drawn["latency"] = draw_latency(course.latency, course.first_saccades, folder / "latency")
    if viewing.scanpaths.similarity["difference_low"].notna().any():
        drawn["scanpaths"] = draw_scanpaths(viewing.scanpaths.similarity, folder / "scanpaths")
    return drawn


def draw_course(course: pd.DataFrame, by: Sequence[str], stem: Path) -> list[Path]:
    """Draw shares on the target, and under each the difference with its band.

    Parameters
    ----------
    course : DataFrame
        Rows by `analysis.viewing.course.COURSE`.
    by
        Of its column ``by``: one row of curves and one of differences each.
    """
    aims = _aims(course)
    with style():
        figure = Figure(figsize=(3.5 * len(aims), 3.7 * len(by)))
        axes = figure.subplots(
            2 * len(by), len(aims), squeeze=False, sharey="row", height_ratios=[1.25, 1.0] * len(by)
        )
        for row, one in enumerate(by):
            for column, aim in enumerate(aims):
                rows = course[(course["by"] == one) & (course["direction"] == aim)]
                above, below = axes[2 * row, column], axes[2 * row + 1, column]
                _draw_shares(above, rows, COLOURS[aim])
                _draw_difference(below, rows, COLOURS[aim])
                # Room for the legends: all columns have the same axis.
                shown = course[(course["by"] == one) & course["direction"].isin(aims)]
                above.set_ylim(0, 1.25 * float(shown[_LEVELS].max().max()))
                above.set_yticks([tick for tick in above.get_yticks() if 0 <= tick <= 1])
                _make_room(below, shown)
                above.set_title(AIMS[aim] if row == 0 else "", color=COLOURS[aim])
                below.set_xlabel("number of the fixation" if one == "number" else
                                 "time since the image appeared (s)")  # fmt: skip
            axes[2 * row, 0].set_ylabel(_SHARES[one])
            axes[2 * row + 1, 0].set_ylabel("version \N{MINUS SIGN} original")
        return save(figure, stem)


def _make_room(axes: Axes, rows: pd.DataFrame) -> None:
    """Leave room for a legend above bands."""
    low, high = float(rows["band_low"].min()), float(rows["band_high"].max())
    if np.isfinite(low) and high > low:
        axes.set_ylim(low - 0.05 * (high - low), high + 0.42 * (high - low))


def _draw_shares(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    at = _places(rows)
    for name, one, label in (("original", _ORIGINAL, "original"), ("version", colour, "version")):
        axes.fill_between(
            at, rows[f"{name}_low"], rows[f"{name}_high"], color=one, alpha=0.16, linewidth=0
        )
        axes.plot(at, rows[name], "o-", color=one, markersize=3, linewidth=1.4, label=label)
        model = rows[f"model_{name}"].iloc[0]
        if np.isfinite(model):
            axes.axhline(model, color=one, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0)
    if rows["model_original"].notna().any():
        axes.plot([], [], color=INK, linewidth=1.0, linestyle=(0, (4, 3)), label="model")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(fontsize=7, ncols=3, loc="upper left", columnspacing=1.0, handlelength=1.6)
    seaborn.despine(ax=axes)


def _draw_difference(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    at = _places(rows)
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    axes.fill_between(
        at, rows["band_low"], rows["band_high"], color=colour, alpha=0.18, linewidth=0,
        label="95 % band, whole curve",
    )  # fmt: skip
    axes.vlines(
        at, rows["difference_low"], rows["difference_high"], color=colour, linewidth=1.0,
        label="95 % interval, step by step",
    )  # fmt: skip
    axes.plot(at, rows["difference"], "o-", color=colour, markersize=3, linewidth=1.4)
    predicted = (rows["model_version"] - rows["model_original"]).iloc[0]
    if np.isfinite(predicted):
        axes.axhline(predicted, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(fontsize=7, loc="upper left", handlelength=1.6)
    seaborn.despine(ax=axes)


def _places(rows: pd.DataFrame) -> np.ndarray:
    if rows["from_ms"].isna().all():
        return rows["step"].to_numpy()
    return ((rows["from_ms"] + rows["to_ms"]) / 2000).to_numpy()


def draw_latency(latency: pd.DataFrame, first_saccades: pd.DataFrame, stem: Path) -> list[Path]:
    """Draw the share of trials that have fixated the target, and under it first saccades.

    Parameters
    ----------
    latency, first_saccades : DataFrames
        Rows by `analysis.viewing.latency.LATENCY` and
        `analysis.viewing.first_saccades.FIRST_SACCADES`; groups of saccades without an interval are
        left out, and the second row of the figure where no aim has several with one.
    """
    first_saccades = first_saccades[first_saccades["difference_low"].notna()]
    aims = _aims(latency)
    rows = 1 + bool((first_saccades["direction"].value_counts() > 1).any())
    with style():
        figure = Figure(figsize=(3.5 * len(aims), 2.6 * rows))
        axes = figure.subplots(rows, len(aims), squeeze=False, sharey="row")
        for column, aim in enumerate(aims):
            _draw_survival(axes[0, column], latency[latency["direction"] == aim], COLOURS[aim])
            axes[0, column].set_title(AIMS[aim], color=COLOURS[aim])
            if rows > 1:
                own = first_saccades[first_saccades["direction"] == aim]
                _draw_first_saccades(axes[1, column], own, COLOURS[aim])
                _make_room(axes[1, column], first_saccades)
        axes[0, 0].set_ylabel("trials that have\nfixated the target")
        if rows > 1:
            axes[1, 0].set_ylabel("first saccades on the target:\nversion \N{MINUS SIGN} original")
        return save(figure, stem)


def _draw_survival(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    at = rows["time_ms"] / 1000
    for name, one in (("original", _ORIGINAL), ("version", colour)):
        axes.fill_between(
            at, 1 - rows[f"{name}_high"], 1 - rows[f"{name}_low"], color=one, alpha=0.16,
            linewidth=0, step="post",
        )  # fmt: skip
        axes.step(at, 1 - rows[name], where="post", color=one, linewidth=1.4, label=name)
    axes.axhline(0.5, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("time since the image appeared (s)")
    axes.legend(fontsize=7, loc="upper left", handlelength=1.6)
    seaborn.despine(ax=axes)


def _draw_first_saccades(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    seaborn.despine(ax=axes)
    axes.set_xlabel("latency of the first saccade (ms)")
    if len(rows) < 2:
        axes.text(0.5, 0.5, "too few first saccades", transform=axes.transAxes, ha="center",
                  color=INK, fontsize=8, backgroundcolor="white")  # fmt: skip
        axes.set_xticks([])
        return
    at = rows["latency_ms"]
    axes.vlines(at, rows["band_low"], rows["band_high"], color=colour, linewidth=4, alpha=0.2,
                label="95 % band, all groups")  # fmt: skip
    axes.vlines(at, rows["difference_low"], rows["difference_high"], color=colour, linewidth=1.4,
                label="95 % interval, each group")  # fmt: skip
    axes.plot(at, rows["difference"], "o-", color=colour, markersize=4, linewidth=1.0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.margins(x=0.08)
    axes.legend(fontsize=7, loc="upper left", handlelength=1.6)


def draw_scanpaths(similarity: pd.DataFrame, stem: Path) -> list[Path]:
    """Draw how alike scanpaths are between images, less within: one panel a dimension.

    Parameters
    ----------
    similarity : DataFrame
        Rows by `analysis.viewing.similarity.SIMILARITY`; those without an interval are left out.
    """
    similarity = similarity[similarity["difference_low"].notna()]
    dimensions = list(dict.fromkeys(similarity["dimension"]))
    groups = list(dict.fromkeys(similarity[["condition", "direction"]].itertuples(index=False)))
    with style():
        figure = Figure(figsize=(1.9 + 1.4 * len(dimensions), 0.9 + 0.34 * len(groups)))
        axes = figure.subplots(1, len(dimensions), squeeze=False, sharey=True, sharex=True)[0]
        for axis, dimension in zip(axes, dimensions, strict=True):
            rows = similarity[similarity["dimension"] == dimension]
            axis.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
            for place, (condition, direction) in enumerate(groups):
                row = rows[(rows["condition"] == condition) & (rows["direction"] == direction)]
                colour = COLOURS[Direction(direction)]
                axis.plot(row["difference"], [place], "o", color=colour, markersize=5)
                axis.hlines(place, row["difference_low"], row["difference_high"], color=colour,
                            linewidth=1.6)  # fmt: skip
            axis.set_title(dimension)
            axis.tick_params(axis="x", labelsize=7)
            seaborn.despine(ax=axis, left=True)
            axis.tick_params(axis="y", length=0)
        n = [int(one["n_sources"].iloc[0]) for _, one in similarity.groupby(
            ["condition", "direction"], sort=False)]  # fmt: skip
        names = [f"{condition} {aim} (n = {many})"
                 for (condition, aim), many in zip(groups, n, strict=True)]  # fmt: skip
        axes[0].set_yticks(range(len(groups)), names)
        axes[0].set_ylim(len(groups) - 0.5, -0.5)
        figure.supxlabel("similarity of scanpaths: between original and version, less within one",
                         fontsize=9)  # fmt: skip
        return save(figure, stem)


def _aims(table: pd.DataFrame) -> list[Direction]:
    found = set(table["direction"])
    return [aim for aim in AIMS if aim in found]
