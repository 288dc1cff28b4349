"""Networks trained on ImageNet or larger collections as features of a saliency model, through timm.

A backbone is named as timm names it (``resnet50.a1_in1k``). RGB images in [0, 1] go in, the maps
of some of its stages come out, brought to the grid of the finest. Weights come from timm's hub over
the user's own connection, or from a file in timm's names, such as those of the hub and of
``python -m manipulation.convert_backbone``.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import timm
import torch
from timm.models._features import FeatureGetterNet, FeatureInfo
from torch import Tensor, nn
from torch.nn import functional

from manipulation.runs.tensors import tensors_sha256
from manipulation.saliency.models.backbone_weights import HUB, load_weights, not_fetched, notice_of
from manipulation.saliency.models.features import FeatureExtractor
from stimuli.support.errors import InputError, nearest

FINEST_STRIDE = 8  # stages finer than this see edges alone, and make the maps large
TRANSFORMER_STAGES = 4  # taken at equal distances where all stages have one stride
_TRIED_CELLS = ((3, 4), (5, 2))  # rows and columns of the coarsest stage
# What timm's tags of weights say of the pictures that these were trained on.
_TRAINED_ON = {
    "ImageNet": ("in1k", "in12k", "in21k", "in22k"),
    "LAION": ("laion", "datacomp"),
    "OpenAI's pairs": ("openai",),
    "LVD-142M": ("lvd142m",),
    "LVD-1689M": ("lvd1689m",),
    "SA-1B": ("sa1b",),
}


class TimmBackbone(FeatureExtractor):
    """Stages of a network that timm knows.

    Parameters
    ----------
    name
        As timm names it, with or without the tag of its weights: ``tf_efficientnet_lite2``,
        ``resnet50.a1_in1k``, ``vit_small_patch14_dinov2.lvd142m``.
    weights
        ``hub``, or a file (.safetensors, or a state dict that torch saved) in timm's names, with or
        without what lies behind the last stage.
    stages
        Numbers of stages as timm counts them, from 0. Without it those of stride 8 and more; of a
        network whose stages all have one stride, four at equal distances.
    weights_sha256
        What `weights_sha256` of the network must be; without it, any. A readout fits only the
        network that it was fitted to.

    Attributes
    ----------
    channels
        Of all stages together.
    stride
        Of the finest stage.

    Raises
    ------
    InputError
        If timm knows no such network, a stage does not exist, the weights are missing, cannot be
        fetched, are truncated or of another network, or are not those of `weights_sha256`.

    Examples
    --------
    >>> import torch
    >>> from manipulation.saliency.models.backbones import TimmBackbone
    >>> backbone = TimmBackbone("resnet50.a1_in1k")  # doctest: +SKIP
    >>> backbone(torch.rand(1, 3, 384, 512)).shape  # doctest: +SKIP
    torch.Size([1, 3584, 48, 64])
    """

    # The file of a fitted model names the weights of the backbone and does not repeat them.
    stored_elsewhere = True
    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        name: str,
        weights: str | Path = HUB,
        stages: Sequence[int] | None = None,
        weights_sha256: str | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.weights = HUB if str(weights) == HUB else str(Path(weights).absolute())
        self.backbones = (name,)
        self.stages = tuple(_default_stages(name) if stages is None else stages)
        self.network = _network(name, self.stages, pretrained=self.weights == HUB)
        if self.weights != HUB:
            load_weights(_inner(self.network), self.weights, name)
            self.notice = notice_of(Path(self.weights))
        self.weights_sha256 = tensors_sha256(_inner(self.network).state_dict().items())
        if weights_sha256 not in (None, self.weights_sha256):
            raise InputError(
                f"timm:{name}: SHA-256 of the weights of {self.weights} is {self.weights_sha256}; "
                f"expected {weights_sha256}, the weights that this readout was fitted to; give "
                f"those, or fit it again"
            )
        self.trained_on = photographs_of(name)
        for part, values in zip(("mean", "deviation"), normalisation(name), strict=True):
            self.register_buffer(part, values, persistent=False)
        stages_info: FeatureInfo = self.network.feature_info
        self.strides = tuple(stages_info.reduction())
        self.stride = min(self.strides)
        self._channels = tuple(stages_info.channels())
        self.channels = sum(self._channels)
        self.minimum_px = 2 * max(self.strides)

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments that build this extractor again."""
        return {
            "name": self.name,
            "weights": self.weights,
            "stages": list(self.stages),
            "weights_sha256": self.weights_sha256,
        }

    def stage_maps(self, images: Tensor) -> list[Tensor]:
        """Return the maps of each stage, ``(B, channels, h, w)`` with a stride of its own.

        The last row and column of the images, ``(B, 3, H, W)`` in [0, 1], are repeated up to a
        multiple of the coarsest stride.
        """
        height, width = images.shape[-2:]
        coarsest = max(self.strides)
        missing = (0, -width % coarsest, 0, -height % coarsest)
        if any(missing):
            images = functional.pad(images, missing, mode="replicate")
        maps = self.network((images - self.mean) / self.deviation)
        return [  # some networks have the channels last
            one if one.shape[1] == channels else one.movedim(-1, 1)
            for one, channels in zip(maps, self._channels, strict=True)
        ]

    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images in [0, 1], ``(B, 3, H, W)``, to ``(B, channels, h, w)``.

        ``h`` and ``w`` are the image's size over the stride, rounded up.
        """
        rows, columns = (-(-length // self.stride) for length in images.shape[-2:])
        maps = self.stage_maps(images)
        size = maps[self.strides.index(self.stride)].shape[-2:]
        enlarged = [
            one if one.shape[-2:] == size else functional.interpolate(one, size, mode="bilinear")
            for one in maps
        ]
        return torch.cat(enlarged, dim=1)[..., :rows, :columns]


def _network(name: str, stages: Sequence[int], *, pretrained: bool) -> nn.Module:
    """Return the stages of a network, with the hub's weights if `pretrained`, else with random."""
    count = len(_stage_strides(name))
    if not stages or not set(stages) <= set(range(count)):
        raise InputError(
            f"timm:{name}: stages are {list(stages)}; expected some of 0 to {count - 1}"
        )
    settings = _settings_for_any_size(name, stages)
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)  # the error below says it once
    try:
        return timm.create_model(
            name, pretrained=pretrained, features_only=True, out_indices=tuple(stages), **settings
        )
    except Exception as error:
        if not pretrained:
            raise InputError(
                f"timm:{name}: gives no maps of its stages ({type(error).__name__}: {error}); "
                f"choose another backbone"
            ) from None
        raise not_fetched(name, error) from None


def _settings_for_any_size(name: str, stages: Sequence[int]) -> dict[str, bool]:
    """Return what makes a network take images of any size; some transformers must be told.

    Tried without memory or arithmetic, on torch's device ``meta``.
    """
    for settings in ({"dynamic_img_size": True}, {"strict_img_size": False}, {}):
        try:
            with torch.device("meta"):
                network = timm.create_model(
                    name, features_only=True, out_indices=tuple(stages), **settings
                ).eval()
                info: FeatureInfo = network.feature_info
                coarsest = max(info.reduction())
                for rows, columns in _TRIED_CELLS:
                    network(torch.zeros(1, 3, rows * coarsest, columns * coarsest))
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            continue
        return settings
    raise InputError(
        f"timm:{name}: gives no maps of its stages for images of any size ({reason}); choose "
        f"another backbone"
    )


def check_known(name: str) -> None:
    """Check that timm knows a network, and the tag of its weights where the name has one.

    Raises
    ------
    InputError
        If it does not; the message names what is near.
    """
    plain = name.partition(".")[0]
    if not timm.is_model(plain):
        known = timm.list_models()
        raise InputError(
            f"timm:{name}: timm {timm.__version__} knows no such network; expected one of its "
            f"{len(known)}, see timm.list_models(){nearest(plain, known)}"
        )
    try:
        timm.models.get_pretrained_cfg(name)
    except (RuntimeError, AttributeError):
        tags = timm.list_pretrained(f"{plain}*")[:8]
        raise InputError(f"timm:{name}: no weights have that tag; expected one of {tags}") from None


def photographs_of(name: str) -> tuple[str, ...]:
    """Return what a network's weights were trained on, as far as timm's tag of them says it."""
    tag = timm.models.get_pretrained_cfg(name).tag.casefold()
    return tuple(data for data, words in _TRAINED_ON.items() if any(one in tag for one in words))


def normalisation(name: str) -> tuple[Tensor, Tensor]:
    """Return mean and deviation ``(3, 1, 1)`` of the pixels that a network was trained on."""
    config = timm.models.get_pretrained_cfg(name)
    mean, deviation = (torch.tensor(one).view(3, 1, 1) for one in (config.mean, config.std))
    return mean, deviation


def _stage_strides(name: str) -> list[int]:
    check_known(name)
    with torch.device("meta"):
        info = getattr(timm.create_model(name, pretrained=False), "feature_info", None)
    if not info:
        raise InputError(f"timm:{name}: names no stages; choose another backbone")
    return [stage["reduction"] for stage in info]


def _default_stages(name: str) -> list[int]:
    strides = _stage_strides(name)
    if len(set(strides)) == 1:
        count = min(TRANSFORMER_STAGES, len(strides))
        return [(number + 1) * len(strides) // count - 1 for number in range(count)]
    return [number for number, stride in enumerate(strides) if stride >= FINEST_STRIDE]


def _inner(network: nn.Module) -> nn.Module:
    """Return the module whose parameters have timm's names: some networks are wrapped."""
    return network.get_submodule("model" if isinstance(network, FeatureGetterNet) else "")
