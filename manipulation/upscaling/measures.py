"""How near upscaled photographs come to what they were, against interpolation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from manipulation.images.photographs import to_image, to_pixels
from manipulation.upscaling.crops import compressed, reduced
from manipulation.upscaling.network import SCALE
from stimuli.support.files import read_image

BORDER_PX = 4  # left out on every side
_RESAMPLES = 10_000


@dataclass(frozen=True)
class Quality:
    """Of photographs that were reduced by 2 and upscaled, one value each.

    Attributes
    ----------
    psnr, ssim : ndarray (photographs,)
        Peak signal-to-noise ratio in dB, and structural similarity, of luma.
    """

    psnr: np.ndarray
    ssim: np.ndarray


def even(pixels: np.ndarray) -> np.ndarray:
    """Return a photograph without its last row or column where their number is odd."""
    height, width = (SCALE * (side // SCALE) for side in pixels.shape[:2])
    return pixels[:height, :width]


def psnr_ssim(made: np.ndarray, pixels: np.ndarray) -> tuple[float, float]:
    """Return PSNR (dB) and SSIM of two images ``(height, width, 3)`` uint8.

    As is usual in super-resolution, both are of luma (Y of ITU-R BT.601, 16 to 235) with a peak of
    255, and a border is left out. SSIM is that of Wang, Bovik, Sheikh & Simoncelli (2004): Gaussian
    windows of 1.5 px.
    """
    inside = (slice(BORDER_PX, -BORDER_PX),) * 2
    one, other = (rgb2ycbcr(image)[..., 0][inside] for image in (made, pixels))
    return (
        peak_signal_noise_ratio(other, one, data_range=255),
        structural_similarity(
            other, one, data_range=255, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        ),
    )  # fmt: skip


@torch.inference_mode()
def by_network(network: Callable[[Tensor], Tensor], low: Image.Image) -> np.ndarray:
    """Return a picture upscaled by a network."""
    return to_pixels(network(to_image(np.asarray(low))[None])[0].clamp(0, 1))


def by_interpolation(resampling: Image.Resampling) -> Callable[[Image.Image], np.ndarray]:
    """Return what upscales a picture by interpolation."""

    def upscaled(low: Image.Image) -> np.ndarray:
        return np.asarray(low.resize((SCALE * low.width, SCALE * low.height), resampling))

    return upscaled


def qualities(
    files: Sequence[Path], network: Callable[[Tensor], Tensor], jpeg: int | None = None
) -> Iterator[dict[str, tuple[float, float]]]:
    """Yield for every photograph PSNR and SSIM by the name of the method.

    With `jpeg` the reduction is a JPEG file of that quality before it is upscaled.
    """
    methods = {
        "network": lambda low: by_network(network, low),
        "bicubic": by_interpolation(Image.Resampling.BICUBIC),
        "Lanczos": by_interpolation(Image.Resampling.LANCZOS),
    }
    for file in files:
        pixels = even(read_image(file))
        low = reduced(Image.fromarray(pixels))
        low = low if jpeg is None else compressed(low, jpeg)
        yield {name: psnr_ssim(method(low), pixels) for name, method in methods.items()}


def gathered(found: Sequence[dict[str, tuple[float, float]]]) -> dict[str, Quality]:
    """Return the qualities of photographs by the name of the method."""
    return {
        name: Quality(*np.array([one[name] for one in found]).reshape(-1, 2).T) for name in found[0]
    }


def interval(differences: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of a mean by bootstrap over photographs."""
    drawn = np.random.default_rng(seed).integers(
        len(differences), size=(_RESAMPLES, len(differences))
    )
    low, high = np.quantile(differences[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
