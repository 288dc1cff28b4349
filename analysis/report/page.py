"""The report of a study: every figure, and one HTML page that holds everything."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.effects.contrasts import Contrast
from analysis.effects.failures import failed_contrasts
from analysis.effects.study_analysis import StudyAnalysis
from analysis.fixations.subsets import Subset
from analysis.report import checks, data, sections
from analysis.report.drawing import DrawnPanel
from analysis.report.failures import failure_name, failure_text
from analysis.report.further import further_section
from analysis.report.html import render
from analysis.report.methods import methods
from analysis.report.naturalness import naturalness_of_versions
from analysis.report.panel_source import PictureColumn
from analysis.report.second_opinions import second_opinions
from analysis.report.study_drawing import StudyDrawing
from analysis.report.viewing import ViewingSection, viewing_section
from analysis.results.outputs import Outputs
from analysis.results.run_record import other_runs
from analysis.viewing.study import StudyViewing
from stimuli.contract.vocabulary import Direction, Viewer
from stimuli.support.console import progress
from stimuli.support.files import write_text


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
    drawing: StudyDrawing,
    viewing: StudyViewing | None = None,
) -> Path:
    """Wait for every figure, write the page and return its path.

    Parameters
    ----------
    sentences
        The result in words, as `effect_sentences` returns them.
    outputs : Outputs
        Holds the maps already; gets the figures and the page.
    drawing : StudyDrawing
        Has begun what shows the analysis and the course of viewing.
    viewing : StudyViewing, optional
        How gaze unfolded, as `study_viewing` returns it.
    """
    others = other_runs(analysis)
    subsets_drawn = drawing.draw_subsets(analysis, others)
    drawn = _panels(analysis, drawing)
    against = failed_contrasts(analysis.contrasts)
    of_failures = drawing.draw_failures(against, drawn)
    effects, subsets = drawing.effects(), subsets_drawn()
    outputs.remember(*effects, *subsets)
    unfolded = _viewing(analysis, viewing, drawing, outputs)
    outputs.remember(*(one.path for one in drawn.values()), *of_failures)
    further_figures = drawing.further()
    further = further_section(analysis, further_figures)
    outputs.remember(*(path for paths in further_figures for path in paths))
    page = outputs.path("report", "index.html")
    failures = [_failure(one, drawn, drawing.names) for one in against]
    files = [Path(os.path.relpath(one, page.parent)).as_posix() for one in outputs.tables]
    of_modules = {
        "stale_subsets": [one for one in others if one.stale], "viewing": unfolded,
        "further": further, "files": files, "colour_bar": drawing.colour_bar(),
        "panels": [one.shown for one in drawn.values()],
    }  # fmt: skip
    write_text(page, _page(analysis, sentences, effects, subsets, failures, of_modules))
    outputs.remember(page)
    return page


def _panels(analysis: StudyAnalysis, drawing: StudyDrawing) -> dict[str, DrawnPanel]:
    """Return the panel of every source, in the order of the catalogue."""
    sources = list(dict.fromkeys(one.source_id for one in analysis.design.stimuli))
    return {one: drawing.panels[one]() for one in progress(sources, "Figures", len(sources))}


def _viewing(
    analysis: StudyAnalysis, viewing: StudyViewing | None, drawing: StudyDrawing, outputs: Outputs
) -> ViewingSection | None:
    if viewing is None or drawing.viewing is None:
        return None
    drawn = drawing.viewing()
    outputs.remember(*(path for paths in drawn.values() for path in paths))
    kinds = list(analysis.participants.values())
    return viewing_section(viewing, drawn, kinds, analysis.study.settings.analysis)


def _failure(
    contrast: Contrast, drawn: Mapping[str, DrawnPanel], names: Mapping[tuple[str, str], str]
) -> ShownFailure:
    comparison = contrast.comparison
    source_id = comparison.version.source_id
    by_id = {one.stim_id: one for one in drawn[source_id].shown.columns}
    columns = by_id[comparison.original.stim_id], by_id[comparison.version.stim_id]
    return ShownFailure(source_id, failure_name(contrast, names), failure_text(contrast), columns)


def _page(
    analysis: StudyAnalysis,
    sentences: Sequence[str],
    effects: Sequence[Path],
    subsets: Sequence[Path],
    failures: Sequence[ShownFailure],
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
        **of_modules,
        parameters=sections.parameter_rows(analysis),
    )
