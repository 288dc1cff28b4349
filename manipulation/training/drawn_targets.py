"""What is asked of a batch in training: drawn anew at every step (eq. 11, 12)."""

import numpy as np
import torch
from torch import Tensor

from manipulation.images.log_density import salient_region
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
    regions = [
        mask if mask.any() else salient_region(one, mask, settings.salient_share)
        for one, mask in zip(log_saliency, masks, strict=True)
    ]
    soft = blurred_masks(torch.stack(regions).to(log_saliency.dtype), settings.mask_blur_px)
    return log_saliency + k[:, None, None] * soft
