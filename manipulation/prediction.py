"""What a saliency model predicts of an image: p_obj of a region and entropy, no centre bias."""

import math

import torch
from torch import Tensor

from manipulation.saliency.centre_bias import log_normalised


def p_obj(log_saliency: Tensor, mask: Tensor) -> float:
    """Return the predicted probability of fixating a region: the sum of p over its pixels.

    `log_saliency` and `mask` are ``(H, W)``.
    """
    density = log_normalised(log_saliency.double()).exp()
    return float((density * (mask > 0.5)).sum())


def entropy_bits(log_saliency: Tensor) -> float:
    """Return the entropy ``-sum p log2 p`` of the predicted density of ``(H, W)`` pixels."""
    log_density = log_normalised(log_saliency.double())
    return float(-(log_density.exp() * log_density).sum() / math.log(2))


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
