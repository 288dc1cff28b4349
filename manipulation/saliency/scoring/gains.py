"""Information gain over the centre bias, photograph by photograph: of models, of people, of none.

The gain of a density is the mean over fixations of log2 of it over the density of the centre bias
(Kümmerer, Wallis & Bethge 2015, PNAS 112, 16054-16059). Both are per pixel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.centre_bias import stretched
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.scoring import measures
from manipulation.saliency.scoring.gold_standard import gold_standard


@dataclass(frozen=True)
class Gains:
    """Information gain over the centre bias, photograph by photograph.

    Attributes
    ----------
    names
        Photographs.
    bits : ndarray (photographs,)
        Sum over the photograph's fixations of log2 of the density over that of the centre bias.
    fixations : ndarray (photographs,)
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
        """Return the percentile bootstrap interval over photographs, ``(low, high)``."""
        generator = np.random.default_rng(seed)
        chosen = generator.integers(len(self.bits), size=(draws, len(self.bits)))
        means = self.bits[chosen].sum(axis=1) / self.fixations[chosen].sum(axis=1)
        return np.quantile(means, [(1 - level) / 2, (1 + level) / 2])


def joined(parts: Iterable[Gains]) -> Gains:
    """Return the gains of all photographs of several parts."""
    parts = list(parts)
    return Gains(
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.bits for part in parts]),
        np.concatenate([part.fixations for part in parts]),
    )


@torch.no_grad()
def gains_from_features(model: SaliencyModel, unseen: Sequence[ViewedPhotograph]) -> Gains:
    """Return the gain of a fitted model over its own centre bias at weight one.

    Parameters
    ----------
    unseen
        Photographs with features, as `with_features` of `fitting` makes them.
    """
    bits = []
    for one in unseen:
        columns, rows = torch.from_numpy(one.points.astype(int)).T
        features = one.known_features[None].to(model.centre_bias.weight.device)
        log_density = model.with_centre_bias(model.from_features(features, one.size))[0]
        difference = (log_density - model.centre_bias(one.size)).cpu()
        bits.append(float(difference[rows, columns].double().sum()) / np.log(2))
    return Gains(
        tuple(one.name for one in unseen),
        np.array(bits),
        np.array([len(one.points) for one in unseen]),
    )


def gains_from_pixels(model: SaliencyModel, unseen: Sequence[ViewedPhotograph]) -> Gains:
    """Return the gain of a model over its own centre bias at weight one."""

    def densities(one: ViewedPhotograph) -> np.ndarray:
        return measures.at(model.log_density(one.image[None])[0].numpy(), one.points)

    return _gains(unseen, [densities(one) for one in unseen], model.centre_bias.log_map)


def gold_standard_gains(
    viewed: Sequence[ViewedPhotograph], centre_biases: Sequence[Tensor], pixels_per_degree: float
) -> Gains:
    """Return the gain of people over the centre bias: each person predicted by the others.

    Parameters
    ----------
    centre_biases : sequence of Tensor (rows, columns)
        For each photograph the log density that a model had for it.
    """
    at_points = [
        np.exp(_bias_at_points(one, bias)) for one, bias in zip(viewed, centre_biases, strict=True)
    ]
    densities = gold_standard(viewed, at_points, pixels_per_degree)
    return joined(
        _gains([one], [density], bias)
        for one, density, bias in zip(viewed, densities, centre_biases, strict=True)
    )


def uniform_gains(viewed: Sequence[ViewedPhotograph], centre_biases: Sequence[Tensor]) -> Gains:
    """Return the gain over the centre bias of a uniform density: what the centre bias is worth."""
    return joined(
        _gains([one], [np.full(len(one.points), -np.log(np.prod(one.size)))], bias)
        for one, bias in zip(viewed, centre_biases, strict=True)
    )


def _gains(
    viewed: Sequence[ViewedPhotograph], densities: Sequence[np.ndarray], log_map: Tensor
) -> Gains:
    """Return gains over a centre bias from the log densities, in nats per pixel, of fixations."""
    bits = [
        float((density - _bias_at_points(one, log_map)).sum(dtype=np.float64)) / np.log(2)
        for one, density in zip(viewed, densities, strict=True)
    ]
    return Gains(
        tuple(one.name for one in viewed),
        np.array(bits),
        np.array([len(one.points) for one in viewed]),
    )


def _bias_at_points(one: ViewedPhotograph, log_map: Tensor) -> np.ndarray:
    return measures.at(stretched(log_map, one.size).numpy(), one.points)
