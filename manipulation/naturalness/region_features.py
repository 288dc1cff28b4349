"""What a network and the pixels tell of a region, its contour and its surround, in one vector.

Photograph and mask go in; the original is not needed. Every map, of the pixels or of a layer, is
summed up by its mean and deviation inside the region and in its surround, and its mean along the
contour. All of it is differentiable in the pixels.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from manipulation.images.gaussian import resample
from manipulation.images.log_odds import squeezed_log_odds
from manipulation.naturalness.region_statistics import surround, window
from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.pretrained import LAYERS, PretrainedNetworks

_CONTOUR = 0.008  # Gaussian width of the contour, as a share of the side
_FINE, _MIDDLE = 0.003, 0.012  # Gaussian widths of two bands of detail, as shares of the side
_SHOULDER = 0.03
_REACH = 4.0  # of a Gaussian, in widths
_LEAST = 1e-4  # squared deviations below which a map is even


def region_weights(mask: np.ndarray) -> Tensor:
    """Return weights of a region, its surround and its contour, ``(3, H, W)``, each summing to one.

    Parameters
    ----------
    mask : ndarray (H, W)
        Nonzero inside; something must be inside and something outside.
    """
    inside = np.asarray(mask) > 0
    around = surround(inside)
    width_px, soft = _CONTOUR * max(inside.shape), np.zeros(inside.shape, np.float32)
    near = window(inside, math.ceil(_REACH * width_px) + 1)
    soft[near] = ndimage.gaussian_filter(inside[near].astype(np.float32), width_px, truncate=_REACH)
    parts = torch.from_numpy(np.stack([inside, around, soft * (1 - soft)]).astype(np.float32))
    return parts / parts.sum(dim=(1, 2), keepdim=True).clamp_min(1e-6)


class RegionFeatures:
    """The maps of images that regions are summed up from: pixels, and `efficientnet`'s layers."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        extractor = load_saliency_model("efficientnet").extractor
        assert isinstance(extractor, PretrainedNetworks)  # it ships
        self._extractor = extractor.to(device)

    def maps(self, images: Tensor) -> list[Tensor]:
        """Return maps ``(B, C, h, w)`` of images ``(B, 3, H, W)``: pixels, strides 2 to 32."""
        return [pixel_maps(images), *self.layers(images)]

    def layers(self, images: Tensor) -> list[Tensor]:
        """Return the layers alone: `maps` without the first."""
        return list(self._extractor.features(images, tuple(LAYERS)).values())

    def maps_of_regions(self, images: Tensor) -> list[Tensor]:
        """Return those of `maps` that regions are summed up from: without the coarsest stride."""
        layers = tuple(LAYERS)[:-1]
        return [pixel_maps(images), *self._extractor.features(images, layers).values()]


def pooled(maps: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Return the vectors ``(B, D)`` of maps ``(B, C, h, w)`` under one region's weights.

    Parameters
    ----------
    maps
        `RegionFeatures.maps`, or `RegionFeatures.maps_of_regions`.
    weights : Tensor (3, H, W)
        `region_weights`.
    """
    found = []
    for one in maps[: len(LAYERS)]:  # stride 32 sees too far for one region
        there = functional.adaptive_avg_pool2d(weights, (one.shape[-2], one.shape[-1]))
        there = there / there.sum(dim=(1, 2), keepdim=True).clamp_min(1e-9)
        mean = torch.einsum("bchw,rhw->brc", one, there)
        squares = torch.einsum("bchw,rhw->brc", one.square(), there[:2])
        variance = (squares - mean[:, :2].square()).clamp(min=0)
        found += [mean.flatten(1), (variance + _LEAST).sqrt().flatten(1)]
    return torch.cat(found, dim=1)


def pixel_maps(images: Tensor) -> Tensor:
    """Return maps ``(B, 9, H, W)``: RGB, lightness, chroma, two bands of detail, black, white."""
    side = max(images.shape[-2:])
    size = (images.shape[-2], images.shape[-1])
    odds = squeezed_log_odds(images, _SHOULDER)
    grey = odds.mean(dim=1, keepdim=True)
    chroma = ((odds - grey).square().mean(dim=1, keepdim=True) + _LEAST).sqrt()
    smooth, smoother = (resample(grey, width * side, size=size) for width in (_FINE, _MIDDLE))
    bands = [((one).square() + _LEAST).sqrt() for one in (grey - smooth, smooth - smoother)]
    black = torch.sigmoid((0.03 - images.mean(dim=1, keepdim=True)) / 0.01)
    white = torch.sigmoid((images.mean(dim=1, keepdim=True) - 0.97) / 0.01)
    return torch.cat([images, grey, chroma, *bands, black, white], dim=1)
