"""Fixations on targets, counted by subject: changes of shares without any density."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_COMPARISON = ["version_id", "target"]


@dataclass(frozen=True, eq=False)
class Counts:
    """How many fixations of every subject lay on the target of every comparison.

    Attributes
    ----------
    subjects
        Sorted.
    comparisons : DataFrame
        ``version_id``, ``target``, ``source_id`` and ``direction`` of every comparison of a target.
    hits, n : arrays (2, subjects, comparisons)
        Fixations on the target and in all, of the original and of the version.
    """

    subjects: Sequence[str]
    comparisons: pd.DataFrame
    hits: np.ndarray
    n: np.ndarray

    @property
    def sources(self) -> np.ndarray:
        """Source of every comparison."""
        return self.comparisons["source_id"].to_numpy(str)

    @property
    def directions(self) -> np.ndarray:
        """Direction of every comparison."""
        return self.comparisons["direction"].to_numpy(str)

    def changes(self, times: np.ndarray) -> np.ndarray:
        """Return the change of the share on the target where subjects count several times.

        Parameters
        ----------
        times : array (resamples, subjects)
            How often each subject counts.

        Returns
        -------
        changes : array (resamples, comparisons)
            NaN where no fixation is left on original or version.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            before, after = ((times @ self.hits[side]) / (times @ self.n[side]) for side in (0, 1))
        return after - before

    @property
    def pooled(self) -> np.ndarray:
        """Change of every comparison, of all subjects together."""
        return self.changes(np.ones((1, len(self.subjects))))[0]

    @property
    def by_subject(self) -> np.ndarray:
        """Change of every comparison ``(subjects, comparisons)``; NaN unless one saw both."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.hits[1] / self.n[1] - self.hits[0] / self.n[0]


def counts_of(trials: pd.DataFrame) -> Counts:
    """Return the counts of a table of trials.

    Parameters
    ----------
    trials : DataFrame
        Counts of every trial, as ``effects/trials.csv`` holds them: ``subject``, ``source_id``,
        ``target``, ``direction``, ``version_id``, ``version`` (0 or 1), ``on_target``,
        ``n_fixations``.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis import counts_of
    >>> trials = pd.DataFrame({"subject": ["01", "01"], "version": [0, 1], "on_target": [2, 5]})
    >>> trials = trials.assign(source_id="dog", target="7", direction="increase", n_fixations=10)
    >>> counts = counts_of(trials.assign(version_id="dog_increase"))
    >>> counts.pooled.round(2).tolist()
    [0.3]
    """
    subjects = sorted(trials["subject"].unique())
    comparisons = trials[[*_COMPARISON, "source_id", "direction"]].drop_duplicates(_COMPARISON)
    comparisons = comparisons.reset_index(drop=True)
    place = {
        key: number
        for number, key in enumerate(comparisons[_COMPARISON].itertuples(index=False, name=None))
    }
    column = [place[key] for key in trials[_COMPARISON].itertuples(index=False, name=None)]
    row = {subject: number for number, subject in enumerate(subjects)}
    where = (
        trials["version"].to_numpy(int),
        trials["subject"].map(row).to_numpy(int),
        np.array(column, int),
    )
    hits, n = np.zeros((2, 2, len(subjects), len(comparisons)))
    np.add.at(hits, where, trials["on_target"].to_numpy(float))
    np.add.at(n, where, trials["n_fixations"].to_numpy(float))
    return Counts(subjects, comparisons, hits, n)
