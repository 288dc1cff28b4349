"""Everything that a report shows, gathered by the command and read by the parts of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.density.centre_bias import CentreBias
from analysis.density.fit import Fit
from analysis.density.grid import Grid
from analysis.effects.contrasts import Contrast
from analysis.fixations.table import Account
from analysis.recordings.sessions import Run
from stimuli.study import Study
from stimuli.vocabulary import Stimulus


@dataclass(frozen=True, eq=False)
class Content:
    """Results of one subset.

    Attributes
    ----------
    observers
        Who looked, by subject: a level of the column ``observer`` in ``participants.tsv``.
    fixations, used
        The fixation table, and its rows that entered densities.
    fits
        By ``stim_id``.
    label
        What this run's results are called.
    contrasts, effects, summary, sentences
        The effects, from the finest to the coarsest.
    agreement, models
        Of people with the model; regressions without densities.
    sensitivity
        Effects under other choices, and choices that could not be tried; None if not asked for.
    """

    study: Study
    subset: str
    query: str | None
    label: str
    as_published: bool
    stimuli: Sequence[Stimulus]
    runs: Sequence[Run]
    observers: Mapping[str, str]
    fixations: pd.DataFrame
    used: pd.DataFrame
    account: Account
    grid: Grid
    centre_bias: CentreBias
    fits: Mapping[str, Fit]
    contrasts: Sequence[Contrast]
    effects: pd.DataFrame
    summary: pd.DataFrame
    agreement: pd.DataFrame
    models: pd.DataFrame
    sensitivity: tuple[pd.DataFrame, list[str]] | None
    sentences: Sequence[str]

    @property
    def not_people(self) -> list[str]:
        """Observers that were no person's eye."""
        return [observer for observer in self.observers.values() if observer != "human"]
