"""The figures of a study's report, each begun as soon as what it shows is known."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from analysis.effects.contrasts import Contrast
from analysis.effects.controls import control_differences
from analysis.effects.measuring import MeasuredSource
from analysis.effects.study_analysis import StudyAnalysis
from analysis.report import drawing
from analysis.report.drawing import DrawnPanel
from analysis.report.failures import SHOWN, may_be_shown
from analysis.report.panel_source import panel_source, target_names
from analysis.results.outputs import Outputs
from analysis.results.run_record import OtherRun
from analysis.viewing.study import StudyViewing
from stimuli.support.beside import ProcessBeside


class StudyDrawing:
    """Has the figures of a report drawn beside the analysis.

    Attributes
    ----------
    names
        Of targets, by source and annotations.
    panels
        By source what waits for its panel.
    effects, further, viewing, colour_bar
        What wait for these figures.
    """

    def __init__(self, beside: ProcessBeside, outputs: Outputs) -> None:
        self._beside, self._outputs = beside, outputs
        self._contrasts: list[Contrast] = []
        self.folder = outputs.path("report", "figures")
        self.names: dict[tuple[str, str], str] = {}
        self.panels: dict[str, Callable[[], DrawnPanel]] = {}
        self.colour_bar = beside.submit(drawing.colour_bar)
        self.viewing: Callable[[], dict[str, list[Path]]] | None = None

    def draw_source(self, measured: MeasuredSource) -> None:
        """Begin the panel of a source, whose maps are written."""
        if not self.panels:
            self.names = target_names(measured.design)
        self._contrasts += measured.contrasts
        maps = {one.stim_id: self._outputs.maps(one.stim_id) for one in measured.stimuli}
        source, source_id = panel_source(measured, maps, self.names), measured.source_id
        kept = may_be_shown(source_id, self._contrasts)
        path = self.folder / f"source-{source_id}.png"
        self.panels[source_id] = self._beside.submit(drawing.panel, source, path, kept=kept)

    def draw_analysis(self, analysis: StudyAnalysis) -> None:
        """Begin the figures of effects and of what else the counts tell."""
        further = analysis.further
        self.effects = self._beside.submit(
            drawing.effects, analysis.effects, analysis.summary, self.folder / "effects",
            analysis.controls, dict(control_differences(analysis.contrasts)),
        )  # fmt: skip
        self.further = self._beside.submit(
            drawing.further, further.subjects, further.predictors, further.moderators, self.folder
        )

    def draw_viewing(self, viewing: StudyViewing) -> None:
        """Begin the figures of the course of viewing."""
        self.viewing = self._beside.submit(drawing.viewing, viewing, self.folder)

    def draw_subsets(
        self, analysis: StudyAnalysis, others: Sequence[OtherRun]
    ) -> Callable[[], list[Path]]:
        """Begin the figure of subsets."""
        return self._beside.submit(
            drawing.subsets, analysis.summary, others, self.folder / "subsets"
        )

    def draw_failures(
        self, failures: Sequence[Contrast], drawn: Mapping[str, DrawnPanel]
    ) -> list[Path]:
        """Draw the figure of the largest failures here, while others are drawn beside."""
        shown = failures[:SHOWN]
        if not shown:
            return []
        kept = {source: one.panel for source, one in drawn.items() if one.panel is not None}
        return [drawing.failures(shown, kept, self.names, self.folder / "failures.png")]
