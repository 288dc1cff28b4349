"""From feature maps to log saliency, the same way at every place: four 1x1 convolutions."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Readout(nn.Module):
    """Point-wise network from standardised features to one map (Kümmerer et al., ICCV 2017).

    A 1x1 convolution is one linear layer at every place, and with the channels last it is computed
    as that. The last one has no rectifier, so that log saliency can take any value. Between the
    convolutions stands a smooth rectifier, GELU (Hendrycks & Gimpel 2016): with a hard one, places
    where both channels of the third layer are off would have no gradient, and nothing could make
    them salient.

    Parameters
    ----------
    channels
        Number of feature maps.
    widths
        Output channels of the convolutions; the last is 1.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int, widths: Sequence[int] = (16, 32, 2, 1)) -> None:
        super().__init__()
        self.widths: tuple[int, ...] = tuple(widths)
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))
        inputs = (channels, *self.widths[:-1])
        self.layers = nn.ModuleList(
            nn.Linear(before, after) for before, after in zip(inputs, self.widths, strict=True)
        )

    @property
    def linear(self) -> list[nn.Linear]:
        """The convolutions, in order."""
        return [one for one in self.layers if isinstance(one, nn.Linear)]

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights anew, uniform within one over the root of their inputs; no biases."""
        for layer in self.linear:
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.zeros_(layer.bias)

    def standardise(self, mean: Tensor, deviation: Tensor) -> None:
        """Set mean and standard deviation, each ``(channels,)``, that features are scaled by."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp_min(1e-6))

    def forward(self, features: Tensor) -> Tensor:
        """Map features ``(B, channels, h, w)`` to un-blurred log saliency ``(B, h, w)``."""
        cells = (features.movedim(1, -1) - self.mean) / self.deviation
        *hidden, last = self.linear
        for layer in hidden:
            cells = functional.gelu(layer(cells))
        return last(cells).squeeze(-1)
