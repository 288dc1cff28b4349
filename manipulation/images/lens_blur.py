"""Blur as a lens makes it: every point becomes a disc, and nothing bleeds over a region's edge."""

import torch
from torch import Tensor
from torch.nn import functional

_SUBPIXELS = 8  # samples along a pixel's side, of which those inside the disc are counted


def disc(radius_px: float) -> Tensor:
    """Return a disc ``(k, k)`` of a radius in pixels; it sums to one and has soft borders."""
    reach = int(radius_px + 0.5)
    count = (2 * reach + 1) * _SUBPIXELS
    positions = (torch.arange(count) + 0.5) / _SUBPIXELS - (reach + 0.5)
    inside = (positions[:, None] ** 2 + positions**2 <= max(radius_px, 0.5) ** 2).float()
    counted = functional.avg_pool2d(inside[None, None], _SUBPIXELS)[0, 0]
    return counted / counted.sum()


def lens_blurred(image: Tensor, regions: Tensor, radius_px: float) -> Tensor:
    """Blur each region of an image for itself.

    A pixel of a region becomes the mean over a disc of those pixels that are in the region too, so
    that its neighbours neither bleed into it nor leave a ghost around it.

    Parameters
    ----------
    image : Tensor (C, H, W)
    regions : Tensor (n, H, W)
        Weights of the regions.
    radius_px
        Of the disc; 0 leaves the image as it is.

    Returns
    -------
    Tensor (n, C, H, W)
        The image, blurred for each region.
    """
    if radius_px == 0:
        return image.expand(len(regions), -1, -1, -1)
    kernel = disc(radius_px).to(image)
    padding = len(kernel) // 2
    weighted = torch.cat([regions[:, None] * image, regions[:, None]], dim=1)  # (n, C + 1, H, W)
    flat = weighted.flatten(0, 1)[None]
    kernels = kernel.expand(flat.shape[1], 1, -1, -1)
    around = functional.conv2d(flat, kernels, padding=padding, groups=flat.shape[1])[0]
    around = around.unflatten(0, weighted.shape[:2])
    weight = around[:, -1:]
    least = 1e-3  # a region's own weight below which it does not count, and the image stays
    return torch.where(weight > least, around[:, :-1] / weight.clamp_min(least), image)
