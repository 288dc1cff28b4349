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
        ``human`` or ``simulated`` by subject.
    fixations, used
        The fixation table, and its rows that entered densities.
    fits
        By ``stim_id``.
    contrasts, effects, summary, sentences
        The effects, from the finest to the coarsest.
    """

    study: Study
    subset: str
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
    sentences: Sequence[str]

    @property
    def n_simulated(self) -> int:
        return sum(observer == "simulated" for observer in self.observers.values())
