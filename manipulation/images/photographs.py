"""From a photograph of any shape to the image that the networks see, and to the square as shown.

Images are ``(3, H, W)`` float32 RGB in [0, 1]; masks are ``(H, W)`` float32, 1 inside.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

Size = int | tuple[int, int]  # side of a square, or height and width

LEAST_PX = 32  # shorter side of a photograph as the networks see it


def square_box(width: int, height: int, fit: str) -> tuple[float, float, float, float]:
    """Return the part of a photograph that is used, as ``(left, top, right, bottom)`` in pixels.

    ``crop``: the largest centred square; ``stretch`` and ``whole``: all of it.
    """
    if fit != "crop":
        return (0, 0, width, height)
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return (left, top, left + side, top + side)


def view_box(width: int, height: int, fit: str) -> tuple[float, float, float, float]:
    """Return what a square picture of a photograph shows, ``(left, top, right, bottom)`` in pixels.

    With ``whole`` it reaches beyond the photograph, which stands in its middle.
    """
    if fit != "whole":
        return square_box(width, height, fit)
    side = max(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return (left, top, left + side, top + side)


def fitted_size(width: int, height: int, side_px: int, fit: str) -> tuple[int, int]:
    """Return height and width of what a photograph fills of a square of `side_px`.

    That is all of it, but with ``whole`` the largest part of the photograph's shape.
    """
    if fit != "whole":
        return side_px, side_px
    scale = side_px / max(width, height)
    return max(1, round(scale * height)), max(1, round(scale * width))


def squared(pixels: np.ndarray, side_px: int, fit: str) -> Tensor:
    """Return a photograph ``(height, width, 3)`` uint8 as the image that networks see.

    It is square, ``(3, side, side)``, or with ``whole`` as large as what the photograph fills of
    that square (`fitted_size`).
    """
    height, width = pixels.shape[:2]
    size = fitted_size(width, height, side_px, fit)
    box = square_box(width, height, fit)
    resized = Image.fromarray(pixels).resize(size[::-1], Image.Resampling.LANCZOS, box=box)
    return torch.from_numpy(np.array(resized)).permute(2, 0, 1).float() / 255


def squared_mask(mask: np.ndarray, size: Size, fit: str) -> Tensor:
    """Return a boolean mask ``(height, width)`` cut like its photograph, at another size.

    A pixel is inside where at least half of it is. With a side as the size it is as large as
    `squared` makes the photograph.
    """
    height, width = mask.shape
    if isinstance(size, int):
        size = fitted_size(width, height, size, fit)
    box = square_box(width, height, fit)
    picture = Image.fromarray(mask.astype(np.float32))
    resized = np.array(picture.resize(size[::-1], Image.Resampling.BOX, box=box))
    return torch.from_numpy(resized >= 0.5).float()


def resized(maps: Tensor, size: Size) -> Tensor:
    """Return maps ``(..., h, w)`` at another size, bilinear, averaging where it shrinks."""
    size = (size, size) if isinstance(size, int) else size
    if maps.shape[-2:] == size:
        return maps
    flat = maps.reshape(1, -1, *maps.shape[-2:])
    result = functional.interpolate(flat, size, mode="bilinear", antialias=True)
    return result.reshape(*maps.shape[:-2], *size)


def to_pixels(image: Tensor) -> np.ndarray:
    """Return an image as ``(height, width, 3)`` uint8."""
    return (image * 255).round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()


def to_image(pixels: np.ndarray) -> Tensor:
    """Return ``(height, width, 3)`` uint8 as an image."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255
