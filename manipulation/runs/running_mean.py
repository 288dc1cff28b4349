"""The running mean of a network's weights over the steps of its training.

It predicts better than the weights of any single step (Polyak & Juditsky 1992; Izmailov et al.
2018), so it is what a training keeps.
"""

import copy
from typing import Any, Generic, TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


class RunningMean(Generic[Module]):
    """An exponentially weighted mean of the weights of a module.

    Parameters
    ----------
    module
        Whose weights begin the mean; it is copied.
    averaging
        Share of the mean that a step keeps, 0 to below 1, once enough steps were made.

    Attributes
    ----------
    mean
        A module with the mean weights, which take no gradient.
    """

    def __init__(self, module: Module, averaging: float) -> None:
        self.mean = copy.deepcopy(module).requires_grad_(False)
        self.averaging = averaging

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move the mean towards the present weights, faster at the start.

        A step keeps ``(1 + step) / (10 + step)`` of the mean, at most `averaging`. What is no
        floating-point number, such as a count of batches, is copied.
        """
        kept = min(self.averaging, (1 + step) / (10 + step))
        present = module.state_dict()
        for name, mean in self.mean.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(present[name], 1 - kept)
            else:
                mean.copy_(present[name])

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the mean."""
        return self.mean.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Set the mean."""
        self.mean.load_state_dict(state_dict)
