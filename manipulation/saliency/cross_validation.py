"""What a saliency model predicts about photographs that it was not fitted to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from manipulation.saliency.fitting import Example
from manipulation.saliency.model import SaliencyModel


@dataclass(frozen=True)
class Gains:
    """Information gain over the centre bias, image by image.

    Attributes
    ----------
    names
        Photographs.
    bits : ndarray (images,)
        Sum over the image's fixations of log2 of model density over centre-bias density.
    fixations : ndarray (images,)
        Number of fixations.
    """

    names: tuple[str, ...]
    bits: np.ndarray
    fixations: np.ndarray

    @property
    def bits_per_fixation(self) -> float:
        """Mean over all fixations."""
        return float(self.bits.sum() / self.fixations.sum())

    def interval(self, *, seed: int = 0, draws: int = 2000, level: float = 0.95) -> np.ndarray:
        """Return the percentile bootstrap interval over images, ``(low, high)``."""
        generator = np.random.default_rng(seed)
        chosen = generator.integers(len(self.bits), size=(draws, len(self.bits)))
        means = self.bits[chosen].sum(axis=1) / self.fixations[chosen].sum(axis=1)
        return np.quantile(means, [(1 - level) / 2, (1 + level) / 2])


@torch.no_grad()
def information_gain(model: SaliencyModel, unseen: Sequence[Example]) -> Gains:
    """Return the gain of a fitted model over its own centre bias at weight one.

    Both densities are per pixel and come from the photographs that the model was fitted to
    (Kümmerer, Wallis & Bethge 2015, PNAS 112, 16054-16059).
    """
    bits = []
    for example in unseen:
        columns, rows = torch.from_numpy(example.points.astype(int)).T
        features = example.features[None].to(model.centre_bias.weight.device)
        model_density = model.with_centre_bias(model.from_features(features, example.size))[0]
        difference = (model_density - model.centre_bias(example.size)).cpu()
        bits.append(float(difference[rows, columns].double().sum()) / np.log(2))
    return Gains(
        tuple(example.name for example in unseen),
        np.array(bits),
        np.array([len(example.points) for example in unseen]),
    )


def fold_numbers(count: int, folds: int, seed: int) -> np.ndarray:
    """Return a fold for each of `count` images: equal sizes, shuffled by `seed`."""
    return np.random.default_rng(seed).permutation(count) % folds


def cross_validate(
    fitted: Callable[[Sequence[Example]], SaliencyModel],
    data: Sequence[Example],
    *,
    folds: int,
    seed: int,
) -> Gains:
    """Return the gains of every image under a model that was fitted without it.

    Parameters
    ----------
    fitted
        Returns a new model fitted to the examples it is given.
    """
    fold = fold_numbers(len(data), folds, seed)
    parts = []
    for number in range(folds):
        model = fitted([example for example, f in zip(data, fold, strict=True) if f != number])
        unseen = [example for example, f in zip(data, fold, strict=True) if f == number]
        parts.append(information_gain(model, unseen))
    return Gains(
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.bits for part in parts]),
        np.concatenate([part.fixations for part in parts]),
    )
