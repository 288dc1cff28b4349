"""FGTransform: from an image, its features and a target density to the changed image.

The network of Gatys, Kümmerer, Wallis & Bethge (2017), Fig. 3(b), from leaf to root. With VGG-19's
2560 channels of stride 16, 1024 channels and an image of 512 px:

    features of VGG-19                                   2560 x  32
    + image, target at that size                         2564 x  32
    6 residual blocks                                    1024 x  32
    up-sampling, + image, target, convolution   1028 ->   512 x  64
    up-sampling, + image, target, convolution    516 ->   256 x 128
    up-sampling, + image, target, convolution    260 ->   128 x 256
    up-sampling, + image, target, convolution    132 ->    64 x 512
    output convolution                                      3 x 512

That is 136 million weights here and 20 million in VGG-19. What the paper leaves open, and the
choice here: convolutions are padded with zeros; those that a normalisation follows have no bias,
and the normalisation has scale and offset of each channel (Ulyanov, Vedaldi & Lempitsky 2016);
the input of the first residual block is projected by a 1x1 convolution; image and target join
after the up-sampling, so that the last block sees every pixel; `Output` names the ways to end.
"""

import math
from contextlib import nullcontext
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.networks.image_network import ImageNetwork, Output, as_image, with_target
from manipulation.networks.normalisation import InstanceNorm

IMAGE_AND_TARGET = 4  # channels: red, green, blue, and the target's log density


class NormalisedConvolution(nn.Sequential):
    """A 3x3 convolution and instance normalisation."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            InstanceNorm(outputs, affine=True),
        )

    def rectified(self, maps: Tensor, added: Tensor | None = None) -> Tensor:
        """Return ``relu(norm(convolution(maps)) + added)``, ``(B, outputs, h, w)``."""
        convolution, norm = self
        return cast(InstanceNorm, norm).rectified(convolution(maps), added)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions; the input is added before the second rectifier.

    The first block, which is given other channels than it returns, projects its input by a 1x1
    convolution.
    """

    def __init__(self, inputs: int, outputs: int, *, projects: bool) -> None:
        super().__init__()
        self.first = NormalisedConvolution(inputs, outputs)
        self.second = NormalisedConvolution(outputs, outputs)
        self.projection = nn.Conv2d(inputs, outputs, 1) if projects else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:  # (B, inputs, h, w)
        changed = self.first.rectified(maps)  # (B, outputs, h, w)
        return self.second.rectified(changed, self.projection(maps))  # (B, outputs, h, w)


class UpSamplingBlock(nn.Module):
    """Nearest-neighbour up-sampling by 2, image and target, and a 3x3 convolution.

    Returns half as many channels as it is given, apart from image and target.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.convolution = NormalisedConvolution(inputs + IMAGE_AND_TARGET, inputs // 2)

    def forward(self, maps: Tensor, image_and_target: Tensor) -> Tensor:  # (B, inputs, h, w)
        larger = doubled(maps)  # (B, inputs, 2h, 2w)
        level = image_and_target.to(maps.dtype)  # or autocast would widen all for these four
        joined = torch.cat([larger, level], dim=1)  # (B, inputs + 4, 2h, 2w)
        return self.convolution.rectified(joined)  # (B, inputs / 2, 2h, 2w)


class FGTransform(ImageNetwork):
    """Changes images so that they meet a target density of fixations.

    Parameters
    ----------
    feature_channels
        Channels of the features that it sees; the paper's 2560 are those of DeepGaze II.
    stride
        Image pixels per cell of the features, a power of two. There are as many up-sampling blocks
        as it takes to undo it.
    width
        Channels of the residual blocks.
    blocks
        Number of residual blocks.
    output
        How it ends.

    Raises
    ------
    ValueError
        If the stride is no power of two, the width cannot be halved often enough, or the output is
        unknown.
    """

    uses_features = True

    def __init__(
        self,
        feature_channels: int = 2560,
        stride: int = 16,
        *,
        width: int = 1024,
        blocks: int = 6,
        output: Output = Output.SIGMOID,
    ) -> None:
        super().__init__()
        doublings = int(math.log2(stride)) if stride > 0 else 0
        if stride != 2**doublings or width % stride or width < stride or blocks < 1:
            raise ValueError(
                f"stride {stride}, width {width}, {blocks} blocks; expected a power of two, a "
                f"multiple of it, and at least one block"
            )
        self.stride, self.output = stride, Output(output)
        self.minimum_px = 2 * stride  # one cell has no variance to be normalised by
        inputs = feature_channels + IMAGE_AND_TARGET
        self.residual_blocks = nn.ModuleList(
            ResidualBlock(inputs if n == 0 else width, width, projects=n == 0)
            for n in range(blocks)
        )
        self.up_sampling_blocks = nn.ModuleList(
            UpSamplingBlock(width // 2**n) for n in range(doublings)
        )
        self.output_convolution = nn.Conv2d(width // stride, 3, 3, padding=1)
        if self.output == Output.CHANGE:
            for parameter in self.output_convolution.parameters():
                nn.init.zeros_(parameter)

    def forward(self, images: Tensor, target: Tensor, features: Tensor) -> Tensor:
        """Return the changed images.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1]; H and W are multiples of the stride, and at least twice it.
        target : Tensor (B, H, W)
            Log target density, as `relative_log_density` gives it.
        features : Tensor (B, feature_channels, H / stride, W / stride)
            What guides the network, of the same images.

        Returns
        -------
        Tensor (B, 3, H, W)
            RGB in [0, 1].
        """
        self.check_images(images)
        halvings = len(self.up_sampling_blocks)
        *finer, coarsest = pyramid(images, target, halvings)  # (B, 4, H, W), ..., (B, 4, h, w)
        coarsest = coarsest.to(features.dtype)
        maps = torch.cat([features, coarsest], dim=1)  # (B, feature_channels + 4, h, w)
        for block in self.residual_blocks:
            maps = block(maps)  # (B, width, h, w)
        for block, level in zip(self.up_sampling_blocks, reversed(finer), strict=True):
            maps = block(maps, level)  # (B, width / 2, 2h, 2w), ..., (B, width / stride, H, W)
        values = self.output_convolution(maps)  # (B, 3, H, W)
        return as_image(values, images, self.output)  # (B, 3, H, W)


def doubled(maps: Tensor) -> Tensor:
    """Return maps ``(B, C, h, w)`` with each pixel repeated, of their type under autocast too.

    Autocast would bring them to 32 bits for that.
    """
    kind = maps.device.type
    with nullcontext() if kind == "meta" else torch.autocast(kind, enabled=False):
        return functional.interpolate(maps, scale_factor=2.0, mode="nearest")


def pyramid(images: Tensor, target: Tensor, halvings: int) -> list[Tensor]:
    """Return images and target together, ``(B, 4, H, W)``, at full size and halved repeatedly."""
    levels = [with_target(images, target)]
    for _ in range(halvings):
        levels.append(functional.avg_pool2d(levels[-1], 2))
    return levels
