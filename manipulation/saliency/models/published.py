"""The published DeepGaze models I, IIE, III and MSDB behind the interface of our own.

They come with the package ``deepgaze_pytorch`` (repository matthias-k/DeepGaze; it states no
licence), fetch weights of their own, want RGB from 0 to 255 and a log density as centre bias, and
return natural-log densities. Their scale is that of MIT1003, 35 px per degree.
"""

import importlib
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.saliency.models.centre_bias import CentreBias
from stimuli.support.errors import InputError

PUBLISHED = ("DeepGazeI", "DeepGazeIIE", "DeepGazeIII", "DeepGazeMSDB")
MIT1003_PIXELS_PER_DEGREE = 35.0
# Whose fixations and pictures each was fitted to, and on which networks it stands, as timm names
# them where it knows them. I: Kümmerer, Theis & Bethge 2015; IIE: Linardos et al. 2021; III:
# Kümmerer, Bethge & Wallis 2022; MSDB: Kümmerer, Khanuja & Bethge 2025.
_DATA_SETS = {
    "DeepGazeI": ("MIT1003", "ImageNet"),
    "DeepGazeIIE": ("SALICON", "MIT1003", "ImageNet"),
    "DeepGazeIII": ("SALICON", "MIT1003", "ImageNet"),
    "DeepGazeMSDB": (
        "SALICON",
        "MIT1003",
        "CAT2000",
        "COCO-Freeview",
        "DAEMONS",
        "FIGRIM",
        "OpenAI's pairs",
        "LVD-142M",
    ),
}
_BACKBONES = {
    "DeepGazeI": ("alexnet",),
    "DeepGazeIIE": ("resnet50", "tf_efficientnet_b5", "densenet201", "resnext50_32x4d"),
    "DeepGazeIII": ("densenet201",),
    "DeepGazeMSDB": ("resnet50x64_clip", "vit_base_patch14_dinov2"),
}


class PublishedDeepGaze(nn.Module):
    """One of the published models as a `SaliencyModel` is used.

    DeepGaze III predicts a fixation from those before it; here the eye has just left the centre,
    as after a central target, and nothing else is known. DeepGaze MSDB lets no gradient through to
    the pixels: it predicts, but cannot guide a change.

    Parameters
    ----------
    name
        One of `PUBLISHED`.
    network
        In place of the package's pretrained model of that name; called in the same way.
    antialias
        I, IIE and III halve an image by taking every second pixel, so that a gradient reaches a
        quarter of the pixels. True gives them the mean of four pixels instead: smoother than
        published, and every pixel counts.

    Raises
    ------
    InputError
        If the package is not installed.
    """

    minimum_px = 64

    def __init__(
        self, name: str, network: nn.Module | None = None, *, antialias: bool = False
    ) -> None:
        super().__init__()
        self.architecture = name
        self.network = network if network is not None else _pretrained(name)
        self.antialias = antialias and name != "DeepGazeMSDB"
        self.centre_bias = CentreBias()
        self.pixels_per_degree = MIT1003_PIXELS_PER_DEGREE
        self.data_sets, self.backbones = _DATA_SETS[name], _BACKBONES[name]

    def forward(self, images: Tensor) -> Tensor:
        """Return log saliency without centre bias, as `SaliencyModel.forward`.

        Raises
        ------
        ValueError
            If the images have another shape or are too small.
        InputError
            If a gradient is asked for that the model cannot give.
        """
        return self.log_density(images, images.new_zeros(images.shape[-2:]))

    def log_density(self, images: Tensor, centre_bias: Tensor | None = None) -> Tensor:
        """Return the log density of fixations, as `SaliencyModel.log_density`.

        The weight of the centre bias is the published model's own.
        """
        if images.ndim != 4 or images.shape[1] != 3 or min(images.shape[-2:]) < self.minimum_px:
            raise ValueError(
                f"images are {tuple(images.shape)}; expected (B, 3, H, W) of at least "
                f"{self.minimum_px} px"
            )
        count, _, height, width = images.shape
        if centre_bias is None:
            centre_bias = self.centre_bias((height, width))
        maps = self._called(255 * self._seen(images), centre_bias.expand(count, height, width))
        if images.requires_grad and torch.is_grad_enabled() and not maps.requires_grad:
            raise InputError(
                f"saliency model {self.architecture} passes no gradient to the pixels; expected "
                f"one that does where images are changed, such as DeepGazeIIE"
            )
        return maps.reshape(count, height, width)  # some return (B, 1, H, W)

    def frozen(self) -> Self:
        """Return itself in evaluation mode, with weights that take no gradient."""
        return self.eval().requires_grad_(False)

    @torch.no_grad()
    def log_saliency(self, images: Tensor) -> Tensor:
        """Return `forward` without a graph."""
        return self(images)

    @torch.no_grad()
    def log_saliency_and_density(
        self, images: Tensor, centre_bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return `forward` and `log_density` without a graph.

        Two passes: mixtures add the centre bias to each component before they are mixed.
        """
        return self(images), self.log_density(images, centre_bias)

    def _seen(self, images: Tensor) -> Tensor:
        if not self.antialias:
            return images
        halved = functional.avg_pool2d(images, 2, ceil_mode=True, count_include_pad=False)
        twice = functional.interpolate(halved, scale_factor=2, mode="nearest")
        return twice[..., : images.shape[-2], : images.shape[-1]]

    def _called(self, values: Tensor, centre_bias: Tensor) -> Tensor:
        if self.architecture == "DeepGazeMSDB":
            return self.network(values, centre_bias, pixel_per_dva=self.pixels_per_degree)
        if self.architecture == "DeepGazeIII":
            x, y = (self._history(values, length) for length in (values.shape[3], values.shape[2]))
            return self.network(values, centre_bias, x_hist=x, y_hist=y)
        return self.network(values, centre_bias)

    def _history(self, values: Tensor, length: int) -> Tensor:
        """Return the last four fixations, latest first, ``(B, 4)``: the centre, and none."""
        history = values.new_full((len(values), 4), float("nan"))
        history[:, 0] = length / 2
        return history


def _pretrained(name: str) -> nn.Module:
    try:
        package = importlib.import_module("deepgaze_pytorch")
    except ImportError as error:
        raise InputError(
            f"saliency model {name}: the package deepgaze_pytorch cannot be imported ({error}); "
            f"install it with: pip install git+https://github.com/matthias-k/DeepGaze"
        ) from None
    if not hasattr(package, name):
        raise InputError(
            f"saliency model {name}: the installed deepgaze_pytorch has no such model; update it "
            f"with: pip install -U git+https://github.com/matthias-k/DeepGaze"
        )
    return getattr(package, name)(pretrained=True)
