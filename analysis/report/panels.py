"""One panel a source, after the paper's Fig. 1: original and versions, seen by people and model."""

from functools import cache

import numpy as np

from analysis.effects.comparisons import Comparison
from analysis.effects.masks import read_mask
from analysis.report import tiles
from analysis.report.numbers import percent, plain, signed
from analysis.report.panel_source import Column, Panel, PanelSource, target_name
from analysis.report.style import COLOURS
from stimuli.contract.vocabulary import Direction, Measure, Stimulus, Viewer
from stimuli.support.files import read_image
from stimuli.support.words import counted

ROWS = ("stimulus", Viewer.PEOPLE.value, Viewer.MODEL.value)
_TITLES = {
    Direction.NONE: "original",
    Direction.INCREASE: "to increase",
    Direction.DECREASE: "to decrease",
    Direction.CONTROL: "control",
}


def make_panel(source: PanelSource) -> Panel:
    """Return the panel of a source, whose maps are on disk already."""
    photograph, shown, contrasts = source.photograph, source.shown, source.contrasts
    densities = {}
    for stimulus in shown:
        with np.load(source.maps[stimulus.stim_id]) as archive:
            densities[stimulus.stim_id] = {viewer: archive[viewer] for viewer in Viewer}
    highest = {
        viewer: max(float(of[viewer].max()) for of in densities.values()) for viewer in Viewer
    }
    columns = []

    @cache
    def outline(mask: str) -> np.ndarray:
        """Return the outline of a mask, which several stimuli of a source share."""
        inside = read_mask(source.root / mask, source.size_px)
        return tiles.outline(inside[photograph.rows_and_columns])

    for stimulus in shown:
        comparisons = [
            one.comparison for one in contrasts
            if stimulus.stim_id in (one.comparison.original.stim_id,
                                    one.comparison.version.stim_id)
        ]  # fmt: skip
        image = read_image(source.root / stimulus.image)[photograph.rows_and_columns]
        colours = _outline_colours(comparisons, stimulus)
        behind = tiles.backdrop(image, [(outline(mask), colours[mask]) for mask in colours])
        xy_px = source.xy_px.get(stimulus.stim_id, np.empty((0, 2)))
        xy = (xy_px - photograph.origin) / photograph.shape[::-1]
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
                {name: _notes(source, stimulus, name) for name in ROWS},
            )
        )
    conditions = sorted({one.condition for one in shown if one.direction != Direction.NONE})
    cells = densities[shown[0].stim_id][Viewer.PEOPLE].size
    times_even = {str(viewer): float(np.exp(one) * cells) for viewer, one in highest.items()}
    return Panel(source.source_id, ", ".join(map(str, conditions)), columns, times_even)


def _outline_colours(comparisons: list[Comparison], stimulus: Stimulus) -> dict[str, str]:
    """Return by mask the colour of every target's aim, and of what a control changed instead.

    On originals and controls targets have a colour of their own.
    """
    neutral = stimulus.direction in (Direction.NONE, Direction.CONTROL)
    colours = {}
    for one in comparisons:
        if one.target:
            colours[one.target.mask] = "#ffd23f" if neutral else COLOURS[one.direction]
    if stimulus.control:
        colours[stimulus.control.mask] = COLOURS[Direction.CONTROL]
    return colours


def _notes(source: PanelSource, stimulus: Stimulus, row: str) -> list[str]:
    """Return the measures of a stimulus, with changes if it is a version."""
    if row == "stimulus":
        fit = source.fits[stimulus.stim_id]
        return [f"{counted(fit.n_fixations, 'fixation')}, {counted(fit.n_subjects, 'subject')}"]
    viewer = Viewer(row)
    targets = {one.comparison.annotation_ids for one in source.contrasts if one.comparison.target}
    notes: dict[str, None] = {}  # an original takes part in several contrasts
    for contrast in source.contrasts:
        comparison = contrast.comparison
        label = Measure.P_OBJ.value if comparison.target else "entropy"
        digits, unit = (3, "") if comparison.target else (2, " bits")
        if comparison.target and len(targets) > 1:
            label = f"{label} of {target_name(comparison, source.names)}"
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
