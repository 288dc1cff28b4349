"""What a saliency model predicts about photographs that it was not fitted to."""

from collections.abc import Callable, Sequence

import numpy as np

from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.scoring.gains import Gains, gains_from_features, joined


def fold_numbers(count: int, folds: int, seed: int) -> np.ndarray:
    """Return a fold for each of `count` photographs: equal sizes, shuffled by `seed`."""
    return np.random.default_rng(seed).permutation(count) % folds


def set_aside(count: int, aside: int, seed: int) -> np.ndarray:
    """Return which of `count` photographs are set aside before folds are drawn, ``(count,)``."""
    order = np.random.default_rng((seed, aside)).permutation(count)
    chosen = np.zeros(count, dtype=bool)
    chosen[order[:aside]] = True
    return chosen


def cross_validate(
    fitted: Callable[[Sequence[ViewedPhotograph]], SaliencyModel],
    data: Sequence[ViewedPhotograph],
    *,
    folds: int,
    seed: int,
) -> Gains:
    """Return the gains of every photograph under a model that was fitted without it.

    Parameters
    ----------
    fitted
        Returns a new model fitted to the photographs, with features, that it is given.
    """
    fold = fold_numbers(len(data), folds, seed)
    parts = []
    for number in range(folds):
        model = fitted([one for one, f in zip(data, fold, strict=True) if f != number])
        unseen = [one for one, f in zip(data, fold, strict=True) if f == number]
        parts.append(gains_from_features(model, unseen))
    return joined(parts)
