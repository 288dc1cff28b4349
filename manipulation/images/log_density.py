"""Maps of log density, and what is read off them: p_obj of a region and the entropy."""

import math

import torch
from torch import Tensor


def log_normalised(maps: Tensor) -> Tensor:
    """Return ``(..., H, W)`` un-normalised log densities as log densities that sum to one."""
    return torch.log_softmax(maps.flatten(-2), dim=-1).reshape(maps.shape)


def p_obj(log_saliency: Tensor, mask: Tensor) -> float:
    """Return the predicted probability of fixating a region: the sum of p over its pixels.

    `log_saliency` and `mask` are ``(H, W)``.
    """
    return probability_inside(log_normalised(log_saliency.double()).exp(), mask)


def probability_inside(density: Tensor, mask: Tensor) -> float:
    """Return the sum of a density ``(H, W)`` over the pixels of a region."""
    return float((density * (mask > 0.5)).sum())


def entropy_bits(log_saliency: Tensor) -> float:
    """Return the entropy ``-sum p log2 p`` of the predicted density of ``(H, W)`` pixels."""
    log_density = log_normalised(log_saliency.double())
    return entropy_bits_of(log_density.exp(), log_density)


def entropy_bits_of(density: Tensor, log_density: Tensor) -> float:
    """Return the entropy of a density ``(H, W)`` that is normalised already, with its logarithm."""
    return float(-(density * log_density).sum() / math.log(2))


def salient_region(log_saliency: Tensor, outside: Tensor, share: float = 0.15) -> Tensor:
    """Return the `share` of pixels with the highest log saliency, except where `outside` is 1.

    Parameters
    ----------
    log_saliency, outside : Tensor (H, W)

    Returns
    -------
    Tensor (H, W)
        1 inside, 0 elsewhere.
    """
    free = outside < 0.5
    if not free.any():
        return torch.zeros_like(log_saliency)
    threshold = torch.quantile(log_saliency[free][:: max(1, int(free.sum()) // 100_000)], 1 - share)
    return ((log_saliency > threshold) & free).float()
