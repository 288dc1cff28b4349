"""What is drawn of a study's report, task by task, beside the analysis.

The tasks import what draws when they are worked on: a process that only waits for them need not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.effects.contrasts import Contrast
from analysis.report.html import jpeg_uri
from analysis.report.numbers import two_digits
from analysis.report.panel_source import Column, Panel, PanelSource, PictureColumn, PicturePanel
from analysis.results.run_record import OtherRun
from analysis.viewing.study import StudyViewing
from stimuli.contract.vocabulary import Viewer


@dataclass(frozen=True, eq=False)
class DrawnPanel:
    """The panel of a source: its file, what the page shows, and its arrays if they were asked."""

    path: Path
    shown: PicturePanel
    panel: Panel | None


def prepare() -> None:
    """Import whatever draws."""
    from analysis.report import (  # noqa: F401
        failures_figure,
        further_figures,
        panel_picture,
        panels,
        subsets,
        viewing_figures,
    )


def panel(source: PanelSource, path: Path, *, kept: bool) -> DrawnPanel:
    """Draw the panel of a source; `kept` says whether its arrays are returned too."""
    from analysis.report.panel_picture import draw_panel
    from analysis.report.panels import make_panel

    made = make_panel(source)
    draw_panel(made, path)
    columns = [_pictures(column) for column in made.columns]
    scales = [(name, two_digits(highest)) for name, highest in made.highest.items()]
    shown = PicturePanel(made.source_id, made.conditions, columns, scales)
    return DrawnPanel(path, shown, made if kept else None)


def _pictures(column: Column) -> PictureColumn:
    from analysis.report.tiles import TILE_PX

    pictures = {name: jpeg_uri(pixels) for name, pixels in column.tiles.items()}
    return PictureColumn(
        column.stimulus.stim_id, column.title, column.stimulus.direction, pictures, column.notes,
        TILE_PX,
    )  # fmt: skip


def colour_bar() -> str:
    """Return the colours of densities as a data URI."""
    from analysis.report.tiles import colour_bar

    return jpeg_uri(colour_bar(160, 10))


def effects(
    effects: pd.DataFrame,
    summary: pd.DataFrame,
    stem: Path,
    controls: pd.DataFrame,
    differences: Mapping[Viewer, np.ndarray],
) -> list[Path]:
    """Draw the figure of effects; return what was written."""
    from analysis.report.figures import draw_effects

    return draw_effects(effects, summary, stem, controls, differences)


def subsets(present: pd.DataFrame, others: Sequence[OtherRun], stem: Path) -> list[Path]:
    """Draw the figure of subsets; return what was written."""
    from analysis.report.subsets import draw_subsets

    return draw_subsets(present, others, stem)


def viewing(viewing: StudyViewing, folder: Path) -> dict[str, list[Path]]:
    """Draw the figures of the course of viewing; return what was written, by name."""
    from analysis.report.viewing_figures import draw_viewing

    return draw_viewing(viewing, folder)


def further(
    subjects: pd.DataFrame, predictors: pd.DataFrame, moderators: pd.DataFrame, folder: Path
) -> list[list[Path]]:
    """Draw the figures of every subject, of predictions and moderators; return what was written."""
    from analysis.report.further_figures import draw_further

    return draw_further(subjects, predictors, moderators, folder)


def failures(
    failures: Sequence[Contrast],
    panels: Mapping[str, Panel],
    names: Mapping[tuple[str, str], str],
    path: Path,
) -> Path:
    """Draw the figure of failures; return its path."""
    from analysis.report.failures_figure import draw_failures

    return draw_failures(failures, panels, names, path)
