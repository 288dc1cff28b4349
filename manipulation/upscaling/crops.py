"""Photographs beside their reductions by 2: what the network that upscales learns from.

A reduction is made as `manipulation.images.photographs.squared` makes the image that networks see
(Pillow, Lanczos).
"""

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


def crops(
    files: Sequence[Path], recipe: UpscalingRecipe, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Return crops of a step ``(B, 3, 2 px, 2 px)`` and their reductions ``(B, 3, px, px)``."""
    high = []
    for index in generator.integers(len(files), size=recipe.photographs):
        pixels = read_image(files[index])
        high += [crop(pixels, recipe, generator) for _ in range(recipe.crops)]
    low = [np.asarray(reduced(Image.fromarray(one))) for one in high]
    return _stacked(high), _stacked(low)


def _stacked(pixels: list[np.ndarray]) -> Tensor:
    images = torch.stack([to_image(one) for one in pixels])
    return images.contiguous(memory_format=torch.channels_last)
