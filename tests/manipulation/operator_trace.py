"""What a call costs a GPU beside its arithmetic, seen in its operators on a processor."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

LAYOUTS = (torch.contiguous_format, torch.channels_last)


class OperatorTrace(TorchDispatchMode):
    """Counts what moves maps from one layout into another, and what waits for a value."""

    def __init__(self):
        super().__init__()
        self.moved, self.waited = [], 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        result = operation(*arguments, **(keywords or {}))
        name = operation.overloadpacket.__name__
        self.waited += name == "_local_scalar_dense"
        if name in ("clone", "copy_", "_to_copy", "contiguous"):
            given = arguments[1] if name == "copy_" else arguments[0]
            if _layout(given) != _layout(result) and given.ndim == 4:
                self.moved.append((name, tuple(given.shape)))
        return result


def _layout(values):
    """Return how a tensor lies, None where both names fit."""
    fits = [values.is_contiguous(memory_format=one) for one in LAYOUTS]
    return None if all(fits) else fits
