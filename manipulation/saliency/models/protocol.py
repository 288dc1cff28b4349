"""What may stand for a saliency model: ours, a published one, or one that is wrapped.

Whoever only needs predictions and their gradients is typed with these, and takes them all.
"""

from typing import Protocol, Self

from torch import Tensor

from manipulation.saliency.models.centre_bias import CentreBias


class LogSaliencyModel(Protocol):
    """Predicts log saliency, differentiable in the pixels."""

    def __call__(self, images: Tensor, /) -> Tensor:
        """Return un-normalised log saliency without centre bias.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1].

        Returns
        -------
        Tensor (B, H, W)
            In nats; only differences within an image have a meaning.
        """
        ...

    def log_saliency(self, images: Tensor, /) -> Tensor:
        """Return the same without a graph, for callers that need no gradient."""
        ...


class FixationDensityModel(LogSaliencyModel, Protocol):
    """Predicts the density of fixations, centre bias included; what `load_saliency_model` returns.

    Attributes
    ----------
    architecture
        Name of the kind of model.
    centre_bias
        The model's own, and the weight with which it enters.
    pixels_per_degree
        Size of a degree of visual angle in the images that the model was fitted to.
    """

    architecture: str
    centre_bias: CentreBias
    pixels_per_degree: float

    @property
    def minimum_px(self) -> int:
        """Smallest height and width of an image."""
        ...

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets whose fixations it was fitted to, or ``not stated``."""
        ...

    @property
    def backbones(self) -> tuple[str, ...]:
        """Networks of others that it is made of, as timm names them."""
        ...

    def log_density(self, images: Tensor, centre_bias: Tensor | None = None) -> Tensor:
        """Return natural-log probabilities per pixel, ``(B, H, W)``; their exponentials sum to one.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
        centre_bias : Tensor (H, W) or (B, H, W), optional
            Log density in place of the model's own. Zeros stand for no centre bias.
        """
        ...

    def log_saliency_and_density(
        self, images: Tensor, centre_bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return log saliency without, and log density with, a centre bias; without a graph."""
        ...

    def frozen(self) -> Self:
        """Return itself in evaluation mode, with weights that take no gradient."""
        ...
