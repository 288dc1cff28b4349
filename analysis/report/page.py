"""The report of a study: every figure, and one HTML page that holds everything."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.effects.contrasts import Contrast
from analysis.effects.controls import control_differences
from analysis.effects.failures import failed_contrasts
from analysis.effects.study_analysis import StudyAnalysis
from analysis.fixations.subsets import Subset
from analysis.report import checks, data, sections
from analysis.report.failures import draw_failures, failure_columns, failure_name, failure_text
from analysis.report.figures import draw_effects
from analysis.report.further import further_section
from analysis.report.html import jpeg_uri, render
from analysis.report.methods import methods
from analysis.report.naturalness import naturalness_of_versions
from analysis.report.panel_picture import draw_panel
from analysis.report.panels import Column, Panel, panels, target_names
from analysis.report.second_opinions import second_opinions
from analysis.report.subsets import draw_subsets
from analysis.report.tiles import TILE_PX, colour_bar
from analysis.report.viewing import ViewingSection, draw_viewing, viewing_section
from analysis.results.outputs import Outputs
from analysis.results.run_record import other_runs
from analysis.viewing.study import StudyViewing
from stimuli.contract.vocabulary import Direction, Viewer
from stimuli.support.console import progress
from stimuli.support.files import write_text


@dataclass(frozen=True, eq=False)
class PictureColumn:
    """One stimulus of a panel as the page shows it: by row its picture, a data URI, and notes."""

    title: str
    direction: Direction
    pictures: Mapping[str, str]
    notes: Mapping[str, Sequence[str]]
    width_px: int = TILE_PX


@dataclass(frozen=True, eq=False)
class PicturePanel:
    """A source as the page shows it; far smaller than the arrays that its pictures are made of.

    `scales` are the rows with a density, and what its brightest colour stands for.
    """

    source_id: str
    conditions: str
    columns: Sequence[PictureColumn]
    scales: Sequence[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class ShownFailure:
    """A contrast in which people moved against the prediction, as the page shows it."""

    source_id: str
    name: str
    text: str
    columns: Sequence[PictureColumn]


def write_report(
    analysis: StudyAnalysis,
    sentences: Sequence[str],
    outputs: Outputs,
    viewing: StudyViewing | None = None,
) -> Path:
    """Draw every figure, write the page and return its path.

    Parameters
    ----------
    sentences
        The result in words, as `effect_sentences` returns them.
    outputs : Outputs
        Holds the maps already; gets the figures and the page.
    viewing : StudyViewing, optional
        How gaze unfolded, as `study_viewing` returns it.
    """
    folder = outputs.path("report", "figures")
    effects = draw_effects(
        analysis.effects, analysis.summary, folder / "effects", analysis.controls,
        control_differences(analysis.contrasts),
    )  # fmt: skip
    others = other_runs(analysis)
    subsets = draw_subsets(analysis.summary, others, folder / "subsets")
    outputs.remember(*effects, *subsets)
    unfolded = _viewing(analysis, viewing, folder, outputs)
    against = failed_contrasts(analysis.contrasts)
    failed = {one.comparison.version.source_id for one in against}
    shown: list[PicturePanel] = []
    kept: dict[str, Panel] = {}
    n_sources = len({stimulus.source_id for stimulus in analysis.design.stimuli})
    for panel in progress(panels(analysis, outputs.maps), "Figures", n_sources):
        outputs.remember(draw_panel(panel, folder / f"source-{panel.source_id}.png"))
        columns = [_pictures(column) for column in panel.columns]
        shown.append(PicturePanel(panel.source_id, panel.conditions, columns, _scales(panel)))
        if panel.source_id in failed:
            kept[panel.source_id] = panel
    names = target_names(analysis)
    drawn = draw_failures(against, kept, names, folder / "failures.png")
    outputs.remember(*([drawn] if drawn else []))
    page = outputs.path("report", "index.html")
    failures = [_failure(one, kept, names) for one in against]
    further, further_figures = further_section(analysis, folder)
    outputs.remember(*further_figures)
    files = [Path(os.path.relpath(one, page.parent)).as_posix() for one in outputs.tables]
    stale = [one for one in others if one.stale]
    of_modules = {"stale_subsets": stale, "viewing": unfolded, "further": further, "files": files}
    write_text(page, _page(analysis, sentences, effects, subsets, failures, shown, of_modules))
    outputs.remember(page)
    return page


def _viewing(
    analysis: StudyAnalysis, viewing: StudyViewing | None, folder: Path, outputs: Outputs
) -> ViewingSection | None:
    if viewing is None:
        return None
    drawn = draw_viewing(viewing, folder)
    outputs.remember(*(path for paths in drawn.values() for path in paths))
    kinds = list(analysis.participants.values())
    return viewing_section(viewing, drawn, kinds, analysis.study.settings.analysis)


def _pictures(column: Column) -> PictureColumn:
    pictures = {name: jpeg_uri(pixels) for name, pixels in column.tiles.items()}
    return PictureColumn(column.title, column.stimulus.direction, pictures, column.notes)


def _scales(panel: Panel) -> list[tuple[str, str]]:
    return [(name, f"{highest:.2g}") for name, highest in panel.highest.items()]


def _failure(
    contrast: Contrast, panels: Mapping[str, Panel], names: Mapping[tuple[str, str], str]
) -> ShownFailure:
    source_id = contrast.comparison.version.source_id
    columns = [_pictures(column) for column in failure_columns(contrast, panels[source_id])]
    return ShownFailure(source_id, failure_name(contrast, names), failure_text(contrast), columns)


def _page(
    analysis: StudyAnalysis,
    sentences: Sequence[str],
    effects: Sequence[Path],
    subsets: Sequence[Path],
    failures: Sequence[ShownFailure],
    shown: Sequence[PicturePanel],
    of_modules: Mapping[str, object],
) -> str:
    result = analysis.sensitivity
    return render(
        "study.html",
        name=analysis.study.settings.study.name,
        label=analysis.label,
        banner=(banner := sections.banner(analysis)),
        who=banner.who if banner else "",
        sentences=sentences,
        of_densities=analysis.study.settings.analysis.p_obj == "density",
        between_subjects=analysis.subset == Subset.FIRST_BLOCK,
        effects_figure=effects[0].read_bytes() if effects else None,
        subsets_figure=subsets[0].read_bytes() if subsets else None,
        summary=sections.summary_rows(analysis),
        n_without_estimate=int(analysis.summary["n_without_estimate"].sum()),
        controls=sections.control_rows(analysis),
        agreement=checks.agreement_rows(analysis),
        second_opinions=second_opinions(analysis),
        naturalness=naturalness_of_versions(analysis),
        logits=checks.logit_rows(analysis),
        sensitivity=checks.sensitivity_rows(result) if result else None,
        not_tried=result.not_tried if result else [],
        failures=failures,
        n_known=sum(
            math.isfinite(one.change(Viewer.PEOPLE))
            for one in analysis.contrasts
            if one.comparison.direction != Direction.CONTROL
        ),
        counts=data.count_rows(analysis),
        quality=data.quality_rows(analysis),
        quality_by_subject=data.quality_by_subject_rows(analysis),
        exclusions=data.exclusion_rows(analysis),
        n_trials=len(analysis.recordings.quality),
        without=data.without_rows(analysis),
        n_without=len(analysis.recordings.without),
        warnings=data.warning_rows(analysis),
        unchecked=data.unchecked_rows(analysis),
        methods=methods(analysis),
        panels=shown,
        colour_bar=jpeg_uri(colour_bar(160, 10)),
        **of_modules,
        parameters=sections.parameter_rows(analysis),
    )
