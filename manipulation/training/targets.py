"""Target densities: what the fixation density should become.

Both kinds change the un-normalised log saliency ``S``, in nats and without centre bias, of the
unchanged image; the target density is the softmax of the result (Gatys et al. 2017, eq. 11, 12).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from manipulation.prediction import salient_region
from manipulation.saliency.gaussian import resample
from manipulation.training.settings import TargetSettings


def local_shift(log_saliency: Tensor, masks: Tensor, k_shift: Sequence[float]) -> Tensor:
    """Shift log saliency inside regions: ``S_t = S + sum_i k_sh,i M_i`` (eq. 11).

    Parameters
    ----------
    log_saliency : Tensor (..., H, W)
        Of the unchanged image.
    masks : Tensor (n, H, W)
        1 inside a region and 0 outside, or in between where blurred.
    k_shift
        The shift of each region in nats; the paper trains with -4 to 4.

    Returns
    -------
    Tensor (..., H, W)
    """
    shifts = torch.as_tensor(list(k_shift), dtype=log_saliency.dtype, device=log_saliency.device)
    if masks.shape != (len(shifts), *log_saliency.shape[-2:]):
        raise ValueError(
            f"masks are {tuple(masks.shape)}; expected {len(shifts)} of "
            f"{tuple(log_saliency.shape[-2:])}"
        )
    return log_saliency + torch.einsum("n,nhw->hw", shifts, masks.to(log_saliency.dtype))


def global_scale(log_saliency: Tensor, k_scale: float) -> Tensor:
    """Scale log saliency: ``S_t = k_sc S`` (eq. 12).

    Above 1 the density gathers at its peaks and its entropy falls; below 1 it spreads.
    """
    return k_scale * log_saliency


def blurred_masks(masks: Tensor, sigma_px: float) -> Tensor:
    """Return masks ``(n, H, W)`` softened with a Gaussian; 0 leaves them as they are."""
    if sigma_px == 0:
        return masks
    return resample(masks, sigma_px, size=tuple(masks.shape[-2:]))


def draw_k(settings: TargetSettings, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw k_sh or k_sc for each of `count` images, as the settings of a run say."""
    if settings.manipulation == "shift":
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
        Of the unchanged images.
    masks : Tensor (B, H, W)
        1 on annotated objects. Where an image has none, its most salient region is shifted.
    k : Tensor (B,)
        Shift in nats (eq. 11), or factor (eq. 12).

    Returns
    -------
    Tensor (B, H, W)
    """
    if settings.manipulation == "scale":
        return k[:, None, None] * log_saliency
    regions = [
        mask if mask.any() else salient_region(one, mask, settings.salient_share)
        for one, mask in zip(log_saliency, masks, strict=True)
    ]
    soft = blurred_masks(torch.stack(regions).to(log_saliency.dtype), settings.mask_blur_px)
    return log_saliency + k[:, None, None] * soft
