"""Parametric edits: what a photographer would do in the darkroom, region by region.

Every region has eight numbers, each bounded: exposure, contrast, shadows, saturation, two of colour
balance, sharpness and clarity. They act on the log odds of the pixel values, which bends towards
black and white instead of clipping. Regions follow the edges of the photograph, blur is that of a
lens and stays inside its region, and local contrast is taken around edges, so that no halo, ghost
or fog tells where an edit ends.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from manipulation.images.gaussian import resample
from manipulation.images.guided_filter import guided_filter
from manipulation.images.lens_blur import lens_blurred
from manipulation.images.log_density import salient_region
from manipulation.images.log_odds import image_of_log_odds, squeezed_log_odds
from manipulation.images.photographs import resized
from manipulation.naturalness.likeness import colourfulness, local_colours
from manipulation.targets.densities import blurred_masks

# Largest effect of each edit at strength 1, down and up, in the unit that `develop` gives it.
BOUNDS = {
    "exposure": (0.8, 0.8),  # log odds of the pixel values
    "contrast": (0.25, 0.45),  # log of the slope of log odds around the region's mean
    "shadows": (0.4, 0.4),  # log odds gained per log odds below that mean
    "saturation": (0.5, 0.35),  # log of the distance from grey
    "warmth": (0.15, 0.15),  # log odds, red up and blue down
    "tint": (0.08, 0.08),  # log odds, green up, red and blue down
    "sharpness": (0.005, 1.0),  # radius of a lens' blur as a share of the side; weight of detail
    "clarity": (0.3, 0.7),  # weight of coarse detail taken away, or added
}
_SHARPNESS = list(BOUNDS).index("sharpness")
_COLOUR_BALANCE = ("warmth", "tint")
_FINE = 0.004  # Gaussian width of the finest detail, as a share of the side
_COARSE, _EDGE = 0.04, 0.2  # window of coarse detail (share of the side); squared log odds kept
_BLURS = 3  # how many radii of blur are made ready
_SOFT_BORDER = 0.05  # of the salient surroundings, as a share of the longer side
_SHOULDER = 0.03  # pixel values are squeezed this far from 0 and 1, where log odds are steep
_MATTING = 1e-3  # squared differences of RGB that count as an edge of the photograph


@dataclass(frozen=True)
class Negative:
    """An image made ready to be developed under any edits.

    Attributes
    ----------
    odds, fine, coarse : Tensor (3, H, W)
        Log odds of the squeezed pixel values, and two bands of their detail.
    blurs : Tensor (k, n, 3, H, W)
        How log odds change in each region when it is blurred, by rising radii.
    regions : Tensor (n, H, W)
        Weights of the regions; they sum to one in every pixel.
    mean : Tensor (H, W)
        Mean log odds of the regions, in every pixel that of its own.
    colourfulness
        Factor on warmth and tint: a grey photograph stays grey.
    """

    odds: Tensor
    fine: Tensor
    coarse: Tensor
    blurs: Tensor
    regions: Tensor
    mean: Tensor
    colourfulness: float


def prepare(image: Tensor, regions: Tensor) -> Negative:
    """Return an image ``(3, H, W)`` in [0, 1] with its regions, ready for `develop`.

    Regions ``(n, H, W)`` are weights that sum to one in every pixel (`regions_of`).
    """
    side = max(image.shape[-2:])
    odds = squeezed_log_odds(image, _SHOULDER)
    smooth = resample(odds, _FINE * side, size=(odds.shape[-2], odds.shape[-1]))
    grey = smooth.mean(dim=0, keepdim=True)
    base = guided_filter(grey, smooth, max(1, round(_COARSE * side)), _EDGE)
    weights = regions / regions.sum(dim=(1, 2), keepdim=True).clamp_min(1e-6)
    means = torch.einsum("nhw,chw->n", weights, odds) / 3
    widest = BOUNDS["sharpness"][0] * side
    radii = [widest * (1 + number) / _BLURS for number in range(_BLURS)]
    return Negative(
        odds=odds,
        fine=odds - smooth,
        coarse=smooth - base,
        blurs=torch.stack([lens_blurred(odds, regions, radius) - odds for radius in radii]),
        regions=regions,
        mean=torch.einsum("n,nhw->hw", means, regions),
        colourfulness=float(colourfulness(local_colours(image[None]))),
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
    down, up = torch.tensor(list(BOUNDS.values()), dtype=amounts.dtype, device=amounts.device).T
    softness = -amounts[..., _SHARPNESS].clamp(max=0)
    down = down.index_fill(0, torch.tensor(_SHARPNESS, device=down.device), 0)  # blur: see below
    weights = torch.where(amounts < 0, down, up) * amounts
    maps = torch.einsum("bne,nhw->ebhw", weights, negative.regions)[:, :, None]
    exposure, contrast, shadows, saturation, warmth, tint, sharpness, clarity = maps
    detailed = negative.odds + sharpness * negative.fine + clarity * negative.coarse
    detailed = detailed + _blur(negative, softness)
    around = contrast.exp() * (detailed - negative.mean)
    lifted = around + shadows * (functional.softplus(-around) - math.log(2)) + exposure
    balance = torch.cat([warmth - tint / 2, tint, -warmth - tint / 2], dim=1)
    coloured = lifted + negative.mean + negative.colourfulness * balance
    grey = coloured.mean(dim=1, keepdim=True)
    odds = grey + saturation.exp() * (coloured - grey)
    return image_of_log_odds(odds, _SHOULDER)


def edits_in_units(negative: Negative, amounts: Tensor) -> tuple[dict[str, float], ...]:
    """Return what amounts ``(n, 8)`` come to in an image, by region and edit.

    In the units of `BOUNDS`, below 0 of what stands first there; colour balance has the factor of
    photographs that are grey.
    """
    found = []
    for region in amounts.tolist():
        edits = {}
        for (name, (down, up)), amount in zip(BOUNDS.items(), region, strict=True):
            factor = negative.colourfulness if name in _COLOUR_BALANCE else 1.0
            edits[name] = factor * amount * (down if amount < 0 else up)
        found.append(edits)
    return tuple(found)


def edit_region(image: Tensor, region: Tensor, amounts: Sequence[float], feather: float) -> Tensor:
    """Apply edits that were found for one region to another, and nothing to what is around it.

    Parameters
    ----------
    image : Tensor (3, H, H)
        RGB in [0, 1].
    region : Tensor (h, h)
        1 inside, 0 outside.
    amounts
        The eight edits of a region, as `search_edits` finds them.
    feather
        As the width in `outlined_regions`.

    Returns
    -------
    Tensor (3, H, H)
        RGB in [0, 1].
    """
    negative = prepare(image, outlined_regions(image, region[None], feather))
    return develop(negative, torch.tensor([[list(amounts), [0.0] * len(BOUNDS)]]))[0]


def _blur(negative: Negative, softness: Tensor) -> Tensor:
    """Return how log odds change ``(B, 3, H, W)`` by blur of each region, ``(B, n)`` in [0, 1].

    Between the radii that are ready it is interpolated.
    """
    levels = torch.arange(1, _BLURS + 1, dtype=softness.dtype, device=softness.device)
    level = (softness * _BLURS).clamp(max=_BLURS)
    shares = (1 - (level[..., None] - levels).abs()).clamp(min=0)  # (B, n, k)
    return torch.einsum("bnk,nhw,knchw->bchw", shares, negative.regions, negative.blurs)


def regions_of(image: Tensor, masks: Tensor, log_saliency: Tensor, width: float) -> Tensor:
    """Return weights ``(n, H, W)`` of regions: targets, what else is salient, the rest.

    They sum to one in every pixel. Where targets overlap, the first takes the pixel. The borders of
    targets follow the edges of the image nearby; that between the last two follows no contour, so
    it is wide.

    Parameters
    ----------
    image : Tensor (3, H, W)
        The photograph, RGB in [0, 1].
    masks : Tensor (n, h, w)
        Masks of the targets; there may be none.
    log_saliency : Tensor (H, W)
        Log saliency of the photograph.
    width
        How far a border may be from the mask's, as a share of the side; 0 keeps that of the mask.
    """
    outlined = outlined_regions(image, masks, width)
    rest = outlined[-1]
    size = (image.shape[-2], image.shape[-1])
    taken = torch.zeros(size)
    if len(masks):
        taken = (resized(masks, size) > 0.5).any(dim=0).float()
    soft_px = _SOFT_BORDER * max(size)
    salient = blurred_masks(salient_region(log_saliency, taken), soft_px) * rest
    return torch.cat([outlined[:-1], salient[None], (rest - salient)[None]])


def outlined_regions(image: Tensor, masks: Tensor, width: float) -> Tensor:
    """Return weights ``(n + 1, H, W)`` of regions and of the rest, as in `regions_of`."""
    size = (image.shape[-2], image.shape[-1])
    taken = torch.zeros(size)
    regions: list[Tensor] = []
    for mask in masks:
        region = (resized(mask, size) > 0.5).float() * (1 - taken)
        taken = taken + region
        regions.append(region)
    outlined = torch.stack([*regions, 1 - taken])
    reach_px = round(width * max(size))
    if not reach_px:
        return outlined
    outlined = guided_filter(image, outlined, reach_px, _MATTING).clamp(min=0)
    return outlined / outlined.sum(dim=0)
