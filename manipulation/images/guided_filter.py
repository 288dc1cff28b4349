"""The guided filter: a map made to follow the edges of an image (He, Sun & Tang 2013)."""

import torch
from scipy import ndimage
from torch import Tensor


def guided_filter(guide: Tensor, maps: Tensor, radius_px: int, epsilon: float) -> Tensor:
    """Return maps as a locally linear function of an image, the guide.

    In every window ``q = a . I + b`` is fitted to the maps by ridge regression; the fits of all
    windows that hold a pixel are averaged there. Edges of the guide stay edges.

    Parameters
    ----------
    guide : Tensor (C, H, W)
        The image, of one channel or of three that explain the maps together.
    maps : Tensor (n, H, W)
    radius_px
        Windows are squares of ``2 radius_px + 1``; beyond its border the image is mirrored.
    epsilon
        Ridge on the coefficients, in squared units of the guide: what varies less is smoothed away.

    Returns
    -------
    Tensor (n, H, W)
    """
    guide_mean, maps_mean = _box(guide, radius_px), _box(maps, radius_px)
    variance = _box(guide[:, None] * guide, radius_px) - guide_mean[:, None] * guide_mean
    covariance = _box(maps[:, None] * guide, radius_px) - maps_mean[:, None] * guide_mean
    ridge = epsilon * torch.eye(len(guide), dtype=guide.dtype, device=guide.device)
    inverse = _inverse(variance + ridge[:, :, None, None])
    slopes = (inverse * covariance[:, None]).sum(dim=2)  # (n, C, H, W)
    offsets = maps_mean - (slopes * guide_mean).sum(dim=1)
    return (_box(slopes, radius_px) * guide).sum(dim=1) + _box(offsets, radius_px)


def _inverse(matrices: Tensor) -> Tensor:
    """Return the inverses of symmetric matrices ``(C, C, H, W)`` with C 1 or 3, by cofactors."""
    if len(matrices) == 1:
        return 1 / matrices
    first, second, third = matrices
    cofactors = torch.stack(
        [
            torch.linalg.cross(second, third, dim=0),
            torch.linalg.cross(third, first, dim=0),
            torch.linalg.cross(first, second, dim=0),
        ]
    )
    return cofactors / (first * cofactors[0]).sum(dim=0)


def _box(maps: Tensor, radius_px: int) -> Tensor:
    """Return means ``(..., H, W)`` over windows; beyond its border the image is mirrored."""
    size = (1,) * (maps.ndim - 2) + (2 * radius_px + 1,) * 2
    return torch.from_numpy(ndimage.uniform_filter(maps.numpy(), size, mode="reflect"))
