"""FGTransform for use: the same function as `fgtransform`, with less arithmetic.

Two identities, both exact but for rounding. A convolution of concatenated maps is the sum of two
convolutions, so what the features of an image contribute to the first residual block is computed
once and kept while targets change. And a 3x3 convolution of maps that were up-sampled by repeating
pixels sees at most 2 x 2 different ones: four 2x2 convolutions at the smaller size, one for each
place in a block of 2 x 2, with sums of the 3x3 weights, are the same in 4/9 of the arithmetic.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.transforms.fgtransform import (
    FGTransform,
    UpSamplingBlock,
    as_image,
    check_images,
    pyramid,
)

_JOINED = 4  # channels of image and target, the last of those that a convolution sees


@dataclass(frozen=True)
class Share:
    """What the features of images contribute to the first residual block.

    Attributes
    ----------
    first, projection : Tensor (B, width, h, w)
        To its first convolution, and to the projection of its input.
    """

    first: Tensor
    projection: Tensor


class FastFGTransform(nn.Module):
    """A trained FGTransform for repeated use, without gradients.

    Parameters
    ----------
    network
        Its weights are copied.
    dtype
        Of weights and maps.
    """

    def __init__(self, network: FGTransform, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        network = copy.deepcopy(network)
        self.stride, self.minimum_px = network.stride, network.minimum_px
        self.output, self.dtype = network.output, dtype
        block, *others = network.residual_blocks
        self.first, self.first_norm = _Divided(block.first[0]), block.first[1]
        self.projection, self.second = _Divided(block.projection), block.second
        self.others = nn.ModuleList(others)
        self.up_sampling = nn.ModuleList(map(_Repeated, network.up_sampling_blocks))
        self.output_convolution = network.output_convolution
        self.to(dtype).eval().requires_grad_(False)

    def share(self, features: Tensor) -> Share:
        """Return what features ``(B, C, h, w)`` contribute, for `forward` with any targets."""
        features = features.to(self.dtype)
        return Share(self.first.of_features(features), self.projection.of_features(features))

    def forward(self, images: Tensor, target: Tensor, share: Share) -> Tensor:
        """Return the changed images; as `FGTransform.forward`, with the features' share."""
        check_images(images, self.stride, self.minimum_px)
        levels = pyramid(images, target, len(self.up_sampling))
        levels = [level.to(self.dtype) for level in levels]
        joined = levels.pop()
        maps = functional.relu(self.first_norm(share.first + self.first.of_joined(joined)))
        maps = self.second(maps) + share.projection + self.projection.of_joined(joined)
        maps = functional.relu(maps)
        for block in self.others:
            maps = block(maps)
        for block in self.up_sampling:
            maps = block(maps, levels.pop())
        return as_image(self.output_convolution(maps), images, self.output)


class _Divided(nn.Module):
    """A convolution of concatenated features, image and target, as the sum of two."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        features, joined = convolution.weight.detach().split(
            [convolution.in_channels - _JOINED, _JOINED], dim=1
        )
        self.features, self.joined = nn.Parameter(features.clone()), nn.Parameter(joined.clone())
        self.bias = convolution.bias
        self.padding = convolution.padding

    def of_features(self, features: Tensor) -> Tensor:
        return functional.conv2d(features, self.features, self.bias, padding=self.padding)

    def of_joined(self, joined: Tensor) -> Tensor:
        return functional.conv2d(joined, self.joined, padding=self.padding)


class _Repeated(nn.Module):
    """`UpSamplingBlock` with convolutions of the maps as they were before the up-sampling."""

    def __init__(self, block: UpSamplingBlock) -> None:
        super().__init__()
        convolution, self.norm = block.convolution
        weight = convolution.weight.detach()
        self.four = nn.Parameter(four_convolutions(weight[:, :-_JOINED]))
        self.joined = nn.Parameter(weight[:, -_JOINED:].clone())

    def forward(self, maps: Tensor, image_and_target: Tensor) -> Tensor:
        result = functional.conv2d(image_and_target, self.joined, padding=1)
        return functional.relu(self.norm(result + repeated_convolution(maps, self.four)))


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


def repeated_convolution(maps: Tensor, four: Tensor) -> Tensor:
    """Convolve maps ``(B, C, h, w)`` as if each pixel were repeated, ``(B, O, 2 h, 2 w)``.

    `four` comes from `four_convolutions`; borders are padded with zeros.
    """
    count, _, height, width = maps.shape
    at_corners = functional.conv2d(maps, four, padding=1)  # (B, 4 O, h + 1, w + 1)
    result = maps.new_empty(count, len(four) // 4, 2 * height, 2 * width)
    places = [(row, column) for row in (0, 1) for column in (0, 1)]
    for (row, column), part in zip(places, at_corners.chunk(4, dim=1), strict=True):
        result[:, :, row::2, column::2] = part[:, :, row : row + height, column : column + width]
    return result
