"""One panel a source, after the paper's Fig. 1: original and versions, seen by people and model."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from analysis.effects.comparisons import Comparison
from analysis.effects.contrasts import Contrast
from analysis.effects.masks import read_mask
from analysis.effects.mechanism.object_groups import categories_of
from analysis.effects.study_analysis import StudyAnalysis
from analysis.report import tiles
from analysis.report.numbers import percent, plain, signed
from analysis.report.style import COLOURS
from stimuli.contract.vocabulary import Direction, Measure, Stimulus, Viewer
from stimuli.support.files import read_image
from stimuli.support.threads import in_threads
from stimuli.support.words import counted

ROWS = ("stimulus", Viewer.PEOPLE.value, Viewer.MODEL.value)
_TITLES = {
    Direction.NONE: "original",
    Direction.INCREASE: "to increase",
    Direction.DECREASE: "to decrease",
    Direction.CONTROL: "control",
}
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
    of_source: dict[str, list[Stimulus]] = {}
    for stimulus in sorted(analysis.design.stimuli, key=lambda one: _ORDER.index(one.direction)):
        of_source.setdefault(stimulus.source_id, []).append(stimulus)
    sources = dict.fromkeys(stimulus.source_id for stimulus in analysis.design.stimuli)
    by_stimulus = analysis.used.groupby("stim_id")[["x_px", "y_px"]]
    fixations = {str(name): rows.to_numpy(float) for name, rows in by_stimulus}
    yield from in_threads(
        lambda source: _panel(analysis, source, of_source[source], fixations, maps, names), sources
    )


def _panel(
    analysis: StudyAnalysis,
    source_id: str,
    shown: list[Stimulus],
    fixations: Mapping[str, np.ndarray],
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

    @cache
    def outline(mask: str) -> np.ndarray:
        """Return the outline of a mask, which several stimuli of a source share."""
        study, size_px = analysis.study, analysis.study.settings.images.size_px
        inside = read_mask(study.root / mask, size_px)
        return tiles.outline(inside[photograph.rows_and_columns])

    for stimulus in shown:
        comparisons = [
            one.comparison for one in contrasts
            if stimulus.stim_id in (one.comparison.original.stim_id,
                                    one.comparison.version.stim_id)
        ]  # fmt: skip
        image = read_image(analysis.study.root / stimulus.image)[photograph.rows_and_columns]
        colours = _outline_colours(comparisons, stimulus)
        behind = tiles.backdrop(image, [(outline(mask), colours[mask]) for mask in colours])
        xy_px = fixations.get(stimulus.stim_id, np.empty((0, 2)))
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
                {name: _notes(analysis, contrasts, stimulus, name, names) for name in ROWS},
            )
        )
    conditions = sorted({one.condition for one in shown if one.direction != Direction.NONE})
    cells = densities[shown[0].stim_id][Viewer.PEOPLE].size
    times_even = {str(viewer): float(np.exp(one) * cells) for viewer, one in highest.items()}
    return Panel(source_id, ", ".join(map(str, conditions)), columns, times_even)


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
        return [f"{counted(fit.n_fixations, 'fixation')}, {counted(fit.n_subjects, 'subject')}"]
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
