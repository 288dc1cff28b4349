"""How far a version is from its original: in pixels, in structure, in features, along contours."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy import ndimage
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity
from torch import Tensor
from torch.nn import functional

from manipulation.images.gaussian import resample
from manipulation.naturalness.region_statistics import lab_of

_WINDOW = 7  # pixels of the side of the squares that are compared in structure
_SEAM = 2  # pixels on either side of a contour
_LEAST_ENERGY = 1.0  # squared units of CIELAB per pixel, below which a contour is plain
_COLOUR_WIDTH = 0.02  # Gaussian width of the pictures whose colours are compared, of the side
_LARGEST_SHARE = 0.02  # of the picture, in which colours or features differ most
_LOCAL_WIDTH = 0.02  # Gaussian width of the neighbourhood in which features differ, of the side
_FADING = 12.0  # units of lightness that count like half of the colour that is lost
_PALE = 5.0  # chroma, in units of CIELAB, that is hardly seen to be lost
_COLOURFUL = 20.0  # chroma of a colour photograph where it has most, in units of CIELAB


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


def feature_distances(layers: Sequence[Tensor], other_layers: Sequence[Tensor]) -> Tensor:
    """Return how far images are apart in features ``(B,)``, as in LPIPS without its weights.

    As in Zhang et al. (2018) the vector over the channels is scaled to length one in every
    position; the squared distances are averaged over positions and layers. 0 for the same image, at
    most 4.

    Parameters
    ----------
    layers, other_layers : sequences of Tensor (B, C, h, w)
        Maps of the same layers for the images (`RegionFeatures.maps`).
    """
    maps = _distance_maps(layers, other_layers)
    return torch.stack([one.mean(dim=(1, 2, 3)) for one in maps]).mean(dim=0)


def local_feature_distances(layers: Sequence[Tensor], other_layers: Sequence[Tensor]) -> Tensor:
    """Return how far images are apart in features where they changed most ``(B,)``.

    The squared distances of `feature_distances`, averaged over layers and, by a Gaussian of 2 % of
    the picture's side, over the neighbourhood; the mean over the 2 % of the picture where that is
    largest. A face that is lost weighs little in the mean over a picture, and much here.

    Parameters
    ----------
    layers, other_layers : sequences of Tensor (B, C, h, w)
        Maps of the same layers for the images (`RegionFeatures.maps`), the finest first.
    """
    maps = _distance_maps(layers, other_layers)
    size = (maps[1].shape[-2], maps[1].shape[-1])  # the second finest: nothing smaller is bounded
    enlarged = [
        functional.interpolate(one, size=size, mode="bilinear", align_corners=False) for one in maps
    ]
    mean = torch.stack(enlarged).mean(dim=0)
    near = resample(mean, _LOCAL_WIDTH * max(size), size=size)
    return largest(near[:, 0]).mean(dim=1)


def _distance_maps(layers: Sequence[Tensor], other_layers: Sequence[Tensor]) -> list[Tensor]:
    """Return the squared distances of unit vectors over the channels, ``(B, 1, h, w)`` a layer."""
    return [
        (functional.normalize(one, dim=1) - functional.normalize(other, dim=1))
        .square()
        .sum(dim=1, keepdim=True)
        for one, other in zip(layers, other_layers, strict=True)
    ]


def local_tones(images: Tensor) -> Tensor:
    """Return CIELAB without detail, and contrast, ``(B, 4, H, W)`` of images ``(B, 3, H, W)``.

    Contrast is the standard deviation of lightness in the neighbourhood.
    """
    size = (images.shape[-2], images.shape[-1])
    lab = lab_of(images)
    lightness = lab[:, :1]
    found = resample(
        torch.cat([lab, lightness.square()], dim=1), _COLOUR_WIDTH * max(size), size=size
    )
    variance = (found[:, 3:] - found[:, :1].square()).clamp(min=0)
    return torch.cat([found[:, :3], (variance + _LEAST_ENERGY).sqrt()], dim=1)


def local_colours(images: Tensor) -> Tensor:
    """Return a* and b* of CIELAB ``(B, 2, H, W)`` of images ``(B, 3, H, W)``, without detail."""
    return colours_of(local_tones(images))


def colours_of(tones: Tensor) -> Tensor:
    """Return a* and b* ``(B, 2, H, W)`` of `local_tones`."""
    return tones[:, 1:3]


def tone_differences(before: Tensor, after: Tensor) -> Tensor:
    """Return how far places were bleached, greyed, lit or flattened where they were most ``(B,)``.

    The difference of lightness from what became of the whole picture, that of contrast, and the
    chroma that was lost, in octaves (12 units of lightness each), as the root of the sum of
    squares; the mean over the 2 % of the picture where it is largest. A picture that became lighter
    as a whole has none.

    Parameters
    ----------
    before, after : Tensor (B, 4, H, W)
        Of the originals and the versions (`local_tones`).
    """
    lightness, contrast = (after - before)[:, 0], (after - before)[:, 3]
    lightness = lightness - lightness.mean(dim=(1, 2), keepdim=True)
    chroma, chroma_after = (
        (colours_of(one).square().sum(dim=1) + 1e-6).sqrt() + _PALE for one in (before, after)
    )
    faded = (chroma / chroma_after).log2().clamp(min=0)
    squares = lightness.square() + contrast.square() + (_FADING * faded).square()
    return (largest(squares) + 1e-6).sqrt().mean(dim=1) - 1e-3


def colour_differences(before: Tensor, after: Tensor) -> Tensor:
    """Return how far colours changed where they changed most ``(B,)``, lightness aside.

    The differences of chroma and hue of CIE94 (CIE 116-1995), which count less the more colourful
    a place was, so that grey that takes a tint counts most; the mean over the 2 % of the picture
    where they are largest. About 1 can just be told side by side. Where an original has hardly any
    colour they are larger, since any tint of a grey photograph is seen: they are divided by its
    `colourfulness`.

    Parameters
    ----------
    before, after : Tensor (B, 2, H, W)
        Of the originals and the versions (`local_colours`).
    """
    chroma, chroma_after = ((one.square().sum(dim=1) + 1e-6).sqrt() for one in (before, after))
    of_chroma = chroma_after - chroma
    of_hue = ((after - before).square().sum(dim=1) - of_chroma.square()).clamp(min=0)
    squares = (of_chroma / (1 + 0.045 * chroma)).square() + of_hue / (1 + 0.015 * chroma).square()
    differences = (largest(squares) + 1e-6).sqrt().mean(dim=1) - 1e-3
    return differences / colourfulness(before)


def colourfulness(colours: Tensor) -> Tensor:
    """Return how colourful images are ``(B,)``: 1 for most photographs, 0.1 for grey ones.

    The chroma of the most colourful 2 % as a share of 20, from 0.1 to 1.

    Parameters
    ----------
    colours : Tensor (B, 2, H, W)
        Of the images (`local_colours`).
    """
    chroma = largest(colours.square().sum(dim=1)).sqrt().mean(dim=1)
    return (chroma / _COLOURFUL).clamp(0.1, 1)


def largest(maps: Tensor) -> Tensor:
    """Return the largest 2 % ``(B, n)`` of maps ``(B, H, W)``."""
    return maps.flatten(1).topk(max(1, round(_LARGEST_SHARE * maps[0].numel())), dim=1).values
