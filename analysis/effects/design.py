"""What a study compares: its stimuli, the comparisons among them, and the grid of its densities."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.density.grid import Grid
from analysis.density.part import Part, part_of
from analysis.effects.comparisons import Comparison, comparisons_of
from analysis.effects.masks import read_coverage
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.catalogue_checks import check_stimuli
from stimuli.contract.geometry import Rectangle, frame_of
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Stimulus


@dataclass(frozen=True, eq=False)
class StudyDesign:
    """A study, its stimuli, and what is compared with what.

    Attributes
    ----------
    study : Study
        Its folder and settings.
    stimuli
        Every stimulus, in the order of the catalogue.
    comparisons
        Every version with its original, once for each of its targets.
    """

    study: Study
    stimuli: Sequence[Stimulus]
    comparisons: Sequence[Comparison]

    @cached_property
    def frame(self) -> Rectangle:
        """The smallest rectangle of the images as shown that holds every photograph."""
        return frame_of(self.photograph(one) for one in self.stimuli)

    @property
    def grid(self) -> Grid:
        """The grid of the frame: of the centre bias, and of every map that fills it."""
        return part_of(self.frame, self._cells_per_px).grid

    @property
    def parts(self) -> dict[str, Part]:
        """What the photograph of every stimulus fills of the frame, with the cells of its maps."""
        return {one.stim_id: self._part(one) for one in self.stimuli}

    def photograph(self, stimulus: Stimulus) -> Rectangle:
        """Return where the photograph of a stimulus lies in the image as shown."""
        side = self.study.settings.images.size_px
        return stimulus.photograph_px or Rectangle(0, 0, side, side)

    def in_frame(self, fixations: pd.DataFrame) -> pd.DataFrame:
        """Return fixations with positions in pixels of the frame instead of the image as shown."""
        left_px, top_px = self.frame.origin
        return fixations.assign(x_px=fixations["x_px"] - left_px, y_px=fixations["y_px"] - top_px)

    def _part(self, stimulus: Stimulus) -> Part:
        here, frame = self.photograph(stimulus), self.frame
        left_px, top_px = here.left_px - frame.left_px, here.top_px - frame.top_px
        place = replace(here, left_px=left_px, top_px=top_px)
        return part_of(place, self._cells_per_px)

    @property
    def _cells_per_px(self) -> float:
        settings = self.study.settings
        return settings.analysis.grid_px / settings.images.size_px

    @property
    def centre_bias_groups(self) -> dict[str, str]:
        """For every stimulus what its centre bias leaves out; stimuli of a source stand together.

        That is its source, or only itself where the study's settings ask for it, as published.
        """
        by_source = self.study.settings.analysis.centre_bias == "other-sources"
        ordered = sorted(self.stimuli, key=lambda stimulus: stimulus.source_id)
        return {one.stim_id: one.source_id if by_source else one.stim_id for one in ordered}

    def coverage(self, comparison: Comparison) -> np.ndarray | None:
        """Return the share of every cell that the target covers; None for the entropy.

        The cells are those of the photograph's maps.
        """
        original = comparison.original
        return self._coverage(comparison, self.photograph(original), self._part(original).grid)

    def coverage_in_frame(self, comparison: Comparison) -> np.ndarray | None:
        """Return the same over the cells of the frame."""
        return self._coverage(comparison, self.frame, self.grid)

    def _coverage(self, comparison: Comparison, part: Rectangle, grid: Grid) -> np.ndarray | None:
        if comparison.target is None:
            return None
        path = self.study.root / comparison.target.mask
        return read_coverage(path, self.study.settings.images.size_px, part, grid)

    def with_analysis(self, **choices: Any) -> "StudyDesign":
        """Return the design with other settings of ``[analysis]``."""
        settings = self.study.settings
        analysis = replace(settings.analysis, **choices)
        study = replace(self.study, settings=replace(settings, analysis=analysis))
        return replace(self, study=study)


def read_design(study: Study) -> StudyDesign:
    """Read the catalogue of a study and check that its files are those that were made.

    Raises
    ------
    InputError
        If the catalogue is absent or wrong, a file of it has changed, or a version has no original.

    Examples
    --------
    >>> from analysis import read_design
    >>> from stimuli import open_study
    >>> design = read_design(open_study("demo-study"))
    >>> targets = [one.target for one in design.comparisons if one.target]
    """
    stimuli = read_catalogue(study.catalogue)
    check_stimuli(study.root, stimuli)
    return StudyDesign(study, stimuli, comparisons_of(stimuli))
