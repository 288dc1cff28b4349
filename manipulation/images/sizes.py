"""Photographs at the size that a model sees, or a clear word why not."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from stimuli.support.errors import InputError
from stimuli.support.files import read_image

# Sides beyond this are a wrong scale rather than a photograph, and would not fit into memory.
MAXIMUM_PX = 4096


def resized_photograph(
    path: Path, *, scale: float | None = None, height_px: int = 512, minimum_px: int = 1
) -> tuple[Tensor, tuple[int, int]]:
    """Return a photograph ``(3, H, W)`` in [0, 1], resized, and its height and width before.

    Grey pictures become RGB and transparency is laid on grey, as in
    `stimuli.support.files.read_image`.

    Parameters
    ----------
    scale
        Factor on height and width; without it the photograph is resized to `height_px`.
    minimum_px
        Smallest side that the model accepts.

    Raises
    ------
    InputError
        If it cannot be read, or a side would be shorter than `minimum_px` or longer than
        `MAXIMUM_PX`.
    """
    pixels = read_image(path)
    file_size = pixels.shape[:2]
    size = resized_size(path, file_size, scale=scale, height_px=height_px, minimum_px=minimum_px)
    return to_tensor(pixels, size), file_size


def resized_size(
    path: Path,
    file_size: tuple[int, int],
    *,
    scale: float | None = None,
    height_px: int = 512,
    minimum_px: int = 1,
) -> tuple[int, int]:
    """Return height and width that a photograph of `file_size` is resized to.

    Parameters and errors are those of `resized_photograph`.
    """
    height, width = file_size
    factor = height_px / height if scale is None else scale
    size = (max(1, round(height * factor)), max(1, round(width * factor)))
    if min(size) < minimum_px or max(size) > MAXIMUM_PX:
        raise InputError(
            f"{path}: is {width} x {height} px and would be resized to {size[1]} x {size[0]}; "
            f"expected {minimum_px} to {MAXIMUM_PX} px on both sides; leave it out, or change "
            f"--{'height-px' if scale is None else 'pixels-per-degree'}"
        )
    return size


def to_tensor(pixels: np.ndarray, size: tuple[int, int]) -> Tensor:
    """Return ``(height, width, 3)`` uint8 as ``(3, H, W)`` float32 in [0, 1], resized to `size`."""
    resized = Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(resized)).permute(2, 0, 1).to(torch.float32) / 255


def to_bytes(image: Tensor) -> Tensor:
    """Return an image in [0, 1] as uint8, of the same shape."""
    return (image * 255).round().to(torch.uint8)


def halved(images: Tensor) -> Tensor:
    """Return images ``(B, 3, H, W)`` at half their size, as means of 2 x 2 pixels."""
    return functional.avg_pool2d(images, 2, ceil_mode=True, count_include_pad=False)


def padded(images: Tensor, multiple: int) -> Tensor:
    """Return images whose last row and column are repeated up to a multiple of pixels."""
    height, width = images.shape[-2:]
    missing = (0, -width % multiple, 0, -height % multiple)
    return functional.pad(images, missing, mode="replicate") if any(missing) else images


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Return maps ``(B, channels, h, w)`` interpolated to another height and width."""
    if tuple(maps.shape[-2:]) == size:
        return maps
    return functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)
