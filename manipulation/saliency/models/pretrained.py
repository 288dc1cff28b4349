"""Networks that know ImageNet's objects and were trained further on fixations.

RGB images in [0, 1] go in, one map of log saliency per network comes out; several networks are
averaged by the readout of a `SaliencyModel`. A network is an EfficientNet of timm, whose blocks of
stride 8, 16 and 32 are read at two scales of the image, and the layers that join them.
"""

from collections.abc import Sequence

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from manipulation.images.sizes import enlarged, padded
from manipulation.saliency.models.backbones import check_known, normalisation, photographs_of
from manipulation.saliency.models.features import FeatureExtractor
from stimuli.support.errors import InputError

CELL_PX = 8  # pixels of what a network sees per cell of its map
MULTIPLE = 64  # what a network sees is padded to it, so that the cells of both scales coincide
SHARE = 0.75  # of a model's image; 15 px per degree where the model sees 20
_FINEST_STRIDE = 8
# Image pixels per cell of each layer that `PretrainedNetworks.features` returns.
LAYERS = {f"stride{stride}": stride for stride in (2, 4, 8, 16, 32)}

# Mean absolute response of the layers of `efficientnet` over photographs of COCO at 512 px. They
# are divided by it, so that the paper's lambdas weigh what they weigh on the normalised VGG-19.
_RESPONSE = {"stride2": 4.5, "stride4": 7.4, "stride8": 6.2, "stride16": 5.7, "stride32": 2.2}


class Trunk(nn.Module):
    """The blocks of an EfficientNet, without what classifies.

    Parameters
    ----------
    name
        As timm names it, such as ``tf_efficientnet_lite2``.
    normalised
        Whether the convolutions have batch normalisation, as in training.

    Attributes
    ----------
    channels, strides
        Of the maps of each group of blocks.

    Raises
    ------
    InputError
        If timm knows no such network, or it is no EfficientNet.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str, *, normalised: bool = True) -> None:
        super().__init__()
        self.name = name
        check_known(name)
        network = timm.create_model(name, pretrained=False)
        if not isinstance(network, timm.models.EfficientNet):
            raise InputError(
                f"backbone is {name!r}, a {type(network).__name__}; expected an EfficientNet, such "
                f"as tf_efficientnet_lite2; fit a readout to others with manipulation.fit_saliency"
            )
        self.conv_stem, self.bn1, self.blocks = network.conv_stem, network.bn1, network.blocks
        for part, values in zip(("mean", "deviation"), normalisation(name), strict=True):
            self.register_buffer(part, values, persistent=False)
        with torch.no_grad():
            maps = self.eval()(torch.zeros(1, 3, MULTIPLE, MULTIPLE))
        self.channels = tuple(one.shape[1] for one in maps)
        self.strides = tuple(MULTIPLE // one.shape[-1] for one in maps)
        if not normalised:
            self.fold()

    def fold(self) -> None:
        """Make every normalisation part of its convolution; the function stays the same."""
        for module in [*self.modules()]:
            before: nn.Conv2d | None = None
            for name, child in [*module.named_children()]:
                if isinstance(child, nn.BatchNorm2d) and before is not None:
                    assert child.running_mean is not None
                    assert child.running_var is not None
                    before.weight, bias = fuse_conv_bn_weights(
                        before.weight, before.bias, child.running_mean, child.running_var,
                        child.eps, child.weight, child.bias,
                    )  # fmt: skip
                    before.bias = bias
                    setattr(module, name, getattr(child, "act", nn.Identity()))
                before = child if isinstance(child, nn.Conv2d) else None
        if any(isinstance(module, nn.BatchNorm2d) for module in self.modules()):
            raise InputError(
                f"backbone is {self.name!r}, whose normalisation does not follow its convolutions; "
                f"expected another EfficientNet, such as tf_efficientnet_lite2"
            )

    def forward(self, images: Tensor, coarsest: int | None = None) -> list[Tensor]:
        """Map images ``(B, 3, h, w)`` in [0, 1] to the maps of each group of blocks, finest first.

        ``h`` and ``w`` are multiples of 64. Groups beyond the stride `coarsest` are left out.
        """
        maps = (images - self.mean) / self.deviation
        maps = self.bn1(self.conv_stem(maps.contiguous(memory_format=torch.channels_last)))
        found = []
        for number, block in enumerate(self.blocks):
            if coarsest is not None and self.strides[number] > coarsest:
                break
            maps = block(maps)
            found.append(maps)
        return found


class PretrainedNetwork(nn.Module):
    """One network from an image to a map of log saliency.

    Every group of blocks from stride 8 on is brought to `width` channels by a convolution of 1 x 1,
    over the image and over its half; the sum on the grid of stride 8, with a linear function of its
    own mean over the image, goes through convolutions of 3 x 3, 1 x 1 and 1 x 1.

    Parameters
    ----------
    name
        The backbone, as timm names it.
    width
        Channels of the sum.
    scales
        How many sizes of the image, each half of the one before, are seen.
    normalised
        Whether the backbone has batch normalisation, as in training.
    """

    cell_px = CELL_PX
    multiple = MULTIPLE
    share = SHARE

    def __init__(
        self, name: str, width: int = 96, scales: int = 2, *, normalised: bool = True
    ) -> None:
        super().__init__()
        self.scales, self.width = scales, width
        self.trunk = Trunk(name, normalised=normalised)
        self.read = [n for n, s in enumerate(self.trunk.strides) if s >= _FINEST_STRIDE]
        self.project = nn.ModuleList(
            nn.Conv2d(self.trunk.channels[number], width, 1)
            for _ in range(scales)
            for number in self.read
        )
        self.whole = nn.Linear(width, width)
        self.context = nn.Conv2d(width, width, 3, padding=1)
        self.hidden, self.last = nn.Conv2d(width, 32, 1), nn.Conv2d(32, 1, 1)
        for parameter in (*self.whole.parameters(), *self.last.parameters()):
            nn.init.zeros_(parameter)

    def train(self, mode: bool = True) -> "PretrainedNetwork":
        """Set the mode; the backbone's normalisation keeps its statistics in training too."""
        super().train(mode)
        self.trunk.eval()
        return self

    def fold(self) -> None:
        """Make every normalisation part of its convolution, for a trained network."""
        self.trunk.fold()

    def forward(self, images: Tensor) -> Tensor:
        """Map images ``(B, 3, h, w)`` in [0, 1] to log saliency ``(B, h / 8, w / 8)``.

        ``h`` and ``w`` are multiples of 64.
        """
        size = (images.shape[-2] // CELL_PX, images.shape[-1] // CELL_PX)
        merged = images.new_zeros(())
        projections = iter(self.project)
        for scale in range(self.scales):
            maps = self.trunk(images)
            by_size: dict[torch.Size, Tensor] = {}  # summed before they are enlarged
            for number in self.read:
                projected = next(projections)(maps[number])
                place = projected.shape[-2:]
                by_size[place] = by_size[place] + projected if place in by_size else projected
            for one in by_size.values():
                merged = merged + enlarged(one, size)
            if scale + 1 < self.scales:
                images = functional.avg_pool2d(images, 2)
        merged = functional.gelu(merged)
        merged = merged + self.whole(merged.mean(dim=(2, 3)))[:, :, None, None]
        merged = functional.gelu(self.context(merged))
        return self.last(functional.gelu(self.hidden(merged)))[:, 0]


class PretrainedNetworks(FeatureExtractor):
    """Several networks on backbones that know ImageNet, each with a map of log saliency.

    Parameters
    ----------
    backbones
        The backbone of each network, as timm names it.
    width, scales
        As in `PretrainedNetwork`.

    Attributes
    ----------
    channels
        One map per network.
    """

    stride = CELL_PX / SHARE
    minimum_px = 32

    def __init__(
        self,
        backbones: Sequence[str] = ("tf_efficientnet_lite2",),
        width: int = 96,
        scales: int = 2,
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(
            PretrainedNetwork(name, width, scales, normalised=False) for name in backbones
        )
        self.channels = len(self.networks)
        self.backbones = tuple(dict.fromkeys(backbones))
        trained_on = (one for name in self.backbones for one in photographs_of(name))
        self.trained_on = tuple(dict.fromkeys(trained_on))

    @property
    def trained(self) -> list[PretrainedNetwork]:
        """The networks, in order."""
        return [one for one in self.networks if isinstance(one, PretrainedNetwork)]

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments that build this extractor again."""
        first = self.trained[0]
        return {
            "backbones": [one.trunk.name for one in self.trained],
            "width": first.width,
            "scales": first.scales,
        }

    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images in [0, 1], ``(B, 3, H, W)``, to ``(B, networks, h, w)``.

        ``h`` and ``w`` are the image's size over the stride, rounded up. Each map is log saliency
        in nats, not yet blurred.
        """
        smaller = functional.interpolate(
            images, scale_factor=SHARE, mode="bilinear", align_corners=False, antialias=True
        )
        rows, columns = (-(-length // CELL_PX) for length in smaller.shape[-2:])
        views = padded(smaller, MULTIPLE)
        maps = torch.stack([network(views) for network in self.networks], dim=1)
        return maps[..., :rows, :columns]

    def features(
        self, images: Tensor, names: Sequence[str] = tuple(LAYERS), networks: int = 1
    ) -> dict[str, Tensor]:
        """Return maps of the backbones, which see the images at their full size, by layer.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1].
        names
            Keys of `LAYERS`, whose values are the strides in image pixels. A layer is the last
            group of blocks with the stride of its name.
        networks
            Over how many of the networks; their channels follow each other.

        Returns
        -------
        dict of Tensor (B, channels, h, w)
            Cell ``(i, j)`` covers the pixels from ``(i * stride, j * stride)``. The mean absolute
            response of `efficientnet` over photographs is about 1.

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
        views = padded(images, MULTIPLE)
        parts = []
        for network in self.trained[:networks]:
            maps = network.trunk(views, max(LAYERS[name] for name in names))
            strides = (f"stride{stride}" for stride in network.trunk.strides)
            parts.append(dict(zip(strides, maps, strict=False)))
        return {
            name: torch.cat([part[name] for part in parts], dim=1)[
                ..., : -(-height // LAYERS[name]), : -(-width // LAYERS[name])
            ]
            / _RESPONSE[name]
            for name in names
        }
