"""From a photograph of any shape to the square that the networks see.

Images are ``(3, H, W)`` float32 RGB in [0, 1]; masks are ``(H, W)`` float32, 1 inside.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional


def square_box(width: int, height: int, fit: str) -> tuple[float, float, float, float]:
    """Return the part of a photograph that is used, as ``(left, top, right, bottom)`` in pixels.

    ``crop``: the largest centred square; ``stretch``: all of it.
    """
    if fit == "stretch":
        return (0, 0, width, height)
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return (left, top, left + side, top + side)


def squared(pixels: np.ndarray, side_px: int, fit: str) -> Tensor:
    """Return a photograph ``(height, width, 3)`` uint8 as a square image ``(3, side, side)``."""
    box = square_box(pixels.shape[1], pixels.shape[0], fit)
    resized = Image.fromarray(pixels).resize((side_px, side_px), Image.Resampling.LANCZOS, box=box)
    return torch.from_numpy(np.array(resized)).permute(2, 0, 1).float() / 255


def squared_mask(mask: np.ndarray, side_px: int, fit: str) -> Tensor:
    """Return a boolean mask ``(height, width)`` as ``(side, side)``, cut like its photograph.

    A pixel is inside where at least half of it is.
    """
    box = square_box(mask.shape[1], mask.shape[0], fit)
    picture = Image.fromarray(mask.astype(np.float32))
    resized = np.array(picture.resize((side_px, side_px), Image.Resampling.BOX, box=box))
    return torch.from_numpy(resized >= 0.5).float()


def resized(maps: Tensor, side_px: int) -> Tensor:
    """Return maps ``(..., h, w)`` at another square size, bilinear, averaging when it shrinks."""
    if maps.shape[-2:] == (side_px, side_px):
        return maps
    flat = maps.reshape(1, -1, *maps.shape[-2:])
    result = functional.interpolate(flat, (side_px, side_px), mode="bilinear", antialias=True)
    return result.reshape(*maps.shape[:-2], side_px, side_px)


def to_pixels(image: Tensor) -> np.ndarray:
    """Return an image as ``(height, width, 3)`` uint8."""
    return (image * 255).round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()


def to_image(pixels: np.ndarray) -> Tensor:
    """Return ``(height, width, 3)`` uint8 as an image."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255
