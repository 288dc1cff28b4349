"""VGG-19 up to conv5_4: one pass over an image gives every layer that the paper uses.

RGB images in [0, 1] go in, named layers come out: ``conv5_1`` before the rectifier, ``relu5_1``
after it. Simonyan & Zisserman (2015), ICLR, "Very deep convolutional networks for large-scale image
recognition".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

BLOCKS = (2, 2, 4, 4, 4)
CHANNELS = (64, 128, 256, 512, 512)

# Kümmerer, Wallis, Gatys & Bethge (2017): what DeepGaze II reads.
DEEPGAZE_LAYERS = ("conv5_1", "relu5_1", "relu5_2", "conv5_3", "relu5_4")
# Gatys, Kümmerer, Wallis & Bethge (2017): the losses on features and texture.
FEATURE_LAYER = "relu5_2"
TEXTURE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@dataclass(frozen=True)
class Preprocessing:
    """From RGB in [0, 1] to what a set of weights was trained on; it belongs to the weights.

    Attributes
    ----------
    name
        Under which it is stored beside the weights.
    mean, scale
        Of each channel in the network's own order: ``(value - mean) * scale``.
    bgr
        Whether that order is blue, green, red.
    """

    name: str
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    bgr: bool


TORCHVISION = Preprocessing(
    "torchvision", (0.485, 0.456, 0.406), (1 / 0.229, 1 / 0.224, 1 / 0.225), bgr=False
)
CAFFE = Preprocessing("caffe", (0.40760392, 0.45795686, 0.48501961), (255.0,) * 3, bgr=True)
PREPROCESSINGS = {one.name: one for one in (TORCHVISION, CAFFE)}


def convolutions() -> Iterator[str]:
    """Yield the names ``conv1_1`` to ``conv5_4`` in order."""
    for block, count in enumerate(BLOCKS, start=1):
        yield from (f"conv{block}_{index}" for index in range(1, count + 1))


LAYERS = tuple(f"{kind}{name[4:]}" for name in convolutions() for kind in ("conv", "relu"))


class VGGFeatures(nn.Module):
    """The convolutions of VGG-19, weights unset; `vgg_weights.load_vgg` gives it trained ones.

    Parameters
    ----------
    preprocessing
        Of the weights.
    pooling
        ``max``, as trained, or ``average``, which passes smoother gradients to the pixels
        (Gatys, Ecker & Bethge 2016).
    channels
        Filters of each of the five blocks; fewer make a small network of the same shape.
    """

    stride = 16
    minimum_px = 16
    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        preprocessing: Preprocessing = TORCHVISION,
        pooling: str = "max",
        channels: Sequence[int] = CHANNELS,
    ) -> None:
        super().__init__()
        if pooling not in ("max", "average"):
            raise ValueError(f"pooling is {pooling!r}; expected 'max' or 'average'")
        self.preprocessing = preprocessing
        self.pooling = pooling
        self.channels = tuple(channels)
        before = 3
        for name in convolutions():
            after = self.channels[int(name[4]) - 1]
            self.add_module(name, nn.Conv2d(before, after, 3, padding=1))
            before = after
        self.register_buffer("mean", _per_channel(preprocessing.mean), persistent=False)
        self.register_buffer("scale", _per_channel(preprocessing.scale), persistent=False)

    def convolution(self, name: str) -> nn.Conv2d:
        """Return a convolution by its name, such as ``conv5_1``."""
        module = self.get_submodule(name)
        assert isinstance(module, nn.Conv2d)
        return module

    def initialise(self, generator: torch.Generator) -> "VGGFeatures":
        """Draw random weights that keep the variance of activations (He et al. 2015)."""
        for convolution in map(self.convolution, convolutions()):
            fan_in = convolution.weight[0].numel()
            nn.init.normal_(convolution.weight, std=(2 / fan_in) ** 0.5, generator=generator)
            if convolution.bias is not None:
                nn.init.zeros_(convolution.bias)
        return self

    def forward(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Return named layers from one pass that ends at the deepest of them.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1], any size from 16 px.
        layers
            Names from `LAYERS`. Each result is a tensor of its own: no rectifier works in place on
            a convolution that is asked for.

        Returns
        -------
        dict of Tensor (B, C, H // stride, W // stride)
            Block n has stride 2 ** (n - 1); a last odd row or column is dropped by the pooling.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        unknown = sorted(set(layers) - set(LAYERS))
        if unknown:
            raise ValueError(f"layers {unknown} are not in VGG-19; expected names like 'relu5_2'")
        wanted = set(layers)
        found: dict[str, Tensor] = {}
        values = self.preprocess(images)
        for name in convolutions():
            if len(found) == len(wanted):
                break
            if name.endswith("_1") and name != "conv1_1":
                values = self._pooled(values)
            values = self.convolution(name)(values)
            if name in wanted:
                found[name] = values
            values = functional.relu(values, inplace=name not in wanted)
            if (rectified := f"relu{name[4:]}") in wanted:
                found[rectified] = values
        return {name: found[name] for name in layers}

    def preprocess(self, images: Tensor) -> Tensor:
        """Return RGB images in [0, 1] as the weights want them."""
        if self.preprocessing.bgr:
            images = images.flip(1)
        return (images - self.mean.to(images.dtype)) * self.scale.to(images.dtype)

    def _pooled(self, values: Tensor) -> Tensor:
        if self.pooling == "max":
            return functional.max_pool2d(values, 2)
        return functional.avg_pool2d(values, 2)


def _per_channel(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).view(3, 1, 1).float()
