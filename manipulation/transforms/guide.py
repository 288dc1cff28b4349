"""The guide: what one look at an image tells the networks and the losses.

A guide is a saliency model and the networks whose layers guide FGTransform and enter the feature
and texture losses. In the paper all of these are one VGG-19. Here they may be that, the saliency
model's own network, or random filters; a network that plays several parts is run once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from manipulation.saliency import SaliencyModel, load_saliency_model
from manipulation.saliency import vgg as vgg19
from manipulation.saliency.deepgaze import DeepGazeFeatures, deepgaze_features
from manipulation.saliency.weights import load_vgg
from manipulation.transforms import random_filters
from stimuli.errors import InputError


class LayeredNetwork(Protocol):
    """A module that returns any set of its named layers from one pass over RGB in [0, 1]."""

    def __call__(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Map ``(B, 3, H, W)`` to layers ``(B, C, H // stride, W // stride)`` by name."""
        ...


@dataclass(frozen=True)
class Parts:
    """Which layers of a network play which part.

    Attributes
    ----------
    guidance
        Guide FGTransform; they have one stride.
    feature
        Is compared in the feature loss.
    texture
        Are compared in the texture loss.
    """

    guidance: tuple[str, ...]
    feature: str
    texture: tuple[str, ...]


# The paper's layers, and their like in networks that are no VGG-19.
VGG_PARTS = Parts(vgg19.DEEPGAZE_LAYERS, vgg19.FEATURE_LAYER, vgg19.TEXTURE_LAYERS)
EMBEDDED_PARTS = Parts(
    ("stage3", "fused"), "fused", ("stage1", "stage2", "stage3", "stage4", "stage5")
)
RANDOM_PARTS = Parts(("scale16",), "scale8", tuple(random_filters.LAYERS))

SOURCES = ("saliency", "vgg19", "random")  # of layers, for `build_guide`


@dataclass(frozen=True)
class Look:
    """What one look at a batch of images gives.

    Attributes
    ----------
    guidance : Tensor (B, C, h, w)
        What FGTransform sees of the images beside the images themselves.
    feature : Tensor (B, N, h, w)
        The layer of the feature loss.
    texture : tuple of Tensor (B, N, h, w)
        The layers of the texture loss.
    log_saliency : Tensor (B, H, W)
        Un-normalised, in nats, without centre bias.
    """

    guidance: Tensor
    feature: Tensor
    texture: tuple[Tensor, ...]
    log_saliency: Tensor


class Guide(nn.Module):
    """Looks at images, each network once; its weights take no gradient, its images do.

    Parameters
    ----------
    saliency
        Predicts the density of fixations.
    guiding, comparing
        Network whose layers guide FGTransform, and network whose layers enter the losses, each
        with the layers' parts. The same network may be both, and the saliency model's own.

    Attributes
    ----------
    channels
        Channels of all guiding layers together.
    stride
        Their stride in image pixels.
    """

    def __init__(
        self,
        saliency: SaliencyModel,
        guiding: tuple[nn.Module, Parts],
        comparing: tuple[nn.Module, Parts],
    ) -> None:
        super().__init__()
        self.saliency = saliency
        self.guiding, self.guiding_parts = guiding
        self.comparing, self.comparing_parts = comparing
        self.eval().requires_grad_(False)
        side = max(64, saliency.minimum_px)
        guidance = self.guiding(torch.zeros(1, 3, side, side), self.guiding_parts.guidance)
        sizes = {tuple(maps.shape[-2:]) for maps in guidance.values()}
        if len(sizes) != 1:
            raise ValueError(f"guiding layers {list(guidance)} have strides of their own")
        self.channels = sum(maps.shape[1] for maps in guidance.values())
        self.stride = side // next(iter(guidance.values())).shape[-1]

    def forward(self, images: Tensor) -> Look:
        """Look at RGB images ``(B, 3, H, W)`` in [0, 1]."""
        compared = (self.comparing_parts.feature, *self.comparing_parts.texture)
        extractor = getattr(self.saliency, "extractor", None)
        shared = isinstance(extractor, DeepGazeFeatures) and extractor.vgg
        layers = self._layers(
            images,
            (self.guiding, self.guiding_parts.guidance),
            (self.comparing, compared),
            *([(shared, vgg19.DEEPGAZE_LAYERS)] if shared else []),
        )
        size = tuple(images.shape[-2:])
        if shared:
            log_saliency = self.saliency.from_features(deepgaze_features(layers[shared]), size)
        else:
            with torch.autocast(images.device.type, enabled=False):  # statistics need 32 bits
                log_saliency = self.saliency(images)
        guiding, comparing = layers[self.guiding], layers[self.comparing]
        return Look(
            guidance=torch.cat([guiding[name] for name in self.guiding_parts.guidance], dim=1),
            feature=comparing[self.comparing_parts.feature],
            texture=tuple(comparing[name] for name in self.comparing_parts.texture),
            log_saliency=log_saliency,
        )

    @staticmethod
    def _layers(
        images: Tensor, *wishes: tuple[nn.Module, Sequence[str]]
    ) -> Mapping[nn.Module, dict[str, Tensor]]:
        """Run each network once, for all layers that are wished of it."""
        names: dict[nn.Module, list[str]] = {}
        for network, wished in wishes:
            known = names.setdefault(network, [])
            known += [name for name in wished if name not in known]
        return {network: network(images, wished) for network, wished in names.items()}


class _OwnLayers(nn.Module):
    """The layers of a saliency model's own network, under the call that every network has."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        return self.extractor.features(images, layers)


def build_guide(
    saliency: str, guiding: str, comparing: str, *, vgg_weights: str = "torchvision"
) -> Guide:
    """Return a guide by the names of its parts.

    Parameters
    ----------
    saliency
        Name or file of a saliency model.
    guiding, comparing
        Whose layers guide FGTransform and enter the losses: ``saliency``, the saliency model's own
        network; ``vgg19``; or ``random`` filters.
    vgg_weights
        As in `saliency.weights.load_vgg`, where VGG-19 is asked for and the saliency model has
        none.

    Raises
    ------
    InputError
        If a name is unknown, weights are missing, or the saliency model has no layers to offer.
    """
    model = load_saliency_model(saliency)
    networks: dict[str, tuple[nn.Module, Parts]] = {}
    for source in (guiding, comparing):
        if source not in networks:
            networks[source] = _network(source, model, saliency, vgg_weights)
    return Guide(model, networks[guiding], networks[comparing])


def _network(
    source: str, model: SaliencyModel, name: str, vgg_weights: str
) -> tuple[nn.Module, Parts]:
    extractor = getattr(model, "extractor", None)
    if source == "random":
        return random_filters.RandomFilters(), RANDOM_PARTS
    if isinstance(extractor, DeepGazeFeatures):
        return extractor.vgg, VGG_PARTS
    if source == "vgg19":
        return load_vgg(vgg_weights), VGG_PARTS
    if hasattr(extractor, "features"):
        return _OwnLayers(extractor), EMBEDDED_PARTS
    raise InputError(
        f"guide: saliency model {name!r} has no network whose layers could guide or be compared; "
        f'expected "random" or "vgg19" in place of "saliency", or a model that has one '
        f"(embedded, deepgaze2)"
    )
