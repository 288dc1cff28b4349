"""Saliency models as safetensors files: weights, and in the metadata what builds the model.

The metadata hold ``format``, ``architecture``, ``settings`` (JSON: keyword arguments of the feature
extractor and widths of the readout), ``pixels_per_degree``, ``data`` (whose fixations on which
photographs the model was fitted to, in words) and, where weights of others are in it, ``notice``.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from manipulation.runs.tensors import save_tensors, sparing, tensors_sha256
from manipulation.saliency.models.deepgaze import DeepGazeFeatures
from manipulation.saliency.models.features import FeatureExtractor
from manipulation.saliency.models.from_scratch import ScratchNetworks
from manipulation.saliency.models.icf import IntensityContrast
from manipulation.saliency.models.model import NOT_STATED, SaliencyModel
from manipulation.saliency.models.published import PUBLISHED, PublishedDeepGaze
from manipulation.saliency.models.readout import Readout
from stimuli.support.errors import InputError, nearest

FORMAT = "guiding-gaze saliency model 1"
WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
_FORMERLY = {"embedded": "scratch"}  # earlier names of models and architectures
_NAMED_AT_MOST = 5  # tensors in an error


def _timm_backbone(**settings: Any) -> FeatureExtractor:
    """Return a `TimmBackbone`; timm takes a second to import, and few models need it."""
    from manipulation.saliency.models.backbones import TimmBackbone

    return TimmBackbone(**settings)


def _pretrained_networks(**settings: Any) -> FeatureExtractor:
    """Return `PretrainedNetworks`, for the same reason."""
    from manipulation.saliency.models.pretrained import PretrainedNetworks

    return PretrainedNetworks(**settings)


EXTRACTORS: dict[str, Callable[..., FeatureExtractor]] = {
    "deepgaze2": DeepGazeFeatures,
    "scratch": ScratchNetworks,
    "icf": IntensityContrast,
    "pretrained": _pretrained_networks,
    "timm": _timm_backbone,
}


def build_saliency_model(
    architecture: str,
    *,
    features: dict[str, object] | None = None,
    extractor: FeatureExtractor | None = None,
    widths: tuple[int, ...] = (16, 32, 2, 1),
    pixels_per_degree: float,
) -> SaliencyModel:
    """Return a model with unset weights.

    Parameters
    ----------
    architecture
        A key of `EXTRACTORS`.
    features
        Keyword arguments of the feature extractor.
    extractor
        In place of a new one, of the same architecture.
    widths
        Channels of the readout's convolutions.
    pixels_per_degree
        Of the images that it will be fitted to.

    Raises
    ------
    InputError
        If the architecture is unknown.

    Examples
    --------
    >>> from manipulation import build_saliency_model
    >>> model = build_saliency_model("icf", pixels_per_degree=24.0)
    >>> model.readout.widths
    (16, 32, 2, 1)
    """
    if architecture not in EXTRACTORS:
        raise InputError(
            f"saliency architecture is {architecture!r}; expected one of {sorted(EXTRACTORS)}"
            f"{nearest(architecture, EXTRACTORS)}"
        )
    if extractor is None:
        extractor = EXTRACTORS[architecture](**(features or {}))
    readout = Readout(extractor.channels, widths)
    return SaliencyModel(architecture, extractor, readout, pixels_per_degree=pixels_per_degree)


def save_saliency_model(path: str | Path, model: SaliencyModel) -> None:
    """Write a model to `path`, whole or not at all, with 16 bits a number where that is exact.

    Examples
    --------
    >>> from manipulation import load_saliency_model, save_saliency_model
    >>> save_saliency_model("my-icf.safetensors", load_saliency_model("icf"))
    >>> load_saliency_model("my-icf.safetensors").architecture
    'icf'
    """
    settings = {"features": model.extractor.settings(), "widths": list(model.readout.widths)}
    metadata = {
        "format": FORMAT,
        "architecture": model.architecture,
        "settings": json.dumps(settings, sort_keys=True),
        "pixels_per_degree": repr(model.pixels_per_degree),
        "data": model.data,
    }
    if model.notice:
        metadata["notice"] = model.notice
    tensors = {name: sparing(tensor) for name, tensor in _own_tensors(model).items()}
    save_tensors(path, tensors, metadata)


def _own_tensors(model: SaliencyModel) -> dict[str, Tensor]:
    """Return what the model's file holds: all but the weights of an extractor with its own file."""
    return {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not (model.extractor.stored_elsewhere and name.startswith("extractor."))
    }


def load_saliency_model(name_or_file: str | Path) -> SaliencyModel | PublishedDeepGaze:
    """Return a fitted model in evaluation mode, its weights frozen.

    Parameters
    ----------
    name_or_file
        Name of a model that ships with the toolkit, such as ``icf``; a file that
        ``python -m manipulation.fit_saliency`` or ``fit_networks`` wrote; or, where the package
        ``deepgaze_pytorch`` is installed, a model of it, such as ``DeepGazeIIE``.

    Raises
    ------
    InputError
        If there is no such model or file, or the file is truncated or of another kind.

    Examples
    --------
    >>> import torch
    >>> from manipulation import load_saliency_model
    >>> model = load_saliency_model("icf")
    >>> photograph = torch.rand(1, 3, 96, 128)  # RGB in [0, 1]
    >>> model.log_saliency(photograph).shape
    torch.Size([1, 96, 128])
    >>> density = model.log_density(photograph).exp()
    >>> round(float(density.sum()), 3)
    1.0
    """
    if str(name_or_file) in PUBLISHED:
        return PublishedDeepGaze(str(name_or_file)).frozen()
    path = saliency_model_file(name_or_file)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: cannot be read as safetensors ({error}); "
            f"expected a whole file from manipulation.fit_saliency; copy it again"
        ) from None
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"{path}: format is {metadata.get('format')!r}; expected {FORMAT!r}, "
            f"as manipulation.fit_saliency writes it"
        )
    try:
        settings = json.loads(metadata["settings"])
        features = settings["features"]
        if "weights" in features:
            features["weights"] = _backbone_file(features["weights"], path)
        architecture = metadata["architecture"]
        model = build_saliency_model(
            _FORMERLY.get(architecture, architecture),
            features=features,
            widths=tuple(settings["widths"]),
            pixels_per_degree=float(metadata["pixels_per_degree"]),
        )
        if odd := sorted(tensors.keys() ^ _own_tensors(model).keys()):
            raise KeyError(f"{len(odd)} names, such as {', '.join(odd[:_NAMED_AT_MOST])}")
        model.load_state_dict(tensors, strict=False)
        model.data = metadata.get("data") or NOT_STATED
        model.notice = metadata.get("notice", "")
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path}: weights and settings do not fit together ({error}); fit the model again"
        ) from None
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise InputError(f"{path}: holds weights that are no finite numbers; fit the model again")
    return model.frozen()


def _backbone_file(weights: str, model: Path) -> str:
    """Return where the weights of a backbone are: as a model states, or in the model's folder."""
    beside = model.parent / Path(weights).name
    return str(beside) if not Path(weights).is_file() and beside.is_file() else weights


def saliency_model_sha256(model: torch.nn.Module) -> str:
    """Return what identifies a loaded model: the SHA-256 of its arrays and their names.

    It does not depend on the file that they were read from.
    """
    return tensors_sha256(model.state_dict().items())


def shipped_saliency_models() -> list[str]:
    """Return the names of the models that ship with the toolkit.

    Examples
    --------
    >>> from manipulation import shipped_saliency_models
    >>> shipped_saliency_models()
    ['efficientnet', 'icf', 'robust', 'scratch']
    """
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


def saliency_model_file(name_or_file: str | Path) -> Path:
    """Return the file of a model that ships with the toolkit, or the file itself.

    Raises
    ------
    InputError
        If there is no such model or file; it names those that ship.
    """
    shipped = {name: WEIGHTS / f"{name}.safetensors" for name in shipped_saliency_models()}
    if str(name_or_file) in shipped:
        return shipped[str(name_or_file)]
    path = Path(name_or_file)
    if path.is_file():
        return path
    if str(name_or_file) == "deepgaze2":
        raise InputError(
            "saliency model is 'deepgaze2', of which no fitted readout is public; fit one with "
            "python -m manipulation.fit_saliency --model deepgaze2, and give its file"
        )
    known = sorted([*shipped, *PUBLISHED])
    now = _FORMERLY.get(str(name_or_file))
    hint = f"; it is called {now!r} now" if now else nearest(str(name_or_file), known)
    raise InputError(
        f"saliency model is {str(name_or_file)!r}; expected one of {known} "
        f"or an existing .safetensors file{hint}"
    )
