"""Versions against originals: the rows of the effects table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.effects.comparisons import Comparison
from analysis.effects.estimates import Estimate
from stimuli.contract.schemas import EFFECTS
from stimuli.contract.vocabulary import Viewer


@dataclass(frozen=True, eq=False)
class Contrast:
    """One comparison with what was measured on the original and on the version."""

    comparison: Comparison
    original: Estimate
    version: Estimate

    def change(self, viewer: Viewer) -> float:
        """Return version - original, for people or for the model."""
        return self.version.of(viewer) - self.original.of(viewer)

    def relative_change(self, viewer: Viewer) -> float:
        """Return (version - original) / original, NaN where the original is zero."""
        original = self.original.of(viewer)
        return self.change(viewer) / original if original else math.nan


def effects_table(contrasts: Sequence[Contrast], label: str) -> pd.DataFrame:
    """Return two rows a comparison, one of people and one of the model.

    Parameters
    ----------
    contrasts
        Versions with their originals, as `measure_effects` returns them.
    label
        Content of the column ``subset``.

    Returns
    -------
    effects : DataFrame
        Columns of `stimuli.contract.schemas.EFFECTS`. People's values are NaN where fewer than
        two subjects looked at one of the two stimuli.

    Examples
    --------
    >>> from analysis import effects_table, measure_effects, read_design, read_fixations
    >>> from analysis import select_fixations
    >>> from stimuli import open_study
    >>> study = open_study("demo-study")
    >>> used = select_fixations(read_fixations(study))
    >>> effects = effects_table(measure_effects(read_design(study), used).contrasts, "all")
    >>> effects["observer"].unique().tolist()
    ['people', 'model']
    """
    rows = [
        {
            "subset": label,
            "source_id": one.comparison.version.source_id,
            "stim_id": one.comparison.version.stim_id,
            "condition": str(one.comparison.version.condition),
            "direction": str(one.comparison.direction),
            "measure": str(one.comparison.measure),
            "annotation_ids": one.comparison.annotation_ids,
            "observer": str(viewer),
            "original": one.original.of(viewer),
            "version": one.version.of(viewer),
            "change": one.change(viewer),
            "relative_change": one.relative_change(viewer),
            "n_original": one.original.n_fixations,
            "n_version": one.version.n_fixations,
            "change_density": one.version.density - one.original.density
            if viewer == Viewer.PEOPLE
            else math.nan,
        }
        for one in contrasts
        for viewer in (Viewer.PEOPLE, Viewer.MODEL)
    ]
    return pd.DataFrame(rows, columns=list(EFFECTS.names))
