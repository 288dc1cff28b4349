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
after the up-sampling, so that the last block sees every pixel; `OUTPUTS` are the ways to end.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.saliency.centre_bias import log_normalised

# How the output convolution's result becomes an image in [0, 1]:
OUTPUTS = (
    "sigmoid",  # an image of its own
    "change",  # a change of the image's log odds, none at the start of training
)
_SHOULDER = 0.01  # pixel values are squeezed this far from 0 and 1, where log odds have no bound


def normalised_convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Return a 3x3 convolution and instance normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.InstanceNorm2d(outputs, affine=True),
    )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions; the input is added before the second rectifier.

    The first block, which is given other channels than it returns, projects its input by a 1x1
    convolution.
    """

    def __init__(self, inputs: int, outputs: int, *, projects: bool) -> None:
        super().__init__()
        self.first = normalised_convolution(inputs, outputs)
        self.second = normalised_convolution(outputs, outputs)
        self.projection = nn.Conv2d(inputs, outputs, 1) if projects else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:  # (B, inputs, h, w) -> (B, outputs, h, w)
        changed = self.second(functional.relu(self.first(maps)))
        return functional.relu(changed + self.projection(maps))


class UpSamplingBlock(nn.Module):
    """Nearest-neighbour up-sampling by 2, image and target, and a 3x3 convolution.

    Returns half as many channels as it is given, apart from image and target.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.convolution = normalised_convolution(inputs + 4, inputs // 2)

    def forward(self, maps: Tensor, image_and_target: Tensor) -> Tensor:
        larger = functional.interpolate(maps, scale_factor=2.0, mode="nearest")
        joined = torch.cat([larger, image_and_target], dim=1)  # (B, inputs + 4, 2h, 2w)
        return functional.relu(self.convolution(joined))  # (B, inputs / 2, 2h, 2w)


class FGTransform(nn.Module):
    """Changes images so that they meet a target density of fixations.

    Parameters
    ----------
    feature_channels
        Of the features that it sees; the paper's 2560 are those of DeepGaze II.
    stride
        Image pixels per cell of the features, a power of two. There are as many up-sampling blocks
        as it takes to undo it.
    width
        Channels of the residual blocks.
    blocks
        Number of residual blocks.
    output
        One of `OUTPUTS`.

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
        output: str = "sigmoid",
    ) -> None:
        super().__init__()
        doublings = int(math.log2(stride)) if stride > 0 else 0
        if stride != 2**doublings or width % stride or width < stride or blocks < 1:
            raise ValueError(
                f"stride {stride}, width {width}, {blocks} blocks; expected a power of two, a "
                f"multiple of it, and at least one block"
            )
        if output not in OUTPUTS:
            raise ValueError(f"output is {output!r}; expected one of {OUTPUTS}")
        self.stride, self.output = stride, output
        self.minimum_px = 2 * stride  # one cell has no variance to be normalised by
        self.residual_blocks = nn.ModuleList(
            ResidualBlock(feature_channels + 4 if n == 0 else width, width, projects=n == 0)
            for n in range(blocks)
        )
        self.up_sampling_blocks = nn.ModuleList(
            UpSamplingBlock(width // 2**n) for n in range(doublings)
        )
        self.output_convolution = nn.Conv2d(width // stride, 3, 3, padding=1)
        if output == "change":
            nn.init.zeros_(self.output_convolution.weight)
            nn.init.zeros_(self.output_convolution.bias)

    def forward(self, images: Tensor, target: Tensor, features: Tensor) -> Tensor:
        """Return the changed images.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1]; H and W are multiples of the stride, and at least twice it.
        target : Tensor (B, H, W)
            Log target density, as `relative_log_density` gives it.
        features : Tensor (B, feature_channels, H / stride, W / stride)
            Of the images.

        Returns
        -------
        Tensor (B, 3, H, W)
            RGB in [0, 1].
        """
        check_images(images, self.stride, self.minimum_px)
        images_and_targets = pyramid(images, target, len(self.up_sampling_blocks))
        maps = torch.cat([features, images_and_targets.pop()], dim=1)
        for block in self.residual_blocks:
            maps = block(maps)
        for block in self.up_sampling_blocks:
            maps = block(maps, images_and_targets.pop())
        return as_image(self.output_convolution(maps), images, self.output)


def pyramid(images: Tensor, target: Tensor, halvings: int) -> list[Tensor]:
    """Return images and target together, ``(B, 4, H, W)``, at full size and halved repeatedly."""
    levels = [torch.cat([images, target[:, None].to(images.dtype)], dim=1)]
    for _ in range(halvings):
        levels.append(functional.avg_pool2d(levels[-1], 2))
    return levels


def as_image(values: Tensor, images: Tensor, output: str) -> Tensor:
    """Return the output convolution's result ``(B, 3, H, W)`` as RGB in [0, 1]; see `OUTPUTS`."""
    values = values.to(images.dtype)  # 8 bits of mantissa would show in a photograph
    if output == "change":
        span = 1 - 2 * _SHOULDER
        odds = torch.logit(_SHOULDER + span * images) + values
        return ((torch.sigmoid(odds) - _SHOULDER) / span).clamp(0, 1)
    return torch.sigmoid(values)


def relative_log_density(log_saliency: Tensor) -> Tensor:
    """Return ``log p_t + log(H W)`` of un-normalised log saliency ``(B, H, W)``.

    The networks are given the target relative to the uniform density, so that it does not depend
    on the size of the image, and the zeros that convolutions are padded with mean "as likely as
    anywhere".
    """
    return log_normalised(log_saliency) + math.log(log_saliency[0].numel())


def check_images(images: Tensor, multiple: int, minimum_px: int) -> None:
    """Raise ValueError unless images are ``(B, 3, H, W)`` of a size that the network can halve."""
    height, width = images.shape[-2:]
    if images.ndim != 4 or images.shape[1] != 3 or height % multiple or width % multiple:
        raise ValueError(
            f"images are {tuple(images.shape)}; expected (B, 3, H, W) with H and W multiples "
            f"of {multiple}"
        )
    if min(height, width) < minimum_px:
        raise ValueError(f"images are {height} x {width} px; expected at least {minimum_px}")
