"""Photographs beside their reductions by 2: what the network that upscales learns from.

A reduction is made as `manipulation.images.photographs.squared` makes the image that networks see
(Pillow, Lanczos). Photographs of a study come with the noise and the ringing of their cameras and
files; a share of the reductions may be degraded likewise, so that the network does not sharpen it.
"""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from manipulation.images.photographs import to_image
from manipulation.upscaling.network import SCALE
from manipulation.upscaling.recipe import UpscalingRecipe
from stimuli.support.files import read_image


def reduced(picture: Image.Image) -> Image.Image:
    """Return a picture at half its width and height, both even."""
    size = (picture.width // SCALE, picture.height // SCALE)
    return picture.resize(size, Image.Resampling.LANCZOS)


def crop(pixels: np.ndarray, recipe: UpscalingRecipe, generator: np.random.Generator) -> np.ndarray:
    """Return a random crop ``(2 crop_px, 2 crop_px, 3)`` of a photograph, mirrored and turned."""
    side = SCALE * recipe.crop_px
    height, width = pixels.shape[:2]
    most = min(recipe.most_reduction, min(height, width) / side)
    factor = generator.uniform(1, most) if generator.random() < 0.5 else 1.0
    left = generator.integers(width - math.ceil(factor * side) + 1)
    top = generator.integers(height - math.ceil(factor * side) + 1)
    box = (left, top, left + factor * side, top + factor * side)
    picture = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS, box=box)
    turned = np.rot90(np.asarray(picture), int(generator.integers(4)))
    return turned[:, ::-1] if generator.random() < 0.5 else turned


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    """Return a picture as a JPEG file of this quality (Pillow's, 1 to 95) gives it back."""
    with io.BytesIO() as file:
        picture.save(file, "JPEG", quality=quality)
        return Image.open(file).convert("RGB")


def degraded(
    picture: Image.Image, recipe: UpscalingRecipe, generator: np.random.Generator
) -> Image.Image:
    """Return a reduction with noise and JPEG of random strength; a share of them as they are."""
    if generator.random() >= recipe.degraded:
        return picture
    pixels = np.asarray(picture, dtype=np.float64)
    noise = generator.normal(0, 255 * recipe.most_noise * generator.random(), pixels.shape)
    noisy = (pixels + noise).round().clip(0, 255).astype(np.uint8)
    quality = int(generator.integers(recipe.lowest_quality, recipe.highest_quality + 1))
    return compressed(Image.fromarray(noisy), quality)


def crops(
    files: Sequence[Path], recipe: UpscalingRecipe, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Return crops of a step ``(B, 3, 2 px, 2 px)`` and their reductions ``(B, 3, px, px)``.

    The reductions are degraded as the recipe says; the crops are not.
    """
    high = []
    for index in generator.integers(len(files), size=recipe.photographs):
        pixels = read_image(files[index])
        high += [crop(pixels, recipe, generator) for _ in range(recipe.crops)]
    low = [np.asarray(degraded(reduced(Image.fromarray(one)), recipe, generator)) for one in high]
    return _stacked(high), _stacked(low)


def _stacked(pixels: list[np.ndarray]) -> Tensor:
    images = torch.stack([to_image(one) for one in pixels])
    return images.contiguous(memory_format=torch.channels_last)
