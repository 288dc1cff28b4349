"""How far a version is from its original: in pixels, at the limits of their range, in features."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from manipulation.networks.random_filters import LAYERS, RandomFilters


def psnr_db(original: np.ndarray, version: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio of 8-bit images; infinite where they are the same."""
    error = np.mean((original.astype(float) - version.astype(float)) ** 2)
    return math.inf if error == 0 else float(10 * math.log10(255**2 / error))


def newly_clipped(original: np.ndarray, version: np.ndarray) -> float:
    """Return the share of 8-bit values that are 0 or 255 in the version alone."""

    def at_limit(pixels: np.ndarray) -> np.ndarray:
        return (pixels == 0) | (pixels == 255)

    return float(np.mean(at_limit(version) & ~at_limit(original)))


class FeatureDistance:
    """How far two images are apart in features, as in LPIPS (Zhang et al. 2018) without weights.

    Features are rectified random filters at five scales. In every position their vector over the
    channels is scaled to length one; the squared distances are averaged over positions and scales.
    0 for the same image; unrelated photographs come to about 0.5.
    """

    def __init__(self) -> None:
        self._filters = RandomFilters().eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, original: Tensor, version: Tensor) -> float:
        """Return the distance of two images ``(3, H, W)`` in [0, 1]."""
        layers = [self._filters(image[None], tuple(LAYERS)) for image in (original, version)]
        distances = []
        for name in LAYERS:
            one, other = (functional.normalize(found[name], dim=1) for found in layers)
            distances.append((one - other).square().sum(dim=1).mean())
        return float(torch.stack(distances).mean())
