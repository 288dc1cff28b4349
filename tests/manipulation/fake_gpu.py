"""A GPU that is not there: tensors without values that say they lie on one, and what it would mind.

Modules run under `FakeTensorMode`, so every branch for a GPU is taken, and an operator on tensors
of two devices, or one that asks for a value, fails. Convolutions return the channels last, as
cuDNN's do. There is no backward pass: torch's engine asks for the driver.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch import nn
from torch._prims_common import suggest_memory_format
from torch._subclasses import fake_tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from manipulation.networks import fused_normalisation
from tests.manipulation.operator_trace import LAYOUTS

GPU = torch.device("cuda:0")


class Minded(TorchDispatchMode):
    """Notes what a recording refuses, and what costs time beside the arithmetic.

    Attributes
    ----------
    refused
        Operators on what lies in memory of the processor, such as a copy of a number from there.
    moved
        Maps that were brought from one layout into the other: operator, shape.
    widened
        Shapes of maps that were joined with 32 bits, for the sake of an image.
    cast
        Shapes of weights that were brought to another type, of networks that are only used.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused, self.moved, self.widened, self.cast = [], [], [], []

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        result = operation(*arguments, **(keywords or {}))
        name = operation.overloadpacket.__name__
        tensors = [one for one in tree_leaves((arguments, keywords, result)) if _is_tensor(one)]
        if any(one.device.type == "cpu" for one in tensors):
            self.refused.append(name)
        if name in ("convolution", "conv2d"):
            given = map(suggest_memory_format, arguments[:2])
            if torch.channels_last in given:
                result = result.contiguous(memory_format=torch.channels_last)
        if name in ("clone", "copy_", "_to_copy", "cat"):
            before = arguments[1] if name == "copy_" else arguments[0]
            before = before[0] if name == "cat" else before
            self._look(name, before, result)
        return result

    def _look(self, name, before, after):
        if before.ndim != 4:
            return
        shape = tuple(before.shape)
        one, other = map(_layouts, (before, after))
        if one and other and not one & other:
            self.moved.append((name, shape))
        if name == "cat" and after.dtype == torch.float32 and after.shape[1] > 4:
            self.widened.append(tuple(after.shape))
        if isinstance(before, nn.Parameter) and before.dtype != after.dtype:
            self.cast.append(shape)


def _is_tensor(one):
    return isinstance(one, torch.Tensor)


def _layouts(values):
    """Return the layouts that fit, both where a tensor has one channel or pixel."""
    return {one for one in LAYOUTS if values.is_contiguous(memory_format=one)}


@contextmanager
def fake_gpu() -> Iterator[None]:
    """Let tensors and modules be moved to `GPU`."""
    mode = FakeTensorMode()

    def to(module, *given, memory_format=None, **keywords):
        device = next((one for one in given if isinstance(one, torch.device)), None)
        dtype = next((one for one in given if isinstance(one, torch.dtype)), None)
        for part in module.modules():
            for held in (part._parameters, part._buffers):
                for name, one in held.items():
                    if one is not None:
                        held[name] = _put(mode, one, device, dtype, memory_format)
        return module

    with (
        mode,
        mock.patch.object(nn.Module, "to", to),
        mock.patch.object(torch.cuda, "is_available", return_value=True),  # for autocast
        mock.patch.object(torch.cuda, "is_bf16_supported", return_value=True),
        mock.patch.object(fake_tensor, "init_gpu_context"),  # asks for the driver
        mock.patch.object(fused_normalisation, "triton", None),
    ):
        yield


@torch.no_grad()
def _put(mode, one, device, dtype, memory_format):
    values = (one if isinstance(one, FakeTensor) else mode.from_tensor(one)).detach()
    values = values.to(device or values.device)
    if values.is_floating_point():
        values = values.to(dtype or values.dtype)
    if memory_format is not None and values.ndim == 4:
        values = values.to(memory_format=memory_format)
    if isinstance(one, nn.Parameter):
        return nn.Parameter(values, requires_grad=one.requires_grad)
    return values
