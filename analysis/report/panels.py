"""One panel a source, after the paper's Fig. 1: original and versions, seen by people and model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from analysis.effects.aims import Aim
from analysis.effects.contrasts import Contrast, relative_change
from analysis.report import tiles
from analysis.report.content import Content
from analysis.report.numbers import percent, plain, signed
from analysis.report.style import COLOURS, style
from stimuli.files import atomic_path, read_image
from stimuli.vocabulary import Direction, Stimulus

ROWS = ("stimulus", "people", "model")
_TITLES = {"none": "original", "increase": "to increase", "decrease": "to decrease"}
_ORDER = (Direction.NONE, Direction.INCREASE, Direction.DECREASE)


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
    """A source: original first, then the version that increases, then the other."""

    source_id: str
    aim: str
    columns: list[Column]


def panels(content: Content, maps: Callable[[str], Path]) -> Iterator[Panel]:
    """Yield the panel of every source.

    Parameters
    ----------
    maps
        Gives the path of a stimulus' maps, as `analysis.outputs.Outputs.maps`.
    """
    for source_id in dict.fromkeys(stimulus.source_id for stimulus in content.stimuli):
        shown = [one for one in content.stimuli if one.source_id == source_id]
        shown.sort(key=lambda one: _ORDER.index(one.direction))
        yield _panel(content, source_id, shown, maps)


def _panel(
    content: Content, source_id: str, shown: list[Stimulus], maps: Callable[[str], Path]
) -> Panel:
    grid = content.grid
    densities = {}
    for stimulus in shown:
        with np.load(maps(stimulus.stim_id)) as archive:
            densities[stimulus.stim_id] = {name: archive[name] for name in ("people", "model")}
    highest = {
        name: max(float(of[name].max()) for of in densities.values())
        for name in ("people", "model")
    }
    contrasts = [one for one in content.contrasts if one.aim.version.source_id == source_id]
    columns = []
    for stimulus in shown:
        aims = [
            one.aim for one in contrasts
            if stimulus.stim_id in (one.aim.original.stim_id, one.aim.version.stim_id)
        ]  # fmt: skip
        outlines = _outlines(content, aims, stimulus.direction == Direction.NONE)
        behind = tiles.backdrop(read_image(content.study.root / stimulus.image), outlines)
        used = content.used[content.used["stim_id"] == stimulus.stim_id]
        xy = used[["x_px", "y_px"]].to_numpy(float) / np.array(grid.size_px)
        density = densities[stimulus.stim_id]
        columns.append(
            Column(
                stimulus,
                _TITLES[stimulus.direction],
                {
                    "stimulus": tiles.photograph(behind),
                    "people": tiles.density_over(behind, density["people"], highest["people"], xy),
                    "model": tiles.density_over(behind, density["model"], highest["model"]),
                },
                {name: _notes(content, contrasts, stimulus, name) for name in ROWS},
            )
        )
    conditions = sorted({one.condition for one in shown if one.direction != Direction.NONE})
    return Panel(source_id, ", ".join(map(str, conditions)), columns)


def _outlines(content: Content, aims: list[Aim], neutral: bool) -> list[tuple[np.ndarray, str]]:
    """Return every target once, in the colour of its aim; grey on the original."""
    colours = {}
    for aim in aims:
        if aim.target:
            colours[aim.target.mask] = "#ffd23f" if neutral else COLOURS[aim.direction]
    return [
        (read_image(content.study.root / mask)[..., 0] > 127, colour)
        for mask, colour in colours.items()
    ]


def _notes(content: Content, contrasts: list[Contrast], stimulus: Stimulus, row: str) -> list[str]:
    """Return the measures of a stimulus, with changes if it is a version."""
    if row == "stimulus":
        fit = content.fits[stimulus.stim_id]
        return [f"{fit.n_fixations} fixations, {fit.n_subjects} subjects"]
    notes = {}
    for contrast in contrasts:
        aim = contrast.aim
        name = "p_obj" if aim.target else "entropy"
        digits, unit = (3, "") if aim.target else (2, " bits")
        several = len([1 for one in contrasts if one.aim.version == aim.version]) > 1
        label = f"{name} of {aim.annotation_ids}" if several else name
        if stimulus.stim_id == aim.original.stim_id:
            value = getattr(contrast.original, row)
            text = f"{label} {plain(value, digits)}{unit}"
        elif stimulus.stim_id == aim.version.stim_id:
            before, after = getattr(contrast.original, row), getattr(contrast.version, row)
            change = after - before
            relative = percent(relative_change(before, after))
            text = f"{label} {plain(after, digits)}{unit} ({signed(change, digits)}, {relative})"
        else:
            continue
        notes[text] = None
    return list(notes)


def draw_panel(panel: Panel, path: Path) -> Path:
    """Write a panel as one PNG."""
    with style():
        figure = Figure(figsize=(7.2, 8.2))
        axes = figure.subplots(len(ROWS), len(panel.columns), squeeze=False)
        figure.subplots_adjust(0.045, 0.035, 0.995, 0.935, wspace=0.03, hspace=0.14)
        for number, column in enumerate(panel.columns):
            for row, name in enumerate(ROWS):
                shown = axes[row, number]
                shown.imshow(column.tiles[name], interpolation="none")
                shown.set(xticks=[], yticks=[])
                shown.set_xlabel("\n".join(column.notes[name]), fontsize=7, labelpad=3)
                if number == 0:
                    shown.set_ylabel(name, fontsize=9)
                if row == 0:
                    shown.set_title(column.title, color=COLOURS[column.stimulus.direction])
        figure.suptitle(f"{panel.source_id} ({panel.aim})", x=0.045, ha="left", fontsize=11)
        with atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=130, pil_kwargs={"compress_level": 1})
    return path
