"""Parametric edits: what a photographer would do in the darkroom, region by region.

Every region has eight numbers, each bounded: exposure, contrast, shadows, saturation, two of colour
balance, sharpness and clarity. They act on the log odds of the pixel values, which bends towards
black and white instead of clipping, and they change smoothly over the regions' feathered edges. A
gradient search finds the numbers that bring the predicted density near a target (the paper's
saliency loss) under a penalty on large edits.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from manipulation.images.gaussian import resample
from manipulation.images.log_density import salient_region
from manipulation.images.log_odds import image_of_log_odds, squeezed_log_odds
from manipulation.images.photographs import resized
from manipulation.targets.densities import blurred_masks
from manipulation.targets.intent import Objective
from stimuli.contract.settings import EditSettings

# Largest effect of each edit at strength 1, in the unit that `develop` gives it.
BOUNDS = {
    "exposure": 1.0,  # log odds of the pixel values
    "contrast": 0.45,  # log of the slope of log odds around the region's mean
    "shadows": 0.5,  # log odds gained per log odds below that mean
    "saturation": 0.7,  # log of the distance from grey
    "warmth": 0.3,  # log odds, red up and blue down
    "tint": 0.2,  # log odds, green up, red and blue down
    "sharpness": 1.0,  # weight of the finest detail added, or taken away
    "clarity": 0.7,  # the same for detail ten times as coarse
}
_FINE, _COARSE = 0.004, 0.04  # Gaussian widths of detail as shares of the side
_SOFT_BORDER = 0.05  # of the salient surroundings, as a share of the longer side
_SHOULDER = 0.03  # pixel values are squeezed this far from 0 and 1, where log odds are steep


@dataclass(frozen=True)
class Negative:
    """An image made ready to be developed under any edits.

    Attributes
    ----------
    odds, fine, coarse : Tensor (3, H, W)
        Log odds of the squeezed pixel values, and two bands of their detail.
    regions : Tensor (n, H, W)
        Weights of the regions; they sum to one in every pixel.
    mean : Tensor (H, W)
        Mean log odds of the regions, in every pixel that of its own.
    """

    odds: Tensor
    fine: Tensor
    coarse: Tensor
    regions: Tensor
    mean: Tensor


def feathered(regions: Tensor, width: float) -> Tensor:
    """Return regions ``(n, H, W)`` with soft edges that sum to one in every pixel.

    `width` is the Gaussian width of the edge as a share of the longer side. The regions must tile
    the image.
    """
    if width == 0:
        return regions
    soft = _blurred(regions, width)
    return soft / soft.sum(dim=0)


def _blurred(maps: Tensor, width: float) -> Tensor:
    size = (maps.shape[-2], maps.shape[-1])
    return resample(maps, width * max(size), size=size)


def prepare(image: Tensor, regions: Tensor) -> Negative:
    """Return an image ``(3, H, W)`` in [0, 1] with its regions, ready for `develop`."""
    odds = squeezed_log_odds(image, _SHOULDER)
    smooth = _blurred(odds, _FINE)
    weights = regions / regions.sum(dim=(1, 2), keepdim=True).clamp_min(1e-6)
    means = torch.einsum("nhw,chw->n", weights, odds) / 3
    return Negative(
        odds=odds,
        fine=odds - smooth,
        coarse=smooth - _blurred(smooth, _COARSE),
        regions=regions,
        mean=torch.einsum("n,nhw->hw", means, regions),
    )


def develop(negative: Negative, amounts: Tensor) -> Tensor:
    """Apply edits to an image.

    Parameters
    ----------
    negative
        The image (`prepare`).
    amounts : Tensor (B, n, 8)
        One set of edits for each result: for every region the edits in the order of `BOUNDS`, in
        units of their bounds; 0 leaves the region as it is.

    Returns
    -------
    Tensor (B, 3, H, W)
        RGB in [0, 1].
    """
    bounds = torch.tensor(list(BOUNDS.values()), dtype=amounts.dtype, device=amounts.device)
    maps = torch.einsum("bne,nhw->ebhw", amounts * bounds, negative.regions)[:, :, None]
    exposure, contrast, shadows, saturation, warmth, tint, sharpness, clarity = maps
    detailed = negative.odds + sharpness * negative.fine + clarity * negative.coarse
    around = contrast.exp() * (detailed - negative.mean)
    lifted = around + shadows * (functional.softplus(-around) - math.log(2)) + exposure
    balance = torch.cat([warmth - tint / 2, tint, -warmth - tint / 2], dim=1)
    coloured = lifted + negative.mean + balance
    grey = coloured.mean(dim=1, keepdim=True)
    odds = grey + saturation.exp() * (coloured - grey)
    return image_of_log_odds(odds, _SHOULDER)


def search_edits(
    loss: Objective, negative: Negative, settings: EditSettings, start: Tensor | None = None
) -> Tensor:
    """Find edits that bring the predicted density near a target.

    Minimises ``KL(p_t || p_hat) + naturalness * sum t^2`` by Adam on ``u`` with ``t = tanh(u)``
    and amounts ``strength * t``, and keeps the best step.

    Parameters
    ----------
    loss
        From images to the saliency loss (`intent.objective`).
    negative
        The image at the size of the search.
    start : Tensor (n, 8), optional
        Amounts to begin with; by default no edit.

    Returns
    -------
    Tensor (n, 8)
        The amounts, for `develop` at any size.
    """
    shape = (len(negative.regions), len(BOUNDS))
    first = torch.zeros(shape, dtype=negative.odds.dtype)
    if start is not None and settings.strength > 0:
        first = torch.atanh((start / settings.strength).clamp(-0.99, 0.99))
    unbounded = first.requires_grad_()
    optimiser = torch.optim.Adam([unbounded], lr=settings.step_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    best, best_loss = torch.zeros(shape, dtype=unbounded.dtype), torch.inf
    for _ in range(settings.steps):
        edits = torch.tanh(unbounded)
        changed = develop(negative, settings.strength * edits[None])
        total = loss(changed)[0] + settings.naturalness * edits.square().sum()
        if total.item() < best_loss:
            best, best_loss = settings.strength * edits.detach(), total.item()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        schedule.step()
    return best


def regions_of(masks: Tensor, log_saliency: Tensor) -> Tensor:
    """Return regions ``(n, H, W)`` that tile the image: targets, what else is salient, the rest.

    Where targets overlap, the first takes the pixel. The border between the last two follows no
    contour of the image, so it is wide.

    Parameters
    ----------
    masks : Tensor (n, h, w)
        Masks of the targets; there may be none.
    log_saliency : Tensor (H, W)
        Log saliency of the photograph.
    """
    size = (log_saliency.shape[-2], log_saliency.shape[-1])
    taken = torch.zeros(size)
    regions = []
    for mask in masks:
        region = (resized(mask, size) > 0.5).float() * (1 - taken)
        taken = taken + region
        regions.append(region)
    soft_px = _SOFT_BORDER * max(size)
    salient = blurred_masks(salient_region(log_saliency, taken), soft_px) * (1 - taken)
    return torch.stack([*regions, salient, 1 - taken - salient])
