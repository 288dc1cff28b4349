"""FGTransform for use: the same function as `fgtransform`, with less arithmetic.

Two identities, both exact but for rounding. A convolution of concatenated maps is the sum of two
convolutions, so what the features of an image contribute to the first residual block is computed
once and kept while targets change. And a 3x3 convolution of maps that were up-sampled by repeating
pixels sees at most 2 x 2 different ones: four 2x2 convolutions at the smaller size, one for each
place in a block of 2 x 2, with sums of the 3x3 weights, are the same in 4/9 of the arithmetic.
"""

import copy
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.networks.fgtransform import (
    IMAGE_AND_TARGET,
    FGTransform,
    ResidualBlock,
    UpSamplingBlock,
    pyramid,
)
from manipulation.networks.image_network import ImageNetwork, as_image
from manipulation.networks.normalisation import InstanceNorm


@dataclass(frozen=True)
class FeatureContribution:
    """What the features of images contribute to the first residual block.

    Attributes
    ----------
    first, projection : Tensor (B, width, h, w)
        Their summands in its first convolution and in the projection of its input.
    """

    first: Tensor
    projection: Tensor


class FastFGTransform(ImageNetwork):
    """A trained FGTransform for repeated use, without gradients.

    Parameters
    ----------
    network
        Its weights are copied.
    dtype
        Type of weights and maps.
    """

    uses_features = True

    def __init__(self, network: FGTransform, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        network = copy.deepcopy(network)
        self.stride, self.minimum_px = network.stride, network.minimum_px
        self.output, self.dtype = network.output, dtype
        block, *others = cast(list[ResidualBlock], list(network.residual_blocks))
        convolution, norm = block.first
        self.first_norm = cast(InstanceNorm, norm)
        self.first = _SplitConvolution(cast(nn.Conv2d, convolution))
        self.projection = _SplitConvolution(cast(nn.Conv2d, block.projection))
        self.second = block.second
        self.others = nn.ModuleList(others)
        self.up_sampling = nn.ModuleList(
            UpSamplingOfRepeatedPixels(cast(UpSamplingBlock, one))
            for one in network.up_sampling_blocks
        )
        self.output_convolution = network.output_convolution
        self.to(dtype).eval().requires_grad_(False)

    def contribution(self, features: Tensor) -> FeatureContribution:
        """Return what features ``(B, C, h, w)`` contribute, for `forward` with any targets."""
        features = features.to(self.dtype)
        return FeatureContribution(
            self.first.of_features(features), self.projection.of_features(features)
        )

    def forward(self, images: Tensor, target: Tensor, contribution: FeatureContribution) -> Tensor:
        """Return the changed images; as `FGTransform.forward`, given what features contribute."""
        self.check_images(images)
        levels = pyramid(images, target, len(self.up_sampling))
        *finer, coarsest = [level.to(self.dtype) for level in levels]  # (B, 4, H, W) to (.., h, w)
        first = contribution.first + self.first.of_image_and_target(coarsest)
        projected = self.projection.of_image_and_target(coarsest)
        projected = projected + contribution.projection
        maps = self.second.rectified(self.first_norm.rectified(first), projected)
        for block in self.others:
            maps = block(maps)  # (B, width, h, w)
        for up_sampling, level in zip(self.up_sampling, reversed(finer), strict=True):
            maps = up_sampling(maps, level)  # (B, width / 2, 2 h, 2 w) and so on
        return as_image(self.output_convolution(maps), images, self.output)  # (B, 3, H, W)


class _SplitConvolution(nn.Module):
    """A convolution of concatenated features, image and target, as the sum of two."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        features, image_and_target = convolution.weight.detach().split(
            [convolution.in_channels - IMAGE_AND_TARGET, IMAGE_AND_TARGET], dim=1
        )
        self.features = nn.Parameter(features.clone())
        self.image_and_target = nn.Parameter(image_and_target.clone())
        self.bias = convolution.bias
        self.padding = cast(tuple[int, int], convolution.padding)

    def of_features(self, features: Tensor) -> Tensor:
        return functional.conv2d(features, self.features, self.bias, padding=self.padding)

    def of_image_and_target(self, level: Tensor) -> Tensor:
        return functional.conv2d(level, self.image_and_target, padding=self.padding)


class UpSamplingOfRepeatedPixels(nn.Module):
    """`UpSamplingBlock` with convolutions of the maps as they were before the up-sampling."""

    def __init__(self, block: UpSamplingBlock) -> None:
        super().__init__()
        convolution, norm = block.convolution
        self.norm = cast(InstanceNorm, norm)
        weight = cast(nn.Conv2d, convolution).weight.detach()
        self.four = nn.Parameter(four_convolutions(weight[:, :-IMAGE_AND_TARGET]))
        self.image_and_target = nn.Parameter(weight[:, -IMAGE_AND_TARGET:].clone())

    def forward(self, maps: Tensor, image_and_target: Tensor) -> Tensor:
        result = functional.conv2d(image_and_target, self.image_and_target, padding=1)
        return self.norm.rectified(add_repeated_convolution(result, maps, self.four))


def four_convolutions(weight: Tensor) -> Tensor:
    """Return the weights of four 2x2 convolutions from those of one 3x3 convolution.

    Parameters
    ----------
    weight : Tensor (O, C, 3, 3)
        For maps that are up-sampled by repeating each pixel.

    Returns
    -------
    Tensor (4 O, C, 2, 2)
        For the maps before; top left, top right, bottom left and bottom right of each pixel's
        block.
    """

    def of_half(rows: Tensor, half: int) -> Tensor:  # (..., 3) -> (..., 2)
        before, here, after = rows.unbind(-1)
        pair = (before, here + after) if half == 0 else (before + here, after)
        return torch.stack(pair, dim=-1)

    return torch.cat(
        [
            of_half(of_half(weight, column).transpose(2, 3), row).transpose(2, 3)
            for row in (0, 1)
            for column in (0, 1)
        ]
    )


def add_repeated_convolution(result: Tensor, maps: Tensor, four: Tensor) -> Tensor:
    """Convolve maps ``(B, C, h, w)`` as if each pixel were repeated; add it to `result` in place.

    `result` is ``(B, O, 2 h, 2 w)`` and is returned; `four` comes from `four_convolutions`; borders
    are padded with zeros. Where the channels lie last, each place of a block is one run of memory.
    """
    height, width = maps.shape[-2:]
    at_corners = functional.conv2d(maps, four, padding=1)  # (B, 4 O, h + 1, w + 1)
    places = [(row, column) for row in (0, 1) for column in (0, 1)]
    for (row, column), part in zip(places, at_corners.chunk(4, dim=1), strict=True):
        result[:, :, row::2, column::2] += part[:, :, row : row + height, column : column + width]
    return result
