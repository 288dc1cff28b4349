"""Tensors in safetensors files that are the same bytes whenever they hold the same, and their hash.

The library writes the metadata in an order of chance, so that two files of one model differ.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from stimuli.support.files import atomic_path

_LENGTH_BYTES = 8  # a header is preceded by its length, little-endian


def save_tensors(
    path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Write tensors with metadata, whole or not at all, always as the same bytes."""
    content = save({name: one.detach().cpu().contiguous() for name, one in tensors.items()})
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    values = content[_LENGTH_BYTES + length :]
    header = {"__metadata__": dict(sorted(metadata.items()))} | json.loads(
        content[_LENGTH_BYTES : _LENGTH_BYTES + length]
    )
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)  # values begin at a multiple
    with atomic_path(path) as temporary:
        temporary.write_bytes(len(text).to_bytes(_LENGTH_BYTES, "little") + text + values)


def tensor_sha256(tensor: Tensor) -> str:
    """Return the SHA-256 of a tensor's shape and values, whatever precision stores them."""
    digest = hashlib.sha256(str(tuple(tensor.shape)).encode())
    values = tensor.detach().cpu().reshape(-1)
    values = values.float() if values.is_floating_point() else values
    digest.update(values.contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def tensors_sha256(tensors: Iterable[tuple[str, Tensor]]) -> str:
    """Return the SHA-256 of tensors with their names, in any order."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors, key=lambda one: one[0]):
        digest.update(f"{name} {tensor_sha256(tensor)}\n".encode())
    return digest.hexdigest()


def sparing(tensor: Tensor) -> Tensor:
    """Return floating-point numbers with 16 bits where that loses nothing."""
    if not tensor.is_floating_point():
        return tensor
    half = tensor.half()
    return half if torch.equal(half.to(tensor.dtype), tensor) else tensor
