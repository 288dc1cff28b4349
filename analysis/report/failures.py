"""The figure of failures, after the paper's Fig. 6: people did the opposite of the prediction."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from analysis.effects.contrasts import Contrast
from analysis.report.numbers import percent, plain, signed
from analysis.report.panels import Column, Panel, target_name
from analysis.report.style import COLOURS, lay_out, style
from stimuli.contract.vocabulary import Measure, Viewer
from stimuli.support.files import atomic_path

SHOWN = 6


def failure_text(contrast: Contrast) -> str:
    """Return what happened, in words: ``+0.07 (+19 %), predicted -0.32 (-44 %)``."""
    unit = "" if contrast.comparison.target else " bits"
    people, predicted = (
        f"{signed(contrast.change(viewer), 2)}{unit} ({percent(contrast.relative_change(viewer))})"
        for viewer in (Viewer.PEOPLE, Viewer.MODEL)
    )
    return f"people {people}, predicted {predicted}"


def failure_name(contrast: Contrast, names: Mapping[tuple[str, str], str]) -> str:
    """Return which comparison failed, in words (`target_names`)."""
    comparison = contrast.comparison
    what = target_name(comparison, names) if comparison.target else "entropy"
    return f"{comparison.version.source_id}, {what}, to {comparison.direction}"


def failure_columns(contrast: Contrast, panel: Panel) -> tuple[Column, Column]:
    """Return the original's and the version's column of a source's panel."""
    by_id = {column.stimulus.stim_id: column for column in panel.columns}
    return by_id[contrast.comparison.original.stim_id], by_id[contrast.comparison.version.stim_id]


def draw_failures(
    failures: Sequence[Contrast],
    panels: Mapping[str, Panel],
    names: Mapping[tuple[str, str], str],
    path: Path,
) -> Path | None:
    """Write the figure of the largest failures; None if there is none.

    Parameters
    ----------
    panels
        Panels of the sources with a failure, by source.
    """
    shown = failures[:SHOWN]
    if not shown:
        return None
    with style():
        figure = Figure(figsize=(7.4, 2.35 * len(shown)))
        axes = figure.subplots(len(shown), 4, squeeze=False)
        for row, contrast in zip(axes, shown, strict=True):
            original, version = failure_columns(
                contrast, panels[contrast.comparison.version.source_id]
            )
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
