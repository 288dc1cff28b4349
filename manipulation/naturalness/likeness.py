"""How far a version is from its original: in pixels, in structure, in features, along contours."""

import math

import numpy as np
import torch
from scipy import ndimage
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity
from torch import Tensor
from torch.nn import functional

from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.pretrained import LAYERS, PretrainedNetworks

_WINDOW = 7  # pixels of the side of the squares that are compared in structure
_SEAM = 2  # pixels on either side of a contour
_LEAST_ENERGY = 1.0  # squared units of CIELAB per pixel, below which a contour is plain


def psnr_db(original: np.ndarray, version: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio of 8-bit images; infinite where they are the same."""
    error = np.mean((original.astype(float) - version.astype(float)) ** 2)
    return math.inf if error == 0 else float(10 * math.log10(255**2 / error))


def newly_clipped(original: np.ndarray, version: np.ndarray) -> float:
    """Return the share of 8-bit values that are 0 or 255 in the version alone."""

    def at_limit(pixels: np.ndarray) -> np.ndarray:
        return (pixels == 0) | (pixels == 255)

    return float(np.mean(at_limit(version) & ~at_limit(original)))


def ssim(original: np.ndarray, version: np.ndarray) -> float:
    """Return the structural similarity of 8-bit images ``(H, W, 3)``, at most 1.

    Wang, Bovik, Sheikh & Simoncelli (2004), the mean over windows of 7 px and the three channels.
    """
    return float(
        structural_similarity(original, version, win_size=_WINDOW, channel_axis=2, data_range=255)
    )


def seam(original: np.ndarray, version: np.ndarray, region: np.ndarray) -> float:
    """Return how much stronger lightness and colour change along a region's contour, in octaves.

    Compared is the mean squared gradient in a band of 2 px on either side of the contour. A halo or
    a cut along the mask makes it larger, a contour that was blurred away smaller.

    Parameters
    ----------
    original, version : ndarray (H, W, 3), uint8
    region : ndarray (H, W)
        Nonzero inside.
    """
    inside = np.asarray(region) > 0
    near = ndimage.binary_dilation(inside, iterations=_SEAM)
    band = near & ~ndimage.binary_erosion(inside, iterations=_SEAM, border_value=1)
    if not band.any():
        return 0.0
    before, after = (_gradient_energy(pixels)[band].mean() for pixels in (original, version))
    return float(np.log2(max(after, _LEAST_ENERGY) / max(before, _LEAST_ENERGY)))


def _gradient_energy(pixels: np.ndarray) -> np.ndarray:
    lab = rgb2lab(pixels)
    down, right = np.gradient(lab, axis=(0, 1))
    return (down**2 + right**2).sum(axis=2)


class FeatureDistance:
    """How far two images are apart in features, as in LPIPS (Zhang et al. 2018) without weights.

    Features are the groups of blocks of `efficientnet`, at strides 2 to 32, which knows ImageNet.
    In every position their vector over the channels is scaled to length one; the squared distances
    are averaged over positions and layers. 0 for the same image, at most 4.
    """

    def __init__(self) -> None:
        extractor = load_saliency_model("efficientnet").extractor
        assert isinstance(extractor, PretrainedNetworks)  # it ships
        self._extractor = extractor

    @torch.no_grad()
    def __call__(self, original: Tensor, version: Tensor) -> float:
        """Return the distance of two images ``(3, H, W)`` in [0, 1]."""
        layers = [self._extractor.features(image[None]) for image in (original, version)]
        distances = []
        for name in LAYERS:
            one, other = (functional.normalize(found[name], dim=1) for found in layers)
            distances.append((one - other).square().sum(dim=1).mean())
        return float(torch.stack(distances).mean())
