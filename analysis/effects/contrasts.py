"""Versions against originals: the rows of the effects table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.effects.aims import Aim
from analysis.effects.estimates import Estimate
from stimuli.tables import EFFECTS


@dataclass(frozen=True, eq=False)
class Contrast:
    """One aim with what was measured on the original and on the version."""

    aim: Aim
    original: Estimate
    version: Estimate


def relative_change(original: float, version: float) -> float:
    """Return (version - original) / original, NaN where the original is zero."""
    return (version - original) / original if original else math.nan


def effects_table(contrasts: Sequence[Contrast], subset: str) -> pd.DataFrame:
    """Return rows by `stimuli.tables.EFFECTS`: for every aim one of people and one of the model.

    People's values are NaN where fewer than two subjects looked at one of the two stimuli.
    """
    rows = []
    for contrast in contrasts:
        aim = contrast.aim
        for observer in ("people", "model"):
            original = getattr(contrast.original, observer)
            version = getattr(contrast.version, observer)
            rows.append(
                {
                    "subset": subset,
                    "source_id": aim.version.source_id,
                    "stim_id": aim.version.stim_id,
                    "condition": str(aim.version.condition),
                    "direction": str(aim.direction),
                    "measure": aim.measure,
                    "annotation_ids": aim.annotation_ids,
                    "observer": observer,
                    "original": original,
                    "version": version,
                    "change": version - original,
                    "relative_change": relative_change(original, version),
                    "n_original": contrast.original.n_fixations,
                    "n_version": contrast.version.n_fixations,
                }
            )
    return pd.DataFrame(rows, columns=list(EFFECTS.names))
