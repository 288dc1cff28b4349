"""What a study compares: its stimuli, the comparisons among them, and the grid of its densities."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.density.grid import Grid
from analysis.effects.comparisons import Comparison, comparisons_of
from analysis.effects.masks import read_coverage
from stimuli.contract.catalogue import check_images, read_catalogue
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

    @property
    def grid(self) -> Grid:
        """The grid of the study's density maps."""
        settings = self.study.settings
        size_px, cells = settings.images.size_px, settings.analysis.grid_px
        return Grid(size_px, size_px, cells, cells)

    @property
    def centre_bias_groups(self) -> dict[str, str]:
        """For every stimulus what its centre bias leaves out; stimuli of a source stand together.

        That is its source, or only itself where the study's settings ask for it, as published.
        """
        by_source = self.study.settings.analysis.centre_bias == "other-sources"
        ordered = sorted(self.stimuli, key=lambda stimulus: stimulus.source_id)
        return {one.stim_id: one.source_id if by_source else one.stim_id for one in ordered}

    def coverage(self, comparison: Comparison) -> np.ndarray | None:
        """Return the share of every cell that the target covers; None for the entropy."""
        if comparison.target is None:
            return None
        path = self.study.root / comparison.target.mask
        return read_coverage(path, self.study.settings.images.size_px, self.grid)

    def with_centre_bias(self, leaves_out: str) -> "StudyDesign":
        """Return the design with another setting ``analysis.centre_bias``."""
        settings = self.study.settings
        analysis = replace(settings.analysis, centre_bias=leaves_out)
        study = replace(self.study, settings=replace(settings, analysis=analysis))
        return replace(self, study=study)


def read_design(study: Study) -> StudyDesign:
    """Read the catalogue of a study and check that its images are those that were shown.

    Raises
    ------
    InputError
        If the catalogue is absent or wrong, an image has changed, or a version has no original.

    Examples
    --------
    >>> from analysis import read_design
    >>> from stimuli import open_study
    >>> design = read_design(open_study("demo-study"))
    >>> targets = [one.target for one in design.comparisons if one.target]
    """
    stimuli = read_catalogue(study.catalogue)
    check_images(study.root, stimuli)
    return StudyDesign(study, stimuli, comparisons_of(stimuli))
