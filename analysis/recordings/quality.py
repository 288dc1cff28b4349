"""The quality of one subject's recordings, on one page: to be read before the participant leaves.

Accuracy of calibrations, drift checks, track loss, fixations and frames of every trial, and the
first images with the scanpaths on them.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.recordings.recording import Recording
from analysis.recordings.sessions import Run
from analysis.report.sections import table
from analysis.report.style import COLOURS, FAINT, INK, style
from analysis.report.stylesheet import STYLE
from stimuli.files import read_image
from stimuli.study import Study
from stimuli.vocabulary import Stimulus

SCANPATHS = 6
_DASH = "&ndash;"
# A trial that lost the eye for more than this share of the image's time is worth a look.
_MUCH_TRACK_LOSS = 0.25


@dataclass(frozen=True, eq=False)
class SessionQuality:
    """What the page is about.

    Attributes
    ----------
    runs, recordings
        One recording a run, None where nothing was recorded.
    observer
        As in participants.tsv.
    fixations : DataFrame
        By `stimuli.tables.FIXATIONS`.
    trials : DataFrame
        By `analysis.fixations.quality.QUALITY`: one row a complete trial.
    warnings
        What was not sound in a recording, as ``(file name, what, count)``.
    """

    study: Study
    subject: str
    runs: Sequence[Run]
    recordings: Sequence[Recording | None]
    observer: str
    fixations: pd.DataFrame
    trials: pd.DataFrame
    warnings: Sequence[tuple[str, str, int]]

    @property
    def rows(self) -> list[Mapping]:
        """All trials of all runs, in the order of the events tables."""
        return [row for run in self.runs for row in run.trials]


def quality_page(quality: SessionQuality, stimuli: Mapping[str, Stimulus]) -> str:
    """Return the page as HTML that holds its pictures and runs no script."""
    name = f"sub-{quality.subject}"
    banner = ""
    if quality.observer != "human":
        banner = (
            f'<p class="banner"><b>No person was recorded.</b> The observer of {name} is '
            f"{escape(quality.observer)}.</p>"
        )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{name}: quality of the recording</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{name}</h1>
<p class="subtitle">{escape(quality.study.settings.study.name)}: quality of the recording</p>
</header>
{banner}
<section><h2>Runs</h2>{_runs(quality)}{_notes(quality)}</section>
<section><h2>Trials</h2>
<figure class="wide"><img src="{_uri(draw_trials(quality))}" alt="Quality over trials"></figure>
</section>
<section><h2>The first images</h2>
<figure class="wide"><img src="{_uri(draw_scanpaths(quality, stimuli))}" alt="Scanpaths">
<figcaption>Fixations in their order; the area of a disc grows with its duration. 0 was under way
when the image appeared.</figcaption></figure>
</section>
</main>
</body>
</html>
"""


def _runs(quality: SessionQuality) -> str:
    """Return one row a run: trials by status, calibrations and validations, drift, frames."""
    rows = []
    for run, recording in zip(quality.runs, quality.recordings, strict=True):
        statuses = pd.Series([row["status"] for row in run.trials], dtype=str).value_counts()
        errors, drifts, calibrated = [], pd.Series(dtype=float), 0
        if recording is not None:
            calibrated = len(recording.calibrations)
            errors = [
                f"{one.error_mean_deg:.2f} ({one.error_max_deg:.2f})"
                for one in recording.validations.dropna(subset="error_mean_deg").itertuples()
            ]
            drifts = recording.drift_checks["offset_deg"]
        rows.append(
            [
                str(run.run),
                ", ".join(f"{count} {status}" for status, count in statuses.items()),
                str(calibrated),
                ", ".join(errors) or _DASH,
                f"{drifts.median():.2f} ({drifts.max():.2f})" if len(drifts) else _DASH,
                f"{sum(row['dropped_frames'] for row in run.trials)} of "
                f"{sum(row['frames'] for row in run.trials)}",
            ]
        )
    heads = [
        "run", "trials", "calibrations", "validations, mean (max) deg",
        "drift checks, median (max) deg", "frames late",
    ]  # fmt: skip
    return table(heads, rows, text_columns=2)


def _notes(quality: SessionQuality) -> str:
    """Return what an operator should know at once, as a list."""
    limit_deg = quality.study.settings.session.calibration_limit_deg
    notes = [f"{file}: {count} {what}" for file, what, count in quality.warnings]
    trials = quality.trials
    lossy = trials[trials["track_loss"] > _MUCH_TRACK_LOSS]
    if len(lossy):
        notes.append(
            f"track loss above {_MUCH_TRACK_LOSS:.0%} in trials "
            f"{', '.join(map(str, lossy['trial']))}"
        )
    poor = trials[trials["validation_deg"] > limit_deg]
    if len(poor):
        notes.append(f"{len(poor)} trials after a validation above {limit_deg:g} deg")
    unvalidated = int(trials["validation_deg"].isna().sum())
    if unvalidated:
        notes.append(f"{unvalidated} trials without a validation before them")
    empty = trials[trials["n_fixations"] == 0]
    if len(empty):
        notes.append(f"no fixation in trials {', '.join(map(str, empty['trial']))}")
    excluded = trials[trials["excluded"].notna()]
    if len(excluded):
        notes.append(f"{len(excluded)} trials left out by [exclusions] of study.toml")
    if not notes:
        return "<p>Nothing stands out.</p>"
    return f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>"


def draw_trials(quality: SessionQuality) -> bytes:
    """Draw what was measured over the trials, as PNG."""
    trials, rows = quality.trials, quality.rows
    shown = [row for row in rows if row["frames"]]
    numbers = [row["trial"] for row in shown]
    frame_ms = [1000 * row["duration"] / row["frames"] for row in shown]
    limit_deg = quality.study.settings.session.calibration_limit_deg
    nominal_ms = 1000 / quality.study.settings.screen.refresh_hz
    with style():
        figure = Figure(figsize=(9, 6), layout="constrained")
        axes = figure.subplots(2, 3, sharex=True)
        _dots(axes[0, 0], trials["trial"], trials["validation_deg"], "validation before it (deg)")
        axes[0, 0].axhline(limit_deg, color=FAINT, dashes=(4, 2), linewidth=0.8)
        _dots(axes[0, 1], trials["trial"], trials["drift_deg"], "gaze at onset from centre (deg)")
        _dots(axes[0, 2], trials["trial"], 100 * trials["track_loss"], "track loss (%)")
        _dots(axes[1, 0], trials["trial"], trials["n_fixations"], "fixations")
        _dots(axes[1, 1], numbers, frame_ms, "mean frame interval (ms)")
        axes[1, 1].axhline(nominal_ms, color=FAINT, dashes=(4, 2), linewidth=0.8)
        axes[1, 1].ticklabel_format(useOffset=False)
        _dots(axes[1, 2], numbers, [row["dropped_frames"] for row in shown], "frames late")
        for axis in (*axes[0], axes[1, 0]):
            axis.set_ylim(bottom=0.0)
        axes[1, 2].set_ylim(-0.5, max(5.0, axes[1, 2].get_ylim()[1]))
        for axis in axes[1]:
            axis.set_xlabel("trial")
        for row in rows:
            if row["status"] != "complete":
                for axis in axes.flat:
                    axis.axvline(row["trial"], color=COLOURS["increase"], linewidth=0.6)
        return _png(figure)


def _dots(axis: Axes, x: Sequence[float], y: Sequence[float], label: str) -> None:
    axis.plot(x, y, ".", color=INK, markersize=4)
    axis.set_title(label)
    axis.spines[["top", "right"]].set_visible(False)


def draw_scanpaths(quality: SessionQuality, stimuli: Mapping[str, Stimulus]) -> bytes:
    """Draw the first complete images with the fixations on them, as PNG."""
    complete = [row for row in quality.rows if row["status"] == "complete"][:SCANPATHS]
    size_px = quality.study.settings.images.size_px
    with style():
        figure = Figure(figsize=(9, 6.2), layout="constrained")
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
        return _png(figure)


def _draw_path(axis: Axes, fixations: pd.DataFrame) -> None:
    x, y = fixations["x_px"], fixations["y_px"]
    axis.plot(x, y, "-", color="white", linewidth=1.8)
    axis.plot(x, y, "-", color=COLOURS["increase"], linewidth=1)
    axis.scatter(
        x, y, s=np.asarray(fixations["duration_ms"], float) / 3, color=COLOURS["increase"],
        edgecolors="white", linewidths=0.8, zorder=3,
    )  # fmt: skip
    for one in fixations.itertuples():
        axis.annotate(
            str(one.fixation), (one.x_px, one.y_px), color="white", fontsize=6, ha="center",
            va="center", zorder=4, annotation_clip=True,
        )  # fmt: skip


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
