"""Figures of one subject's session: what was measured over the trials, and scanpaths."""

import io
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from analysis.report.session_quality import SessionQuality
from analysis.report.style import COLOURS, FAINT, INK, lay_out, style
from stimuli.contract.vocabulary import Direction, Stimulus, TrialStatus
from stimuli.support.files import read_image

SCANPATHS = 6


def draw_trials(quality: SessionQuality) -> bytes:
    """Draw what was measured over the trials, as PNG."""
    trials, rows = quality.trials, quality.rows
    shown = [row for row in rows if row["frames"]]
    numbers = [row["trial"] for row in shown]
    limit_deg = quality.study.settings.session.calibration_limit_deg
    nominal_ms = 1000 / quality.study.settings.screen.refresh_hz
    with style():
        figure = Figure(figsize=(9, 6))
        axes = figure.subplots(2, 3, sharex=True)
        _dots(axes[0, 0], trials["trial"], trials["validation_deg"], "validation before it (deg)")
        axes[0, 0].axhline(limit_deg, color=FAINT, dashes=(4, 2), linewidth=0.8)
        _dots(axes[0, 1], trials["trial"], trials["drift_deg"], "gaze at onset from centre (deg)")
        _dots(axes[0, 2], trials["trial"], 100 * trials["track_loss"], "track loss (%)")
        _dots(axes[1, 0], trials["trial"], trials["n_fixations"], "fixations")
        _draw_intervals(axes[1, 1], quality, nominal_ms)
        _dots(axes[1, 2], numbers, [row["dropped_frames"] for row in shown], "frames late")
        for axis in (*axes[0], axes[1, 0]):
            axis.set_ylim(bottom=0.0)
        axes[1, 2].set_ylim(-0.5, max(5.0, axes[1, 2].get_ylim()[1]))
        for axis in axes[1]:
            axis.set_xlabel("trial")
        for row in rows:
            if row["status"] != TrialStatus.COMPLETE:
                for axis in axes.flat:
                    axis.axvline(row["trial"], color=COLOURS[Direction.INCREASE], linewidth=0.6)
        return png_bytes(figure)


def _draw_intervals(axis: Axes, quality: SessionQuality, nominal_ms: float) -> None:
    """Draw the time between any two flips of every image; the mean where the journal has none."""
    trials: list[float] = []
    intervals_ms: list[float] = []
    for row in quality.rows:
        kept_s = quality.intervals_s.get(row["trial"])
        if not kept_s and row["frames"]:
            kept_s = [row["duration"] / row["frames"]]
        intervals_ms += [1000 * interval for interval in kept_s or ()]
        trials += [row["trial"]] * len(kept_s or ())
    _dots(axis, trials, intervals_ms, "interval of every frame (ms)")
    axis.lines[0].set(alpha=0.4, markersize=2.5)
    axis.axhline(nominal_ms, color=FAINT, dashes=(4, 2), linewidth=0.8)
    axis.set_ylim(bottom=0.0, top=1.1 * max(2 * nominal_ms, *intervals_ms, 0.0))
    axis.ticklabel_format(useOffset=False)


def _dots(axis: Axes, x: ArrayLike, y: ArrayLike, label: str) -> None:
    axis.plot(x, y, ".", color=INK, markersize=4)
    axis.set_title(label)
    axis.spines[["top", "right"]].set_visible(False)


def draw_scanpaths(quality: SessionQuality, stimuli: Mapping[str, Stimulus]) -> bytes:
    """Draw the first complete images with the fixations on them, as PNG."""
    complete = [row for row in quality.rows if row["status"] == TrialStatus.COMPLETE][:SCANPATHS]
    size_px = quality.study.settings.images.size_px
    with style():
        figure = Figure(figsize=(9, 6.2))
        axes = figure.subplots(2, SCANPATHS // 2)
        for axis in axes.flat:
            axis.set_axis_off()
        for axis, row in zip(axes.flat, complete, strict=False):
            image = read_image(quality.study.root / stimuli[row["stim_id"]].image)
            axis.imshow(image[:: max(1, size_px // 512), :: max(1, size_px // 512)],
                        extent=(0, size_px, size_px, 0))  # fmt: skip
            axis.set_title(f"{row['trial']}  {row['stim_id']}", fontsize=8)
            _draw_path(axis, quality.fixations[quality.fixations["trial"] == row["trial"]])
            axis.set(xlim=(0, size_px), ylim=(size_px, 0))
        return png_bytes(figure)


def _draw_path(axis: Axes, fixations: pd.DataFrame) -> None:
    x, y = fixations["x_px"], fixations["y_px"]
    axis.plot(x, y, "-", color="white", linewidth=1.8)
    axis.plot(x, y, "-", color=COLOURS[Direction.INCREASE], linewidth=1)
    axis.scatter(
        x, y, s=np.asarray(fixations["duration_ms"], float) / 3, color=COLOURS[Direction.INCREASE],
        edgecolors="white", linewidths=0.8, zorder=3,
    )  # fmt: skip
    for one in fixations.itertuples():
        axis.annotate(
            str(one.fixation), (one.x_px, one.y_px), color="white", fontsize=6, ha="center",
            va="center", zorder=4, annotation_clip=True,
        )  # fmt: skip


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as PNG, the same bytes whenever it is drawn."""
    buffer = io.BytesIO()
    lay_out(figure, 150)
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()
