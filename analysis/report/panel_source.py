"""What the panel of a source is drawn from, and what the page shows of it.

Nothing here is drawn, so that who waits for pictures need not import what draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.density.mixture import DensityFit
from analysis.effects.comparisons import Comparison
from analysis.effects.contrasts import Contrast
from analysis.effects.design import StudyDesign
from analysis.effects.measuring import MeasuredSource
from analysis.effects.mechanism.object_groups import object_names_of
from stimuli.contract.geometry import Rectangle
from stimuli.contract.region_names import union_name
from stimuli.contract.vocabulary import Direction, Stimulus

_ORDER = (Direction.NONE, Direction.INCREASE, Direction.DECREASE, Direction.CONTROL)


@dataclass(frozen=True, eq=False)
class PanelSource:
    """A source with what was measured on it; it can be sent to another process.

    Attributes
    ----------
    root, size_px
        Folder of the study, and side of its images as shown.
    photograph
        Where photographs lie in them.
    shown
        Original first, then the version that increases, the other, and a control.
    contrasts, fits
        Of these stimuli.
    xy_px, maps
        By ``stim_id`` the fixations ``(n, 2)``, and where the maps lie.
    names
        Of targets, as `target_names` returns them.
    """

    source_id: str
    root: Path
    size_px: int
    photograph: Rectangle
    shown: Sequence[Stimulus]
    contrasts: Sequence[Contrast]
    fits: Mapping[str, DensityFit]
    xy_px: Mapping[str, np.ndarray]
    maps: Mapping[str, Path]
    names: Mapping[tuple[str, str], str]


def panel_source(
    measured: MeasuredSource, maps: Mapping[str, Path], names: Mapping[tuple[str, str], str]
) -> PanelSource:
    """Return what the panel of a source that has been measured is drawn from."""
    design = measured.design
    shown = sorted(measured.stimuli, key=lambda one: _ORDER.index(one.direction))
    return PanelSource(
        source_id=measured.source_id, root=design.study.root,
        size_px=design.study.settings.images.size_px, photograph=design.photograph(shown[0]),
        shown=shown, contrasts=[_without_resamples(one) for one in measured.contrasts],
        fits=measured.fits, xy_px=measured.xy_px, maps=maps, names=names,
    )  # fmt: skip


def _without_resamples(contrast: Contrast) -> Contrast:
    """Return a contrast without what only intervals need, which is large."""
    original, version = (
        replace(one, resampled=None) for one in (contrast.original, contrast.version)
    )
    return replace(contrast, original=original, version=version)


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


@dataclass(frozen=True, eq=False)
class PictureColumn:
    """One stimulus of a panel as the page shows it: by row its picture, a data URI, and notes."""

    stim_id: str
    title: str
    direction: Direction
    pictures: Mapping[str, str]
    notes: Mapping[str, Sequence[str]]
    width_px: int


@dataclass(frozen=True, eq=False)
class PicturePanel:
    """A source as the page shows it; far smaller than the arrays that its pictures are made of.

    `scales` are the rows with a density, and what its brightest colour stands for.
    """

    source_id: str
    conditions: str
    columns: Sequence[PictureColumn]
    scales: Sequence[tuple[str, str]]


def target_names(design: StudyDesign) -> dict[tuple[str, str], str]:
    """Return the name of every target, by its source and the annotations of it."""
    known = object_names_of(design.study)
    return {
        (one.version.source_id, one.annotation_ids): union_name(
            known[one.version.source_id], one.target.annotation_ids
        )
        for one in design.comparisons
        if one.target and one.annotation_ids and one.version.source_id in known
    }


def target_name(comparison: Comparison, names: Mapping[tuple[str, str], str]) -> str:
    """Return what a target is called: ``dog 2``, or ``target 701`` where nothing names it."""
    ids = comparison.annotation_ids or ""
    return names.get((comparison.version.source_id, ids), f"target {ids}")
