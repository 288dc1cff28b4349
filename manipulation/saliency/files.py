"""Saliency models as safetensors files: weights, and in the metadata what builds the model.

The metadata hold ``format``, ``architecture``, ``settings`` (JSON: keyword arguments of the feature
extractor and widths of the readout) and ``pixels_per_degree``.
"""

import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from manipulation.saliency.icf import IntensityContrast
from manipulation.saliency.model import SaliencyModel
from manipulation.saliency.readout import Readout
from stimuli.errors import InputError, nearest
from stimuli.files import atomic_path

FORMAT = "guiding-gaze saliency model 1"
WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
EXTRACTORS: dict[str, Callable[..., torch.nn.Module]] = {"icf": IntensityContrast}


def build_saliency_model(
    architecture: str,
    *,
    features: dict[str, object] | None = None,
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
    widths
        Channels of the readout's convolutions.
    pixels_per_degree
        Of the images that it will be fitted to.

    Raises
    ------
    InputError
        If the architecture is unknown.
    """
    if architecture not in EXTRACTORS:
        raise InputError(
            f"saliency architecture is {architecture!r}; expected one of {sorted(EXTRACTORS)}"
            f"{nearest(architecture, EXTRACTORS)}"
        )
    extractor = EXTRACTORS[architecture](**(features or {}))
    readout = Readout(extractor.channels, widths)
    return SaliencyModel(architecture, extractor, readout, pixels_per_degree=pixels_per_degree)


def save_saliency_model(path: str | Path, model: SaliencyModel) -> None:
    """Write a model to `path`, whole or not at all."""
    settings = {"features": model.extractor.settings(), "widths": list(model.readout.widths)}
    metadata = {
        "format": FORMAT,
        "architecture": model.architecture,
        "settings": json.dumps(settings, sort_keys=True),
        "pixels_per_degree": repr(model.pixels_per_degree),
    }
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata)


def load_saliency_model(name_or_file: str | Path) -> SaliencyModel:
    """Return a fitted model in evaluation mode, its weights frozen.

    Parameters
    ----------
    name_or_file
        Name of a model that ships with the toolkit, such as ``icf``, or a file that
        ``python -m manipulation.fit_saliency`` wrote.

    Raises
    ------
    InputError
        If there is no such model or file, or the file is truncated or of another kind.
    """
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
        model = build_saliency_model(
            metadata["architecture"],
            features=settings["features"],
            widths=tuple(settings["widths"]),
            pixels_per_degree=float(metadata["pixels_per_degree"]),
        )
        model.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path}: weights and settings do not fit together ({error}); fit the model again"
        ) from None
    return model.frozen()


def saliency_model_file(name_or_file: str | Path) -> Path:
    """Return the file of a model that ships with the toolkit, or the file itself.

    Raises
    ------
    InputError
        If there is no such model or file; it names those that ship.
    """
    shipped = {path.stem: path for path in WEIGHTS.glob("*.safetensors")}
    if str(name_or_file) in shipped:
        return shipped[str(name_or_file)]
    path = Path(name_or_file)
    if path.is_file():
        return path
    raise InputError(
        f"saliency model is {str(name_or_file)!r}; expected one of {sorted(shipped)} "
        f"or an existing .safetensors file{nearest(str(name_or_file), shipped)}"
    )
