"""One panel a source, after the paper's Fig. 1: original and versions, seen by people and model."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.effects.comparisons import Comparison
from analysis.effects.contrasts import Contrast
from analysis.effects.masks import read_mask
from analysis.effects.mechanism.object_groups import categories_of
from analysis.effects.study_analysis import StudyAnalysis
from analysis.report import tiles
from analysis.report.numbers import percent, plain, signed
from analysis.report.style import COLOURS, INK, style
from stimuli.contract.vocabulary import Direction, Measure, Stimulus, Viewer
from stimuli.support.files import atomic_path, read_image

ROWS = ("stimulus", Viewer.PEOPLE.value, Viewer.MODEL.value)
_TITLES = {
    Direction.NONE: "original",
    Direction.INCREASE: "to increase",
    Direction.DECREASE: "to decrease",
    Direction.CONTROL: "control",
}
# Between pictures, in shares of one.
_GAP_ACROSS, _GAP_DOWN = 0.03, 0.14
_BAR_IN = 0.42  # room for colour bars on the right, inches
_ORDER = (Direction.NONE, Direction.INCREASE, Direction.DECREASE, Direction.CONTROL)


@dataclass(frozen=True, eq=False)
class Column:
    """One stimulus of a panel.

    Attributes
    ----------
    tiles
        Pictures by row.
    notes
        What was measured, by row: lines of text.
    """

    stimulus: Stimulus
    title: str
    tiles: dict[str, np.ndarray]
    notes: dict[str, list[str]]


@dataclass(frozen=True, eq=False)
class Panel:
    """A source: original first, then the version that increases, the other, and a control.

    Attributes
    ----------
    conditions
        What its versions were made for, in words.
    highest
        By row, the density of the brightest colour, in multiples of an even one.
    """

    source_id: str
    conditions: str
    columns: list[Column]
    highest: Mapping[str, float]


def panels(analysis: StudyAnalysis, maps: Callable[[str], Path]) -> Iterator[Panel]:
    """Yield the panel of every source.

    Parameters
    ----------
    maps
        Gives the path of a stimulus' maps, as `analysis.results.outputs.Outputs.maps`.
    """
    names = target_names(analysis)
    for source_id in dict.fromkeys(stimulus.source_id for stimulus in analysis.design.stimuli):
        shown = [one for one in analysis.design.stimuli if one.source_id == source_id]
        shown.sort(key=lambda one: _ORDER.index(one.direction))
        yield _panel(analysis, source_id, shown, maps, names)


def _panel(
    analysis: StudyAnalysis,
    source_id: str,
    shown: list[Stimulus],
    maps: Callable[[str], Path],
    names: Mapping[tuple[str, str], str],
) -> Panel:
    photograph = analysis.design.photograph(shown[0])
    densities = {}
    for stimulus in shown:
        with np.load(maps(stimulus.stim_id)) as archive:
            densities[stimulus.stim_id] = {viewer: archive[viewer] for viewer in Viewer}
    highest = {
        viewer: max(float(of[viewer].max()) for of in densities.values()) for viewer in Viewer
    }
    contrasts = [one for one in analysis.contrasts if one.comparison.version.source_id == source_id]
    columns = []
    for stimulus in shown:
        comparisons = [
            one.comparison for one in contrasts
            if stimulus.stim_id in (one.comparison.original.stim_id,
                                    one.comparison.version.stim_id)
        ]  # fmt: skip
        outlines = _outlines(analysis, comparisons, stimulus)
        image = read_image(analysis.study.root / stimulus.image)[photograph.rows_and_columns]
        behind = tiles.backdrop(
            image, [(mask[photograph.rows_and_columns], colour) for mask, colour in outlines]
        )
        used = analysis.used[analysis.used["stim_id"] == stimulus.stim_id]
        xy = (used[["x_px", "y_px"]].to_numpy(float) - photograph.origin) / photograph.shape[::-1]
        density = densities[stimulus.stim_id]
        columns.append(
            Column(
                stimulus,
                _TITLES[stimulus.direction],
                {
                    "stimulus": tiles.photograph(behind),
                    Viewer.PEOPLE: tiles.density_over(
                        behind, density[Viewer.PEOPLE], highest[Viewer.PEOPLE], xy
                    ),
                    Viewer.MODEL: tiles.density_over(
                        behind, density[Viewer.MODEL], highest[Viewer.MODEL]
                    ),
                },
                {name: _notes(analysis, contrasts, stimulus, name, names) for name in ROWS},
            )
        )
    conditions = sorted({one.condition for one in shown if one.direction != Direction.NONE})
    cells = densities[shown[0].stim_id][Viewer.PEOPLE].size
    times_even = {str(viewer): float(np.exp(one) * cells) for viewer, one in highest.items()}
    return Panel(source_id, ", ".join(map(str, conditions)), columns, times_even)


def _outlines(
    analysis: StudyAnalysis, comparisons: list[Comparison], stimulus: Stimulus
) -> list[tuple[np.ndarray, str]]:
    """Return every target once, in the colour of its aim, and what a control changed instead.

    On originals and controls targets have a colour of their own.
    """
    neutral = stimulus.direction in (Direction.NONE, Direction.CONTROL)
    colours = {}
    for one in comparisons:
        if one.target:
            colours[one.target.mask] = "#ffd23f" if neutral else COLOURS[one.direction]
    if stimulus.control:
        colours[stimulus.control.mask] = COLOURS[Direction.CONTROL]
    study, size_px = analysis.study, analysis.study.settings.images.size_px
    return [(read_mask(study.root / mask, size_px), colour) for mask, colour in colours.items()]


def _notes(
    analysis: StudyAnalysis,
    contrasts: list[Contrast],
    stimulus: Stimulus,
    row: str,
    names: Mapping[tuple[str, str], str],
) -> list[str]:
    """Return the measures of a stimulus, with changes if it is a version."""
    if row == "stimulus":
        fit = analysis.fits[stimulus.stim_id]
        return [f"{fit.n_fixations} fixations, {fit.n_subjects} subjects"]
    viewer = Viewer(row)
    versions = Counter(one.comparison.version.stim_id for one in contrasts)
    notes: dict[str, None] = {}  # an original takes part in several contrasts
    for contrast in contrasts:
        comparison = contrast.comparison
        label = Measure.P_OBJ.value if comparison.target else "entropy"
        digits, unit = (3, "") if comparison.target else (2, " bits")
        version = comparison.version
        if versions[version.stim_id] > 1 or (version.control and max(versions.values()) > 1):
            label = f"{label} of {target_name(comparison, names)}"
        if stimulus.stim_id == comparison.original.stim_id:
            text = f"{label} {plain(contrast.original.of(viewer), digits)}{unit}"
        elif stimulus.stim_id == comparison.version.stim_id:
            change = signed(contrast.change(viewer), digits)
            relative = percent(contrast.relative_change(viewer))
            value = plain(contrast.version.of(viewer), digits)
            text = f"{label} {value}{unit} ({change}, {relative})"
        else:
            continue
        notes[text] = None
    return list(notes)


def draw_panel(panel: Panel, path: Path) -> Path:
    """Write a panel as one PNG.

    All pictures stand in one `Axes` of the whole figure, in shares of it: a report holds hundreds
    of panels, and axes of their own take longer to make than all else.
    """
    with style():
        height, width = panel.columns[0].tiles["stimulus"].shape[:2]
        across = 2.4 * max(len(panel.columns), 3)
        down = 8.2 * (0.3 + 0.7 * min(height / width, 1.0))
        figure = Figure(figsize=(across + _BAR_IN, down))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        for number, column in enumerate(panel.columns):
            for row, name in enumerate(ROWS):
                left, bottom, right, top = _place(
                    number, row, len(panel.columns), width / height * down / across
                )
                left, right = (one * across / (across + _BAR_IN) for one in (left, right))
                axes.imshow(
                    column.tiles[name], interpolation="none", extent=(left, right, bottom, top)
                )
                axes.plot([left, right, right, left, left], [bottom, bottom, top, top, bottom],
                          color=INK, linewidth=0.7, solid_joinstyle="miter")  # fmt: skip
                middle = (left + right) / 2
                axes.text(middle, bottom - 0.045 / down, "\n".join(column.notes[name]), fontsize=7,
                          ha="center", va="top")  # fmt: skip
                if number == 0:
                    axes.text(left - 0.06 / across, (bottom + top) / 2, name, fontsize=9,
                              rotation=90, ha="right", va="center")  # fmt: skip
                if row == 0:
                    axes.text(left, top + 0.08 / down, column.title, fontweight="bold",
                              color=COLOURS[column.stimulus.direction])  # fmt: skip
                if name in panel.highest and number == len(panel.columns) - 1:
                    _draw_bar(axes, right, bottom, top, across + _BAR_IN, panel.highest[name])
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="auto")
        figure.suptitle(f"{panel.source_id} ({panel.conditions})", x=0.045, ha="left", fontsize=11)
        with atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=130, pil_kwargs={"compress_level": 1})
    return path


def _draw_bar(
    axes: Axes, left: float, bottom: float, top: float, width_in: float, highest: float
) -> None:
    """Draw the colours of densities right of a row, in multiples of an even density."""
    start, end = left + 0.07 / width_in, left + 0.15 / width_in
    axes.imshow(
        tiles.colour_bar(120, 4).transpose(1, 0, 2)[::-1], interpolation="none",
        extent=(start, end, bottom, top),
    )  # fmt: skip
    for share, text in (
        (0.0, "0"),
        (0.5, f"{highest / 2:.2g}"),
        (1.0, f"{highest:.2g}\N{MULTIPLICATION SIGN}"),
    ):
        axes.text(end + 0.03 / width_in, bottom + share * (top - bottom), text, fontsize=6.5,
                  va=("bottom", "center", "top")[int(2 * share)])  # fmt: skip


def _place(
    column: int, row: int, n_columns: int, shape: float
) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of a picture in shares of the figure.

    `shape` is its width over its height in these shares; it is centred in a cell of its own.
    """
    wide = 0.95 / (n_columns + _GAP_ACROSS * (n_columns - 1))
    high = 0.9 / (len(ROWS) + _GAP_DOWN * (len(ROWS) - 1))
    x = 0.045 + wide * ((1 + _GAP_ACROSS) * column + 0.5)
    y = 0.935 - high * ((1 + _GAP_DOWN) * row + 0.5)
    half_width, half_height = min(wide, high * shape) / 2, min(high, wide / shape) / 2
    return x - half_width, y - half_height, x + half_width, y + half_height


def target_names(analysis: StudyAnalysis) -> dict[tuple[str, str], str]:
    """Return the category of every target, by its source and the annotations of it."""
    targets = {
        (one.version.source_id, one.target.annotation_ids)
        for one in analysis.design.comparisons
        if one.target
    }
    known = sorted(targets)
    names = zip(known, categories_of(analysis.study, known), strict=True)
    return {(source, "+".join(map(str, ids))): name for (source, ids), name in names if name}


def target_name(comparison: Comparison, names: Mapping[tuple[str, str], str]) -> str:
    """Return what a target is called: ``dog 701``, or ``target 701`` where nothing names it."""
    ids = comparison.annotation_ids or ""
    return f"{names.get((comparison.version.source_id, ids), 'target')} {ids}"
