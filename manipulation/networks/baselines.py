"""The networks that the paper compares FGTransform with: Resnet-9 and U-Net, from image and target.

Both see no features. As in the paper, batch normalisation has made place for instance normalisation
(without scale and offset, as CycleGAN has it), and training starts from an auto-encoder. There is
no dropout: one image and one target have one result.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.networks.image_network import ImageNetwork, Output, as_image, with_target
from manipulation.networks.normalisation import InstanceNorm


class Resnet9(ImageNetwork):
    """Nine residual blocks at a quarter of the image's size (Zhu et al. 2017, CycleGAN).

    Parameters
    ----------
    width
        Channels at full size; 64 in the original. They double twice.
    output
        How it ends.
    """

    uses_features = False
    stride, minimum_px = 4, 16

    def __init__(self, width: int = 64, *, output: Output = Output.SIGMOID) -> None:
        super().__init__()
        self.output = Output(output)

        def layer(convolution: nn.Module, channels: int) -> list[nn.Module]:
            return [convolution, InstanceNorm(channels), nn.ReLU()]

        self.network = nn.Sequential(
            nn.ReflectionPad2d(3),
            *layer(nn.Conv2d(4, width, 7), width),
            *layer(nn.Conv2d(width, 2 * width, 3, 2, padding=1), 2 * width),
            *layer(nn.Conv2d(2 * width, 4 * width, 3, 2, padding=1), 4 * width),
            *(ResnetBlock(4 * width) for _ in range(9)),
            *layer(_enlarging(4 * width, 2 * width), 2 * width),
            *layer(_enlarging(2 * width, width), width),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, 3, 7),
        )

    def forward(self, images: Tensor, target: Tensor, features: Tensor | None = None) -> Tensor:
        """Return the changed images; as `FGTransform.forward`, without the features."""
        self.check_images(images)
        values = self.network(with_target(images, target))  # (B, 4, H, W) -> (B, 3, H, W)
        return as_image(values, images, self.output)


class UNet(ImageNetwork):
    """Encoder and decoder with skips between layers of one size (Isola et al. 2017, pix2pix).

    Parameters
    ----------
    width
        Channels after the first halving; 64 in the original. They double up to eight times that.
    halvings
        How often the size is halved: 8 in the original.
    output
        How it ends.
    """

    uses_features = False

    def __init__(
        self, width: int = 64, halvings: int = 8, *, output: Output = Output.SIGMOID
    ) -> None:
        super().__init__()
        self.output = Output(output)
        self.stride = self.minimum_px = 2**halvings
        channels = [width * min(2**n, 8) for n in range(halvings)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        last = halvings - 1
        for n, outputs in enumerate(channels):
            convolution = nn.Conv2d(4 if n == 0 else channels[n - 1], outputs, 4, 2, padding=1)
            # The first and the innermost have no normalisation; the innermost may be one cell.
            norm = nn.Identity() if n in (0, last) else InstanceNorm(outputs)
            self.down.append(nn.Sequential(convolution, norm))
        for n in range(last, -1, -1):
            inputs = channels[n] if n == last else 2 * channels[n]
            outputs = 3 if n == 0 else channels[n - 1]
            enlarging = nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1)
            norm = nn.Identity() if n == 0 else InstanceNorm(outputs)
            self.up.append(nn.Sequential(enlarging, norm))

    def forward(self, images: Tensor, target: Tensor, features: Tensor | None = None) -> Tensor:
        """Return the changed images; as `FGTransform.forward`, without the features."""
        self.check_images(images)
        maps, encoded = with_target(images, target), []  # (B, 4, H, W)
        for n, layer in enumerate(self.down):
            maps = layer(maps if n == 0 else functional.leaky_relu(maps, 0.2))
            encoded.append(maps)  # (B, channels[n], H / 2^(n+1), W / 2^(n+1))
        *skips, innermost = encoded
        first, *others = self.up
        maps = first(functional.relu(innermost))  # (B, channels[-2], 2 h, 2 w)
        for layer, skip in zip(others, reversed(skips), strict=True):
            maps = layer(functional.relu(torch.cat([maps, skip], dim=1)))  # twice the size
        return as_image(maps, images, self.output)  # (B, 3, H, W)


class ResnetBlock(nn.Module):
    """Two 3x3 convolutions of reflected maps, and their input added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            InstanceNorm(channels),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            InstanceNorm(channels),
        )

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.network(maps)


def _enlarging(inputs: int, outputs: int) -> nn.Module:
    return nn.ConvTranspose2d(inputs, outputs, 3, 2, padding=1, output_padding=1)
