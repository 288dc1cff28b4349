"""What is asked of a batch in training: drawn anew at every step (eq. 11, 12)."""

import numpy as np
import torch
from torch import Tensor

from manipulation.networks.settings import Manipulation, TargetSettings
from manipulation.targets.densities import blurred_masks


def draw_k(settings: TargetSettings, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw k_sh or k_sc for each of `count` images, as the settings of a run say."""
    if settings.manipulation == Manipulation.SHIFT:
        return generator.uniform(settings.k_shift_low, settings.k_shift_high, count)
    low, high = settings.k_scale_low, settings.k_scale_high
    if settings.k_scale_distribution == "uniform":
        return generator.uniform(low, high, count)
    return np.exp(generator.uniform(np.log(low), np.log(high), count))


def training_target(
    log_saliency: Tensor, masks: Tensor, k: Tensor, settings: TargetSettings
) -> Tensor:
    """Return what is asked of each image of a batch: all its objects shifted, or all of it scaled.

    Parameters
    ----------
    log_saliency : Tensor (B, H, W)
        Un-normalised log saliency of the unchanged images.
    masks : Tensor (B, H, W)
        1 on annotated objects. Where an image has none, its most salient region is shifted.
    k : Tensor (B,)
        Shift in nats (eq. 11), or factor (eq. 12).

    Returns
    -------
    Tensor (B, H, W)
        Un-normalised log saliency.
    """
    if settings.manipulation == Manipulation.SCALE:
        return k[:, None, None] * log_saliency
    # Both regions for every image: to ask which is needed would make a GPU wait.
    salient = most_salient(log_saliency, settings.salient_share)
    annotated = masks.flatten(1).any(dim=1)[:, None, None]
    regions = torch.where(annotated, masks.to(log_saliency.dtype), salient)
    return log_saliency + k[:, None, None] * blurred_masks(regions, settings.mask_blur_px)


def most_salient(log_saliency: Tensor, share: float) -> Tensor:
    """Return 1 on the `share` of pixels of each image with the highest values, 0 elsewhere.

    Takes and returns ``(B, H, W)``; the threshold is that of every n-th pixel of large images.
    """
    values = log_saliency.flatten(1)
    some = values[:, :: max(1, values.shape[1] // 100_000)]
    threshold = torch.quantile(some, 1 - share, dim=1)[:, None, None]
    return (log_saliency > threshold).to(log_saliency.dtype)
