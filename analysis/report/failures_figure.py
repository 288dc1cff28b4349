"""The figure of failures, after the paper's Fig. 6: people did the opposite of the prediction."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from analysis.effects.contrasts import Contrast
from analysis.report.failures import failure_name, failure_text
from analysis.report.numbers import plain
from analysis.report.panel_source import Column, Panel
from analysis.report.style import COLOURS, lay_out, style
from stimuli.contract.vocabulary import Measure, Viewer
from stimuli.support.files import atomic_path


def draw_failures(
    failures: Sequence[Contrast],
    panels: Mapping[str, Panel],
    names: Mapping[tuple[str, str], str],
    path: Path,
) -> Path:
    """Write the figure of the largest failures.

    Parameters
    ----------
    panels
        Panels of the sources with a failure, by source.
    """
    with style():
        figure = Figure(figsize=(7.4, 2.35 * len(failures)))
        axes = figure.subplots(len(failures), 4, squeeze=False)
        for row, contrast in zip(axes, failures, strict=True):
            original, version = _columns(contrast, panels[contrast.comparison.version.source_id])
            pictures = (
                (original, "stimulus"), (version, "stimulus"), (original, Viewer.PEOPLE),
                (version, Viewer.PEOPLE),
            )  # fmt: skip
            for axis, (column, row_name) in zip(row, pictures, strict=True):
                axis.imshow(column.tiles[row_name], interpolation="none")
                axis.set(xticks=[], yticks=[])
                title = column.title if row_name == "stimulus" else f"people, {column.title}"
                axis.set_title(
                    title, fontsize=7, color=COLOURS[column.stimulus.direction], fontweight="normal"
                )
            line = f"{failure_name(contrast, names)}: {failure_text(contrast)}"
            above = row[0].text(
                0, 1.14, line, transform=row[0].transAxes, fontsize=7.5, fontweight="bold"
            )
            above.set_in_layout(False)  # it may reach over the other pictures of its row
            unit = Measure.P_OBJ.value if contrast.comparison.target else "bits"
            for axis, estimate in ((row[2], contrast.original), (row[3], contrast.version)):
                axis.set_xlabel(f"{unit} {plain(estimate.people, 3)}", fontsize=7, loc="left")
        # Room for the line of words above each row, which the layout does not count.
        top = 1 - 0.18 / figure.get_figheight()
        lay_out(figure, 130, h_pad=0.16, rect=(0, 0, 1, top))
        with atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=130, pil_kwargs={"compress_level": 1})
    return path


def _columns(contrast: Contrast, panel: Panel) -> tuple[Column, Column]:
    """Return the original's and the version's column of a source's panel."""
    by_id = {column.stimulus.stim_id: column for column in panel.columns}
    return by_id[contrast.comparison.original.stim_id], by_id[contrast.comparison.version.stim_id]
