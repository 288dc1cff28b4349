"""Trained networks as safetensors files: weights, and in the metadata what builds and guides them.

The metadata hold ``format``, ``settings`` (JSON of a run's `RunSettings`), ``iteration``,
``photographs`` (a hash of what it was trained on) and ``saliency_sha256`` (of the saliency model
that it was trained with).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from manipulation.networks.baselines import Resnet9, UNet
from manipulation.networks.discriminator import PatchGAN
from manipulation.networks.fgtransform import FGTransform
from manipulation.networks.guide import Guide, build_guide
from manipulation.networks.image_network import ImageNetwork
from manipulation.networks.settings import (
    GuideSettings,
    NetworkKind,
    NetworkSettings,
    RunSettings,
    run_settings_of_tables,
)
from manipulation.runs.tensors import save_tensors
from manipulation.saliency.models.files import saliency_model_sha256
from stimuli.support.errors import InputError, nearest

FORMAT = "guiding-gaze transform 1"
_SHAPES = {  # settings that a network's weights belong to
    NetworkKind.FGTRANSFORM: ("kind", "output", "width", "blocks"),
    NetworkKind.RESNET9: ("kind", "output", "resnet9_width"),
    NetworkKind.UNET: ("kind", "output", "unet_width", "halvings"),
}
WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "transforms"


@dataclass(frozen=True)
class Checkpoint:
    """A network after some steps of its training.

    Attributes
    ----------
    settings
        Settings of the run.
    iteration
        Steps that it was trained for.
    network
        The network; read from a file it is in evaluation mode and takes no gradient.
    discriminator
        The discriminator that was trained beside it; None in files for use.
    """

    settings: RunSettings
    iteration: int
    network: ImageNetwork
    discriminator: PatchGAN | None


def build_network(settings: NetworkSettings, channels: int, stride: int) -> ImageNetwork:
    """Return a network with new weights, drawn from torch's global generator.

    Parameters
    ----------
    channels, stride
        Channels and stride of the features that guide FGTransform.

    Raises
    ------
    InputError
        If the width of FGTransform is no multiple of the stride.
    """
    if settings.kind == NetworkKind.FGTRANSFORM:
        if settings.width % stride:
            raise InputError(
                f"network.width is {settings.width}; expected a multiple of {stride}, the stride "
                f"of the features that guide FGTransform"
            )
        return FGTransform(
            channels, stride, width=settings.width, blocks=settings.blocks, output=settings.output
        )
    if settings.kind == NetworkKind.RESNET9:
        return Resnet9(settings.resnet9_width, output=settings.output)
    return UNet(settings.unet_width, settings.halvings, output=settings.output)


def starting_network(settings: RunSettings, guide: Guide) -> ImageNetwork:
    """Return the network that a training begins with, in training mode.

    With new weights, drawn from torch's global generator, or with those of `network.start`.

    Raises
    ------
    InputError
        If the file of `network.start` cannot be read, or holds another kind of network, one of
        another size, or one that saw other features.
    """
    chosen = settings.network
    network = build_network(chosen, guide.channels, guide.stride)
    if chosen.start:
        path = transform_file(chosen.start)
        before = read_run_settings_of(path)
        _check_same(chosen.start, "network", chosen, before.network, _SHAPES[chosen.kind])
        _check_same(chosen.start, "guide", settings.guide, before.guide, ("saliency", "guiding"))
        network.load_state_dict(load_checkpoint(path, guide).network.state_dict())
    return network


def _check_same(
    start: str, section: str, wanted: object, found: object, names: Sequence[str]
) -> None:
    for name in names:
        here, there = str(getattr(wanted, name)), str(getattr(found, name))
        if here != there:
            raise InputError(
                f"network.start is {start!r}, which was trained with {section}.{name} = {there}; "
                f"here it is {here}; expected the same"
            )


def guide_of(settings: GuideSettings) -> Guide:
    """Return the guide that settings name; see `build_guide`."""
    return build_guide(
        settings.saliency, settings.guiding, settings.comparing, vgg_weights=settings.vgg_weights
    )


def save_checkpoint(
    path: Path, checkpoint: Checkpoint, guide: Guide, photographs: str, *, half: bool = False
) -> None:
    """Write a network and its discriminator, whole or not at all.

    Parameters
    ----------
    photographs
        Hash of the photographs that it was trained on.
    half
        Write weights of 16 bits and leave the discriminator out: for use, not for evaluation.
    """
    tensors = {f"network.{name}": one for name, one in checkpoint.network.state_dict().items()}
    if half:
        tensors = {name: one.half() for name, one in tensors.items()}
    elif checkpoint.discriminator:
        for name, one in checkpoint.discriminator.state_dict().items():
            tensors[f"discriminator.{name}"] = one
    metadata = {
        "format": FORMAT,
        "settings": json.dumps(checkpoint.settings.as_dict(), sort_keys=True),
        "iteration": str(checkpoint.iteration),
        "photographs": photographs,
        "saliency_sha256": saliency_model_sha256(guide.saliency),
    }
    save_tensors(path, tensors, metadata)


def shipped_transforms() -> dict[str, Path]:
    """Return the files of the networks that ship with the toolkit, by name."""
    return {path.stem: path for path in sorted(WEIGHTS.glob("*.safetensors"))}


def transform_file(name_or_file: str | Path) -> Path:
    """Return the file of a network that ships with the toolkit, or the file itself.

    Raises
    ------
    InputError
        If there is no such network or file; it names those that ship.
    """
    shipped = shipped_transforms()
    path = shipped.get(str(name_or_file), Path(name_or_file))
    if not path.is_file():
        known = f"one of {sorted(shipped)} or " if shipped else ""
        raise InputError(
            f"transform is {str(name_or_file)!r}; expected {known}an existing .safetensors file of "
            f"manipulation.train{nearest(str(name_or_file), shipped)}"
        )
    return path


def read_run_settings_of(path: Path) -> RunSettings:
    """Return the settings of the run that wrote a file, without its weights.

    Raises
    ------
    InputError
        If the file is absent, truncated or of another kind.
    """
    return _settings(path, _metadata(path))


def guide_sha256_of(path: Path) -> str:
    """Return the SHA-256 of the saliency model that a network was trained with.

    Raises
    ------
    InputError
        If the file is absent, truncated or of another kind.
    """
    return _metadata(path).get("saliency_sha256", "")


def load_checkpoint(path: str | Path, guide: Guide) -> Checkpoint:
    """Return what `save_checkpoint` wrote.

    Parameters
    ----------
    guide
        The guide that the settings of the file name (`guide_of`).

    Raises
    ------
    InputError
        If the file is absent, truncated or of another kind, or was trained with another saliency
        model of that name.
    """
    path = Path(path)
    metadata = _metadata(path)
    settings = _settings(path, metadata)
    expected = saliency_model_sha256(guide.saliency)
    if metadata.get("saliency_sha256") != expected:
        raise InputError(
            f"{path}: was trained with a saliency model {settings.guide.saliency!r} of SHA-256 "
            f"{metadata.get('saliency_sha256')}; the one at hand has {expected}; "
            f"put that model in its place, or train again"
        )
    network = build_network(settings.network, guide.channels, guide.stride)
    discriminator = None
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network.load_state_dict(_part(tensors, "network."))
        if weights := _part(tensors, "discriminator."):
            discriminator = PatchGAN(settings.network.discriminator_width)
            discriminator.load_state_dict(weights)
    except (RuntimeError, SafetensorError) as error:
        raise InputError(
            f"{path}: weights and settings do not fit together ({error}); train again"
        ) from None
    for module in (network, discriminator):
        if module is not None:
            module.eval().requires_grad_(False)
    return Checkpoint(settings, int(metadata["iteration"]), network, discriminator)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): one for n, one in tensors.items() if n.startswith(prefix)}


def _metadata(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise InputError(f"{path}: no such checkpoint; expected a file of manipulation.train")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: cannot be read as safetensors ({error}); expected a whole file of "
            f"manipulation.train; copy it again"
        ) from None
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"{path}: format is {metadata.get('format')!r}; expected {FORMAT!r}, as "
            f"manipulation.train writes it"
        )
    return metadata


def _settings(path: Path, metadata: dict[str, str]) -> RunSettings:
    try:
        return run_settings_of_tables(json.loads(metadata["settings"]), path.name)
    except (KeyError, ValueError, RecursionError):
        raise InputError(f"{path}: holds no settings that can be read; train again") from None
