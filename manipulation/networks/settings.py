"""Settings of a training run: a TOML file that states what differs from the defaults.

Defaults are the paper's values where it gives one, but for the guide and the cut of photographs,
which say so. Where it leaves something open, the setting says what was chosen.
"""

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from manipulation.networks.guide import LayerSource
from manipulation.networks.image_network import Output
from stimuli.support.checked import CheckedSettings, checked_tables, setting
from stimuli.support.commented_toml import commented_section
from stimuli.support.errors import InputError, shown, why_unread


class NetworkKind(StrEnum):
    """The networks that can be trained."""

    FGTRANSFORM = "fgtransform"
    RESNET9 = "resnet9"
    UNET = "unet"


class Manipulation(StrEnum):
    """What a network is trained to do to log saliency."""

    SHIFT = "shift"  # inside regions, eq. (11)
    SCALE = "scale"  # everywhere, eq. (12)


@dataclass(frozen=True)
class ScheduleSettings(CheckedSettings):
    """How long, how fast and how precisely."""

    iterations: int = setting(150_000, "steps of the optimisers", 1, 10**8)
    autoencoder_iterations: int = setting(
        5_000, "first steps of Resnet-9 and U-Net, as auto-encoders (number open)", 0, 10**8
    )
    batch_size: int = setting(4, "images in a step, over all processes together", 1, 4096)
    learning_rate: float = setting(1e-3, "of Adam, for network and discriminator", 0.0, 1.0)
    decay: float = setting(
        0.0, "last share of the steps over which the rate falls to zero, on a line; the paper has "
        "none", 0, 1,
    )  # fmt: skip
    seed: int = setting(0, "first weights, order of photographs and targets", 0, 2**31 - 1)
    precision: str = setting(
        "bfloat16", "of convolutions; losses and log saliency are always 32 bits",
        choices=("float32", "bfloat16", "float16"),
    )  # fmt: skip
    compile: bool = setting(
        False, "torch.compile, block by block, on a GPU and where there is a compiler"
    )
    play_back: bool = setting(
        False, "CUDA graphs: a step is recorded once and played back, on one GPU"
    )


@dataclass(frozen=True)
class TargetSettings(CheckedSettings):
    """What is asked of the network (eq. 11 and 12)."""

    manipulation: Manipulation = setting(Manipulation.SHIFT, "eq. (11) or eq. (12)")
    k_shift_low: float = setting(-4.0, "shift of log saliency in nats, uniform from", -20, 20)
    k_shift_high: float = setting(4.0, "to", -20, 20)
    k_scale_low: float = setting(0.5, "factor on log saliency from", 0.01, 100)
    k_scale_high: float = setting(2.0, "to", 0.01, 100)
    k_scale_distribution: str = setting(
        "log-uniform", "of the factor (open): log-uniform spreads as often as it gathers",
        choices=("log-uniform", "uniform"),
    )  # fmt: skip
    mask_blur_px: float = setting(
        10.0, "Gaussian blur of the masks in training, in pixels of the image (open)", 0, 500
    )
    salient_share: float = setting(
        0.15, "photographs without annotations: the most salient share is shifted", 0.01, 0.9
    )

    def check_together(self) -> None:
        for name in ("k_shift", "k_scale"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if low > high:
                raise InputError(f"targets.{name}_low is {low:g}; expected at most {high:g}")


@dataclass(frozen=True)
class LossSettings(CheckedSettings):
    """Weights of the paper's four terms, and of one that keeps images natural."""

    saliency: float = setting(1.0, "lambda_s", 0, 1e6)
    feature: float = setting(1e-2, "lambda_f", 0, 1e6)
    texture: float = setting(2e-2, "lambda_t; the five layers count alike", 0, 1e6)
    adversarial: float = setting(1e-1, "lambda_a", 0, 1e6)
    budget: float = setting(
        0.0, "of what is beyond a study's default bounds on distance, colours, tones, and skin, "
        "plants and sky; not in the paper", 0, 1e6,
    )  # fmt: skip
    patches: str = setting(
        "sum", "lambda_a times the sum over patches, as in the paper, or times their mean, as in "
        "pix2pix: 3844 times less at 512 px", choices=("sum", "mean"),
    )  # fmt: skip


@dataclass(frozen=True)
class NetworkSettings(CheckedSettings):
    """What is trained."""

    kind: NetworkKind = setting(NetworkKind.FGTRANSFORM, "the network")
    start: str = setting(
        "", "trained network whose weights it begins with, to be trained further: a name or a "
        "file; its discriminator begins anew; default: new weights",
    )  # fmt: skip
    keep: float = setting(
        0.0, "how much of the weights that it began with it has after the last step, beside those "
        "that it learned: 0.5 for the mean of both (Wortsman et al. 2022); files of earlier steps "
        "and the log are without", 0, 1,
    )  # fmt: skip
    width: int = setting(1024, "channels of FGTransform's residual blocks", 1, 8192)
    blocks: int = setting(6, "residual blocks of FGTransform", 1, 100)
    resnet9_width: int = setting(64, "channels of the first layer of Resnet-9", 1, 1024)
    unet_width: int = setting(64, "channels of the first layer of U-Net", 1, 1024)
    halvings: int = setting(8, "of U-Net; its images are a multiple of 2 to this power", 1, 12)
    output: Output = setting(Output.SIGMOID, "an image of its own, or a change (open)")
    discriminator_width: int = setting(64, "channels of its first layer", 1, 1024)

    def check_together(self) -> None:
        if self.keep and not self.start:
            raise InputError(
                f"network.keep is {self.keep:g} without network.start; expected the network that "
                f"training begins with, or network.keep = 0"
            )


@dataclass(frozen=True)
class GuideSettings(CheckedSettings):
    """What sees the images; the paper's is DeepGaze II, with layers of VGG-19."""

    saliency: str = setting("robust", "saliency model: a name or a file")
    guiding: LayerSource = setting(
        LayerSource.SALIENCY, "whose layers guide FGTransform: the saliency model's own, as in the "
        "paper, where it has layers; VGG-19; or random filters",
    )  # fmt: skip
    comparing: LayerSource = setting(LayerSource.SALIENCY, "whose layers enter the losses")
    vgg_weights: str = setting("torchvision", "of VGG-19, where it is asked for by name")


@dataclass(frozen=True)
class DataSettings(CheckedSettings):
    """How photographs become images."""

    size_px: int = setting(512, "side of the square images", 16, 4096)
    fit: str = setting(
        "crop",
        "largest centred square, or stretched, as the paper resizes; networks are trained on "
        "squares, so a photograph cannot be used whole",
        choices=("crop", "stretch"),
    )
    held_out: float = setting(
        0.0, "share of the photographs, by a hash of their names, that training never sees", 0, 0.9
    )


@dataclass(frozen=True)
class LogSettings(CheckedSettings):
    """What is written while it trains, in steps."""

    losses_every: int = setting(10, "row of losses.csv; non-finite losses stop the run", 1, 10**6)
    images_every: int = setting(1_000, "images in TensorBoard", 1, 10**8)
    state_every: int = setting(1_000, "state to go on from", 1, 10**8)
    weights_every: int = setting(10_000, "weights that are kept, for evaluation", 1, 10**8)


@dataclass(frozen=True)
class RunSettings(CheckedSettings):
    """All settings of a training run; the sections of its file by name.

    Raises
    ------
    InputError
        If a value is not allowed, at construction.

    Examples
    --------
    >>> from manipulation import RunSettings
    >>> RunSettings().schedule.iterations
    150000
    """

    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    targets: TargetSettings = field(default_factory=TargetSettings)
    losses: LossSettings = field(default_factory=LossSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    guide: GuideSettings = field(default_factory=GuideSettings)
    data: DataSettings = field(default_factory=DataSettings)
    log: LogSettings = field(default_factory=LogSettings)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the resolved settings, JSON-ready: names in place of enumerations."""
        return dataclasses.asdict(self, dict_factory=_plain)


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: str(one) if isinstance(one, StrEnum) else one for name, one in items}


def differences(settings: RunSettings, other: RunSettings | None = None) -> dict[str, object]:
    """Return what `settings` states otherwise than `other` or the defaults, by dotted name."""
    reference = (other or RunSettings()).as_dict()
    return {
        f"{section}.{name}": value
        for section, values in settings.as_dict().items()
        for name, value in values.items()
        if value != reference[section][name]
    }


def as_toml(settings: RunSettings) -> str:
    """Return a settings file that states the differences and shows all else as comments."""
    stated = differences(settings)
    lines = ["# A line that starts with # shows the default.", ""]
    for section in dataclasses.fields(settings):
        prefix = f"{section.name}."
        names = {name.removeprefix(prefix) for name in stated if name.startswith(prefix)}
        lines += commented_section(section.name, getattr(settings, section.name), names)
    return "\n".join(lines)


def read_run_settings(path: str | Path | None = None, changes: Sequence[str] = ()) -> RunSettings:
    """Return the settings of a training run from a file and changes to it.

    Parameters
    ----------
    path
        TOML file; without it the defaults hold.
    changes
        Such as ``losses.texture = 0``, each a line of TOML; a later one wins.

    Raises
    ------
    InputError
        If the file is absent or something in it, or in the changes, is wrong.

    Examples
    --------
    >>> from manipulation import read_run_settings
    >>> read_run_settings(changes=["losses.texture = 0"]).losses.texture
    0.0
    """
    where = Path(path).name if path else "settings"
    content = _tables(Path(path)) if path else {}
    for change in changes:
        try:
            ((section, values),) = tomllib.loads(change).items()
            content.setdefault(section, {}).update(values)
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise InputError(
                f"setting {shown(change)} cannot be read; expected SECTION.NAME=VALUE as in TOML, "
                f'such as losses.texture=0 or network.kind="unet"'
            ) from None
    return run_settings_of_tables(content, where)


def run_settings_of_tables(content: Mapping[str, object], where: str) -> RunSettings:
    """Return settings from tables of values, such as `RunSettings.as_dict` gives.

    Raises
    ------
    InputError
        If a key is unknown or a value is wrong.
    """
    return checked_tables(RunSettings, content, where)


def _tables(path: Path) -> dict[str, Any]:
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file of settings") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not TOML: {why_unread(error, text)}") from None
