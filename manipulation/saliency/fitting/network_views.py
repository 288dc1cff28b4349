"""Random views of photographs with their fixations, for training networks on few photographs.

A view is a crop at a random scale and aspect, perhaps mirrored, in other colours and another light.
Fixations and centre bias go along, so that likelihoods within a view stay what they mean.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from manipulation.images.gaussian import resample
from manipulation.saliency.fixations.viewed import ViewedPhotograph, cell_counts
from stimuli.support.checked import CheckedSettings, setting


@dataclass(frozen=True)
class Variation(CheckedSettings):
    """How views differ from the photograph; each factor is drawn up to this far.

    Attributes
    ----------
    scale
        Smallest and largest factor on the size, the same for a batch; uniform in its logarithm.
    aspect
        Log of the factor on the height, and of its inverse on the width.
    gamma, contrast, saturation, brightness, cast
        Bend of mid-greys, contrast around the mean, distance from grey, and what is added to all
        channels or to each.
    grey
        Share of views without colour.
    blur_px, noise
        Standard deviation of a Gaussian blur, in pixels of the view, and of Gaussian noise, each
        drawn from 0 up to this far; half of the views have neither.
    """

    scale: tuple[float, ...] = setting((0.6, 1.25), "smallest and largest factor on the size")
    aspect: float = setting(0.1, "log of the factor on the height", 0, 2)
    gamma: float = setting(0.6, "bend of mid-greys", 0, 4)
    contrast: float = setting(0.3, "contrast around the mean", 0, 1)
    saturation: float = setting(0.4, "distance from grey", 0, 1)
    brightness: float = setting(0.1, "added to all channels", 0, 1)
    cast: float = setting(0.05, "added to each channel", 0, 1)
    grey: float = setting(0.1, "share of views without colour", 0, 1)
    blur_px: float = setting(0.0, "standard deviation of a blur", 0, 10)
    noise: float = setting(0.0, "standard deviation of noise", 0, 1)


class SeesViews(Protocol):
    """What a network says of the views that it wants.

    Attributes
    ----------
    share
        Size of what it sees, as a share of the photograph's.
    multiple
        Height and width are multiples of it.
    cell_px
        Pixels of the view per cell of the network's map.
    """

    share: float
    multiple: int
    cell_px: int


@dataclass(frozen=True)
class Batch:
    """Views of several photographs.

    Attributes
    ----------
    images : Tensor (B, 3, h, w)
        RGB in [0, 1], at the scale that the network sees.
    centre_bias : Tensor (B, rows, columns)
        Log density of the centre bias over the view, which it sums to one in.
    counts : Tensor (B, rows, columns)
        Fixations per cell of the network's map.
    """

    images: Tensor
    centre_bias: Tensor
    counts: Tensor


def views(
    seen: Sequence[ViewedPhotograph],
    centre_bias: Tensor,
    variation: Variation,
    generator: np.random.Generator,
    network: SeesViews,
) -> Batch:
    """Draw one view of each photograph.

    Parameters
    ----------
    seen
        Photographs with their pixels.
    centre_bias : Tensor (rows, columns)
        Log density over the photograph's area.
    network
        What size of views it wants.
    """
    scale = math.exp(generator.uniform(*np.log(variation.scale)))
    # at most the size that the network sees of the smallest, at most that after scaling
    sizes = np.ceil(network.share * np.array([one.size for one in seen]))
    limits = sizes.min(0) * min(scale, 1.0)
    height, width = (max(1, round(limit / network.multiple)) * network.multiple for limit in limits)
    cells = (height // network.cell_px, width // network.cell_px)
    images, biases, counts = [], [], []
    for one, size in zip(seen, sizes, strict=True):
        aspect = math.exp(generator.uniform(-variation.aspect, variation.aspect) / 2)
        shown = np.array([width / aspect, height * aspect]) / scale
        share = np.minimum(1.0, shown / size[::-1])  # of width and height
        corner = generator.uniform(size=2) * (1 - share)
        mirrored = generator.random() < 0.5
        grid = _grid(corner, share, mirrored)
        pixels = one.half_pixels if scale * network.share <= 0.5 else one.known_pixels
        images.append(_sampled(pixels.float() / 255, grid, (height, width)))
        biases.append(_sampled(centre_bias[None], grid, cells)[0])
        points = _in_view(one.relative_points, corner, share, mirrored)
        counts.append(cell_counts(points * cells[::-1], cells))
    bias = torch.stack(biases)
    bias = torch.log_softmax(bias.flatten(1), dim=1).reshape(bias.shape)
    pictures = _recoloured(torch.stack(images), variation, generator)
    if variation.blur_px or variation.noise:
        pictures = _worsened(pictures, variation, generator)
    return Batch(pictures, bias, torch.stack(counts))


def _grid(corner: np.ndarray, share: np.ndarray, mirrored: bool) -> Tensor:
    """Return the affine map ``(2, 3)`` from a view to its photograph, both in [-1, 1]."""
    x, y = 2 * corner + share - 1
    return torch.tensor(
        [[-share[0] if mirrored else share[0], 0, x], [0, share[1], y]], dtype=torch.float32
    )


def _sampled(maps: Tensor, grid: Tensor, size: tuple[int, int]) -> Tensor:
    places = functional.affine_grid(grid[None], [1, 1, *size], align_corners=False)
    return functional.grid_sample(
        maps[None], places, mode="bilinear", padding_mode="border", align_corners=False
    )[0]


def _in_view(
    points: np.ndarray, corner: np.ndarray, share: np.ndarray, mirrored: bool
) -> np.ndarray:
    """Return those of the points that are in a view, in parts of its width and height."""
    inside = (points - corner) / share
    inside = inside[((inside >= 0) & (inside < 1)).all(axis=1)]
    if mirrored:
        inside[:, 0] = np.nextafter(1, 0) - inside[:, 0]
    return inside


def _recoloured(images: Tensor, variation: Variation, generator: np.random.Generator) -> Tensor:
    """Return images ``(B, 3, h, w)`` in another light, each in its own."""
    count = len(images)

    def drawn(most: float, *shape: int) -> Tensor:
        values = generator.uniform(-most, most, (count, *shape))
        return torch.from_numpy(values.astype(np.float32))

    images = images + drawn(variation.gamma, 1, 1, 1) * images * (1 - images)
    coloured = torch.from_numpy(generator.random((count, 1, 1)) >= variation.grey).float()
    saturation = (1 + drawn(variation.saturation, 1, 1)) * coloured
    contrast = 1 + drawn(variation.contrast, 1, 1)
    mix = contrast * (saturation * torch.eye(3) + (1 - saturation) / 3)  # (B, 3, 3)
    mean = images.mean(dim=(1, 2, 3))[:, None, None]
    added = mean * (1 - contrast) + drawn(variation.brightness, 1, 1) + drawn(variation.cast, 3, 1)
    return torch.baddbmm(added, mix, images.flatten(2)).clamp(0, 1).reshape(images.shape)


def _worsened(images: Tensor, variation: Variation, generator: np.random.Generator) -> Tensor:
    """Return images ``(B, 3, h, w)``, half of them blurred and noisy, each by its own amount."""
    made = []
    for image in images:
        blurred, noisy = generator.uniform(size=2) * (generator.random() < 0.5)
        if sigma := blurred * variation.blur_px:
            height, width = image.shape[-2:]
            image = resample(image, max(sigma, 0.1), size=(height, width))
        noise = torch.from_numpy(generator.standard_normal(image.shape, dtype=np.float32))
        made.append(image + noisy * variation.noise * noise)
    return torch.stack(made).clamp(0, 1)
