"""The guide: what one pass over an image tells the networks and the losses.

A guide is a saliency model and the networks whose layers guide FGTransform and enter the feature
and texture losses. In the paper all of these are one VGG-19. Here they may be that, the saliency
model's own network, or random filters; a network that plays several parts is run once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn

from manipulation.networks import random_filters
from manipulation.saliency import SaliencyModel, load_saliency_model
from manipulation.saliency.models import vgg as vgg19
from manipulation.saliency.models.deepgaze import DeepGazeFeatures, deepgaze_features
from manipulation.saliency.models.published import PublishedDeepGaze
from manipulation.saliency.models.vgg_weights import load_vgg
from stimuli.support.errors import InputError, nearest


class LayerSource(StrEnum):
    """Whose layers guide FGTransform, or enter the losses."""

    SALIENCY = "saliency"  # the saliency model's own network
    VGG19 = "vgg19"
    RANDOM = "random"  # filters that are not learned


@dataclass(frozen=True)
class LayerParts:
    """Which layers of a network play which part, by name.

    Attributes
    ----------
    guidance
        Layers that guide FGTransform; they have one stride.
    feature
        The layer that the feature loss compares.
    texture
        Layers that the texture loss compares.
    """

    guidance: tuple[str, ...]
    feature: str
    texture: tuple[str, ...]


# The paper's layers, and their like in networks that are no VGG-19.
VGG_PARTS = LayerParts(vgg19.DEEPGAZE_LAYERS, vgg19.FEATURE_LAYER, vgg19.TEXTURE_LAYERS)
SCRATCH_PARTS = LayerParts(
    ("stage3", "fused"), "fused", ("stage1", "stage2", "stage3", "stage4", "stage5")
)
PRETRAINED_PARTS = LayerParts(
    ("stride16",), "stride16", ("stride2", "stride4", "stride8", "stride16", "stride32")
)
OWN_PARTS = {"scratch": SCRATCH_PARTS, "pretrained": PRETRAINED_PARTS}  # by architecture
RANDOM_PARTS = LayerParts(("scale16",), "scale8", tuple(random_filters.LAYERS))


@dataclass(frozen=True)
class GuideFeatures:
    """What one pass of the guide gives of a batch of images.

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
    """Sees images with each network once; its weights take no gradient, its images do.

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
        saliency: SaliencyModel | PublishedDeepGaze,
        guiding: tuple[nn.Module, LayerParts],
        comparing: tuple[nn.Module, LayerParts],
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

    def forward(self, images: Tensor) -> GuideFeatures:
        """Return what the guide sees in RGB images ``(B, 3, H, W)`` in [0, 1]."""
        compared = (self.comparing_parts.feature, *self.comparing_parts.texture)
        vgg = _own_vgg(self.saliency)
        layers = self._layers(
            images,
            (self.guiding, self.guiding_parts.guidance),
            (self.comparing, compared),
            *([(vgg, vgg19.DEEPGAZE_LAYERS)] if vgg else []),
        )
        if vgg and isinstance(self.saliency, SaliencyModel):
            height, width = images.shape[-2:]
            log_saliency = self.saliency.from_features(
                deepgaze_features(layers[vgg]), (height, width)
            )
        else:
            with torch.autocast(images.device.type, enabled=False):  # statistics need 32 bits
                log_saliency = self.saliency(images)
        guiding, comparing = layers[self.guiding], layers[self.comparing]
        return GuideFeatures(
            guidance=torch.cat([guiding[name] for name in self.guiding_parts.guidance], dim=1),
            feature=comparing[self.comparing_parts.feature],
            texture=tuple(comparing[name] for name in self.comparing_parts.texture),
            log_saliency=log_saliency,
        )

    def store_weights_as(self, dtype: torch.dtype) -> None:
        """Keep the weights of networks that work with `dtype` under autocast in that type.

        Otherwise autocast converts them at every call. What the saliency model computes itself
        stays as it is, since its statistics need 32 bits.
        """
        vgg = _own_vgg(self.saliency)
        own = set(self.saliency.modules()) - set(vgg.modules() if vgg else ())
        for network in {self.guiding, self.comparing}:
            if not own & set(network.modules()):
                for module in network.modules():  # but not the mean that pixels are compared with
                    if isinstance(module, nn.Conv2d | random_filters.RandomFilters):
                        module.to(dtype)

    @staticmethod
    def _layers(
        images: Tensor, *requests: tuple[nn.Module, Sequence[str]]
    ) -> Mapping[nn.Module, dict[str, Tensor]]:
        """Run each network once, for all layers that are asked of it."""
        names: dict[nn.Module, list[str]] = {}
        for network, asked in requests:
            known = names.setdefault(network, [])
            known += [name for name in asked if name not in known]
        return {network: network(images, layers) for network, layers in names.items()}


class _OwnLayers(nn.Module):
    """The layers of a saliency model's own network, under the call that every network has."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor: Any = extractor  # a module with the method `features`

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
        Whose layers guide FGTransform and enter the losses; see `LayerSource`.
    vgg_weights
        As in `load_vgg`, where VGG-19 is asked for and the saliency model has
        none.

    Raises
    ------
    InputError
        If a name is unknown, weights are missing, or the saliency model has no layers to offer.
    """
    model = load_saliency_model(saliency)
    networks: dict[str, tuple[nn.Module, LayerParts]] = {}
    for source in (guiding, comparing):
        if source not in networks:
            networks[source] = _network(source, model, saliency, vgg_weights)
    return Guide(model, networks[guiding], networks[comparing])


def _own_vgg(saliency: nn.Module) -> nn.Module | None:
    """Return the VGG-19 that a saliency model reads, None where it reads another network."""
    extractor = getattr(saliency, "extractor", None)
    return extractor.vgg if isinstance(extractor, DeepGazeFeatures) else None


def _network(
    source: str, model: nn.Module, name: str, vgg_weights: str
) -> tuple[nn.Module, LayerParts]:
    """Return the network that a source names, and the parts of its layers."""
    extractor = getattr(model, "extractor", None)
    if source not in list(LayerSource):
        raise InputError(
            f"guide: layers of {source!r}; expected one of {', '.join(LayerSource)}"
            f"{nearest(source, list(LayerSource))}"
        )
    if source == LayerSource.RANDOM:
        return random_filters.RandomFilters(), RANDOM_PARTS
    if vgg := _own_vgg(model):
        return vgg, VGG_PARTS
    if source == LayerSource.VGG19:
        return load_vgg(vgg_weights), VGG_PARTS
    parts = OWN_PARTS.get(getattr(model, "architecture", ""))
    if extractor is not None and parts is not None:
        return _OwnLayers(extractor), parts
    raise InputError(
        f"guide: saliency model {name!r} has no network whose layers could guide or be compared; "
        f'expected "random" or "vgg19" in place of "saliency", or a model that has one '
        f"(efficientnet, scratch, deepgaze2)"
    )
