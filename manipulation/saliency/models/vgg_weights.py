"""Where the weights of VGG-19 come from: fetched once, checked, and refused if they are not whole.

Three kinds of file: torchvision's checkpoint, a state dict in the naming of Gatys' conversions of
the Caffe network (``conv1_1.weight``), and the safetensors of ``manipulation.normalise_vgg``.
"""

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from manipulation.downloads.fetching import download_bar, fetch
from manipulation.runs.tensors import save_tensors
from manipulation.saliency.models.vgg import (
    CAFFE,
    PREPROCESSINGS,
    TORCHVISION,
    Preprocessing,
    VGGFeatures,
    convolutions,
)
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import sha256

FORMAT = "guiding-gaze VGG-19 1"


@dataclass(frozen=True)
class Download:
    """Weights that are published at a fixed address.

    Attributes
    ----------
    file
        Name in the cache folder.
    url, sha256, size_bytes
        What is fetched, and what it must be.
    licence
        Terms, for the model card.
    """

    file: str
    url: str
    sha256: str
    size_bytes: int
    licence: str


DOWNLOADS = {
    "torchvision": Download(
        file="vgg19-dcbb9e9d.pth",
        url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
        size_bytes=574_673_361,
        licence="torchvision, BSD 3-Clause; trained on ImageNet, whose own terms apply to its use",
    )
}

# Position of each convolution in torchvision's `vgg19().features`.
_PLACES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
_TORCHVISION_NAMES = dict(zip(convolutions(), (f"features.{p}" for p in _PLACES), strict=True))


def cache_folder() -> Path:
    """Return where downloads are kept: torch hub's folder, so that torchvision's own are found."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def load_vgg(
    weights: str | Path = "torchvision",
    *,
    pooling: str = "max",
    cache: Path | None = None,
) -> VGGFeatures:
    """Return VGG-19 with trained weights and the preprocessing that belongs to them, frozen.

    Its layers have the channels last in memory.

    Parameters
    ----------
    weights
        A key of `DOWNLOADS` or a file; a file's name alone is also looked for in the cache folder.
    pooling
        ``max`` or ``average``.
    cache
        Folder of downloads; `cache_folder` without it.

    Raises
    ------
    InputError
        If there is no such file, it cannot be fetched, is truncated, or is of another network.
    """
    path = vgg_file(weights, cache=cache)
    tensors, preprocessing = _read(path)
    try:
        channels = [len(tensors[f"conv{block}_1.weight"]) for block in range(1, 6)]
        model = VGGFeatures(preprocessing, pooling, channels)
        model.load_state_dict(tensors)
    except (KeyError, RuntimeError) as error:
        _refuse(path, f"its tensors are not those of VGG-19 ({error})")
    if not all(tensor.isfinite().all() for tensor in model.parameters()):
        _refuse(path, "it holds values that are no finite numbers")
    # A fifth faster on processors, and what tensor cores want.
    model = model.to(memory_format=torch.channels_last)
    return model.eval().requires_grad_(False)


def vgg_file(weights: str | Path, *, cache: Path | None = None) -> Path:
    """Return the file of weights, fetched first if it is published and not at hand.

    Raises
    ------
    InputError
        As `load_vgg`.
    """
    cache = cache or cache_folder()
    if str(weights) in DOWNLOADS:
        return _fetched(DOWNLOADS[str(weights)], cache)
    for path in (Path(weights), cache / Path(weights).name):
        if path.is_file():
            return path
    raise InputError(
        f"weights of VGG-19 are {str(weights)!r}; expected one of {sorted(DOWNLOADS)}, an existing "
        f"file, or the name of a file in {cache}{nearest(str(weights), DOWNLOADS)}"
    )


def _fetched(download: Download, cache: Path) -> Path:
    path = cache / download.file
    if not path.exists():
        by_hand = (
            f"fetch it on another computer ({download.size_bytes / 1e6:.0f} MB) and put it here as "
            f"{path}"
        )
        with download_bar(f"Fetching {download.file}") as report:
            fetch(
                download.url, path, by_hand=by_hand, size_bytes=download.size_bytes,
                sha256=download.sha256, report=report,
            )  # fmt: skip
        return path
    size = path.stat().st_size
    if size != download.size_bytes or sha256(path) != download.sha256:
        raise InputError(
            f"{path}: has {size} bytes and another content; expected {download.size_bytes} bytes "
            f"with SHA-256 {download.sha256}; delete it and fetch {download.url} again"
        )
    return path


def _read(path: Path) -> tuple[dict[str, Tensor], Preprocessing]:
    """Return tensors in Gatys' naming, and the preprocessing that belongs to them."""
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError, ValueError) as error:
        _refuse(path, f"it cannot be read as tensors alone ({type(error).__name__})")
    if not isinstance(tensors, dict):
        _refuse(path, f"it holds a {type(tensors).__name__}, no state dict")
    for preprocessing, name_of in (
        (TORCHVISION, _TORCHVISION_NAMES.__getitem__),
        (CAFFE, lambda name: name),
    ):
        if f"{name_of('conv1_1')}.weight" in tensors:
            return _renamed(path, tensors, name_of), preprocessing
    _refuse(path, f"it has neither 'features.0.weight' nor 'conv1_1.weight' but {_some(tensors)}")


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], Preprocessing]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        _refuse(path, f"it cannot be read as safetensors ({error})")
    if metadata.get("format") != FORMAT or metadata.get("preprocessing") not in PREPROCESSINGS:
        _refuse(path, f"its format is {metadata.get('format')!r}, not {FORMAT!r}")
    return tensors, PREPROCESSINGS[metadata["preprocessing"]]


def _renamed(
    path: Path, tensors: dict[str, Tensor], name_of: Callable[[str], str]
) -> dict[str, Tensor]:
    """Return the tensors of the convolutions; the classifier is left out."""
    renamed = {}
    for name in convolutions():
        for part in ("weight", "bias"):
            stored = f"{name_of(name)}.{part}"
            if stored not in tensors:
                _refuse(path, f"it has no {stored!r}: another VGG than VGG-19?")
            renamed[f"{name}.{part}"] = tensors[stored]
    return renamed


def save_vgg(path: str | Path, model: VGGFeatures, notes: dict[str, object]) -> None:
    """Write a network with its preprocessing as safetensors, whole or not at all."""
    metadata = {
        "format": FORMAT,
        "preprocessing": model.preprocessing.name,
        "notes": json.dumps(notes, sort_keys=True),
    }
    save_tensors(path, model.state_dict(), metadata)


def _some(tensors: dict) -> str:
    return ", ".join(map(repr, list(tensors)[:3])) or "nothing"


def _refuse(path: Path, why: str) -> NoReturn:
    why = " ".join(why.split())
    raise InputError(
        f"{path}: no usable weights of VGG-19: {why}; expected torchvision's checkpoint, a state "
        f"dict in Gatys' naming, or a file of manipulation.normalise_vgg; copy it again"
    ) from None
