"""Weights of a network that timm knows: from its hub, or from a file in timm's names."""

import pickle
from pathlib import Path

import timm
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import nn

from stimuli.support.errors import InputError

HUB = "hub"


def load_weights(network: nn.Module, weights: str | Path, name: str) -> None:
    """Fill a network, or the first layers of one, from a file in timm's names or from the hub.

    Raises
    ------
    InputError
        If the file is absent, truncated, of another network, or holds what is no finite number, or
        the hub cannot be reached.
    """
    if str(weights) == HUB:
        try:
            tensors = timm.create_model(name, pretrained=True).state_dict()
        except Exception as error:
            raise not_fetched(name, error) from None
        network.load_state_dict({key: tensors[key] for key in network.state_dict()})
        return
    path = Path(weights)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; expected the weights of timm:{name}, or {HUB!r}, which fetches "
            f"them"
        )
    try:
        if path.suffix == ".safetensors":
            tensors = load_file(path)
        else:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
        wanted = network.state_dict()
        # Where timm takes some stages of a network it joins the first words of names by "_".
        plain = {key.replace(".", "_"): tensor for key, tensor in tensors.items()}
        absent = sorted(key for key in wanted if key.replace(".", "_") not in plain)
        if absent:
            raise KeyError(f"no {', '.join(absent[:3])} among its {len(tensors)} tensors")
        network.load_state_dict({key: plain[key.replace(".", "_")].float() for key in wanted})
    except (
        SafetensorError, pickle.UnpicklingError, OSError, EOFError, RuntimeError, KeyError,
        AttributeError, TypeError, IndexError,
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        if isinstance(error, pickle.UnpicklingError):  # torch advises to run whatever it holds
            reason = "it does not hold tensors alone"
        raise InputError(
            f"{path}: no usable weights of timm:{name} ({reason}); "
            f"expected a whole file in timm's names; fetch it again"
        ) from None
    if not all(tensor.isfinite().all() for tensor in network.state_dict().values()):
        raise InputError(f"{path}: holds weights that are no finite numbers; fetch it again")


def not_fetched(name: str, error: Exception) -> InputError:
    """Return the error of weights that the hub did not give."""
    address = f"https://huggingface.co/{timm.models.get_pretrained_cfg(name).hf_hub_id}"
    return InputError(
        f"timm:{name}: its weights cannot be fetched from the hub "
        f"({type(error).__name__}: {' '.join(str(error).split())[:200]}); fetch "
        f"{address}/resolve/main/model.safetensors on another computer, and give that file as "
        f"its weights"
    )


def notice_of(path: Path) -> str:
    """Return whose weights a file holds and under which terms, where its metadata say so."""
    if path.suffix != ".safetensors":
        return ""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
    licence, notice = metadata.get("licence"), metadata.get("notice", "")
    return f"{licence}. {notice}" if licence else notice
