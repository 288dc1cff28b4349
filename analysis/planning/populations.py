"""How much photographs and observers differ, from the trials of a study that was analysed.

By moments of log odds: the variance between units less what the numbers of fixations alone bring
about. Small studies give rough values; they are starting points for planning, no results.
"""

import numpy as np
import pandas as pd

from analysis.planning.simulation import Population
from stimuli.contract.vocabulary import Direction


def population_of(trials: pd.DataFrame) -> Population:
    """Return the population that the trials of an analysed study suggest.

    Parameters
    ----------
    trials : DataFrame
        Rows by `analysis.effects.models.TRIALS`, as ``effects/trials.csv`` holds them.
    """
    trials = trials[trials["direction"] != Direction.CONTROL]
    item = trials["source_id"].astype(str) + "/" + trials["target"].astype(str)
    trials = trials.assign(item=item + "/" + trials["direction"].astype(str))
    originals = trials[trials["version"] == 0]
    once = originals.drop_duplicates(["subject", "source_id", "target"])
    hits, n = once["on_target"].sum(), once["n_fixations"].sum()
    base, base_error = _empirical_logits(once, "item")
    subjects, subject_error = _empirical_logits(once, "subject")
    by_item, item_error = _effects(trials, "item")
    by_subject, by_subject_error = _effects(trials, "subject")
    return Population(
        baseline=float(np.clip(hits / n, 0.01, 0.99)),
        baseline_sd=_spread(base, base_error),
        subject_sd=_spread(subjects, subject_error),
        source_effect_sd=_spread(by_item, item_error),
        subject_effect_sd=_spread(by_subject, by_subject_error),
        fixations=float(max(trials["n_fixations"].mean(), 1.0)),
    )


def _empirical_logits(trials: pd.DataFrame, unit: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the log odds of each unit and their sampling variances."""
    counted = trials.groupby(unit)[["on_target", "n_fixations"]].sum()
    hits = counted["on_target"].to_numpy() + 0.5
    misses = counted["n_fixations"].to_numpy() - counted["on_target"].to_numpy() + 0.5
    return np.log(hits / misses), 1 / hits + 1 / misses


def _effects(trials: pd.DataFrame, unit: str) -> tuple[np.ndarray, np.ndarray]:
    """Return version against original of each unit, both directions turned to increase."""
    sign = np.where(trials["direction"] == Direction.INCREASE, 1.0, -1.0)
    values, errors = [], []
    for direction in (1.0, -1.0):
        own = trials[sign == direction]
        sides = [own[own["version"] == version] for version in (0, 1)]
        units = sorted(set(sides[0][unit]) & set(sides[1][unit]))
        if not units:
            continue
        (before, error), (after, more) = (
            _empirical_logits(side[side[unit].isin(units)], unit) for side in sides
        )
        effect = direction * (after - before)
        values.append(effect - effect.mean())
        errors.append(error + more)
    if not values:
        return np.zeros(1), np.zeros(1)
    return np.concatenate(values), np.concatenate(errors)


def _spread(values: np.ndarray, errors: np.ndarray) -> float:
    if len(values) < 2:
        return 0.0
    return float(np.sqrt(max(values.var(ddof=1) - errors.mean(), 0.0)))
