"""The model `scratch`: small networks that see a photograph at three scales, trained from scratch.

RGB images in [0, 1] go in, one map of log saliency per network comes out. Several networks, each
trained on other photographs, are averaged by the readout of a `SaliencyModel`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from manipulation.images.sizes import enlarged, halved, padded
from manipulation.saliency.models.features import FeatureExtractor

# Image pixels per cell of each layer that `ScratchNetworks.features` returns.
LAYERS = {"stage1": 4, "stage2": 8, "stage3": 16, "fused": 16, "stage4": 32, "stage5": 64}
_MULTIPLE = 32  # halved images are padded to it, so that the cells of all scales coincide
_MEAN, _DEVIATION = 0.45, 0.25  # of the pixel values of photographs, roughly


class Convolution(nn.Module):
    """A convolution, batch normalisation while the network is trained, and GELU.

    Once `fold` was called the normalisation is part of the convolution's own weights.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        *,
        normalised: bool,
        rectified: bool = True,
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, kernel // 2, bias=not normalised
        )
        self.norm: nn.Module = nn.BatchNorm2d(outputs) if normalised else nn.Identity()
        self.rectifier = nn.GELU() if rectified else nn.Identity()

    def fold(self) -> None:
        """Make the normalisation part of the convolution; the function stays the same."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.convolution = fuse_conv_bn_eval(self.convolution.eval(), self.norm.eval())
            self.norm = nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        return self.rectifier(self.norm(self.convolution(maps)))


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in (He et al. 2016)."""

    def __init__(self, channels: int, *, normalised: bool) -> None:
        super().__init__()
        self.first = Convolution(channels, channels, normalised=normalised)
        self.second = Convolution(channels, channels, normalised=normalised, rectified=False)
        if isinstance(self.second.norm, nn.BatchNorm2d):
            nn.init.zeros_(self.second.norm.weight)

    def forward(self, maps: Tensor) -> Tensor:
        return functional.gelu(maps + self.second(self.first(maps)))


class SaliencyNetwork(nn.Module):
    """One convolutional network from a photograph to a map of log saliency.

    The first three stages, to stride 8, run with the same weights over the image, its half and its
    quarter, so that what was learned of an object of one size holds for others. Their results are
    fused on the grid of the largest; two more stages and the mean over the image give context.

    Parameters
    ----------
    widths
        Channels of the five stages.
    scales
        How many sizes of the image, each half of the one before, the first stages see.
    normalised
        Whether the convolutions have batch normalisation, as in training.
    dropout
        Share of the merged channels that are left out in training.
    """

    share = 0.5  # of the photograph's size
    multiple = _MULTIPLE
    cell_px = 4

    def __init__(
        self,
        widths: Sequence[int] = (16, 32, 64, 128, 128),
        scales: int = 3,
        *,
        normalised: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        first, second, third, fourth, fifth = self.widths = tuple(widths)
        self.scales = scales

        def stage(inputs: int, outputs: int, residuals: int) -> nn.Sequential:
            return nn.Sequential(
                Convolution(inputs, outputs, stride=2, normalised=normalised),
                *(Residual(outputs, normalised=normalised) for _ in range(residuals)),
            )

        self.stage1 = stage(3, first, 0)
        self.stage2 = stage(first, second, 1)
        self.stage3 = stage(second, third, 1)
        self.fuse = Convolution(third * scales, fourth, kernel=1, normalised=normalised)
        self.stage4 = stage(fourth, fourth, 1)
        self.stage5 = stage(fourth, fifth, 1)
        self.whole = nn.Linear(fifth, fifth)
        nn.init.zeros_(self.whole.weight)
        nn.init.zeros_(self.whole.bias)
        self.merge = Convolution(2 * fourth + fifth, 64, kernel=1, normalised=normalised)
        self.dropout = nn.Dropout2d(dropout)
        self.coarse, self.fine = nn.Conv2d(64, 32, 1), nn.Conv2d(second, 32, 1, bias=False)
        self.hidden, self.last = nn.Conv2d(32, 32, 1), nn.Conv2d(32, 1, 1)

    def fold(self) -> None:
        """Make every normalisation part of its convolution, for a trained network."""
        for module in self.modules():
            if isinstance(module, Convolution):
                module.fold()

    def layers(self, images: Tensor) -> dict[str, Tensor]:
        """Return the maps of every stage by name, for images ``(B, 3, h, w)`` already halved.

        ``h`` and ``w`` are multiples of 32. Channels of the finest scale alone stand for the first
        three stages.
        """
        image = ((images - _MEAN) / _DEVIATION).contiguous(memory_format=torch.channels_last)
        maps: dict[str, Tensor] = {}
        thirds = []
        for scale in range(self.scales):
            one = self.stage1(image)
            two = self.stage2(one)
            three = self.stage3(two)
            thirds.append(three)
            if scale == 0:
                maps |= {"stage1": one, "stage2": two, "stage3": three}
            image = functional.avg_pool2d(image, 2)
        size = _size(thirds[0])
        maps["fused"] = self.fuse(torch.cat([enlarged(three, size) for three in thirds], dim=1))
        maps["stage4"] = self.stage4(maps["fused"])
        five = self.stage5(maps["stage4"])
        maps["stage5"] = five + self.whole(five.mean(dim=(2, 3)))[:, :, None, None]
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """Map halved images ``(B, 3, h, w)`` to log saliency ``(B, h / 4, w / 4)``."""
        maps = self.layers(images)
        size = _size(maps["fused"])
        context = [maps["fused"], *(enlarged(maps[name], size) for name in ("stage4", "stage5"))]
        merged = self.dropout(self.merge(torch.cat(context, dim=1)))
        fine = maps["stage2"]
        both = enlarged(self.coarse(merged), _size(fine)) + self.fine(fine)
        return self.last(functional.gelu(self.hidden(functional.gelu(both))))[:, 0]


def _size(maps: Tensor) -> tuple[int, int]:
    height, width = maps.shape[-2:]
    return height, width


class ScratchNetworks(FeatureExtractor):
    """Several small convolutional networks, each with a map of log saliency of its own.

    Parameters
    ----------
    networks
        How many.
    widths, scales
        As in `SaliencyNetwork`.

    Attributes
    ----------
    channels
        One map per network.
    """

    stride = 8
    minimum_px = 32

    def __init__(
        self,
        networks: int = 5,
        widths: Sequence[int] = (16, 32, 64, 128, 128),
        scales: int = 3,
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(
            SaliencyNetwork(widths, scales, normalised=False) for _ in range(networks)
        )
        self.channels = networks

    @property
    def trained(self) -> list[SaliencyNetwork]:
        """The networks, in order."""
        return [one for one in self.networks if isinstance(one, SaliencyNetwork)]

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments that build this extractor again."""
        first = self.trained[0]
        return {
            "networks": len(self.networks),
            "widths": list(first.widths),
            "scales": first.scales,
        }

    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images in [0, 1], ``(B, 3, H, W)``, to ``(B, networks, h, w)``.

        ``h`` and ``w`` are the image's size over the stride, rounded up. Each map is log saliency
        in nats, not yet blurred.
        """
        rows, columns = (-(-length // self.stride) for length in images.shape[-2:])
        views = padded(halved(images), _MULTIPLE)
        maps = torch.stack([network(views) for network in self.networks], dim=1)
        return maps[..., :rows, :columns]

    def features(
        self, images: Tensor, names: Sequence[str] = tuple(LAYERS), networks: int = 1
    ) -> dict[str, Tensor]:
        """Return convolutional features of images by the name of their layer.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1].
        names
            Keys of `LAYERS`, whose values are the strides in image pixels.
        networks
            Over how many of the networks; their channels follow each other.

        Returns
        -------
        dict of Tensor (B, channels, h, w)
            Cell ``(i, j)`` covers the pixels from ``(i * stride, j * stride)``.

        Raises
        ------
        ValueError
            If a layer is unknown or there are fewer networks.
        """
        unknown = sorted(set(names) - set(LAYERS))
        if unknown or not 1 <= networks <= len(self.networks):
            raise ValueError(
                f"layers {unknown or list(names)} of {networks} networks; "
                f"expected some of {list(LAYERS)} and 1 to {len(self.networks)} networks"
            )
        height, width = images.shape[-2:]
        views = padded(halved(images), _MULTIPLE)
        parts = [network.layers(views) for network in self.trained[:networks]]
        return {
            name: torch.cat([part[name] for part in parts], dim=1)[
                ..., : -(-height // LAYERS[name]), : -(-width // LAYERS[name])
            ]
            for name in names
        }
