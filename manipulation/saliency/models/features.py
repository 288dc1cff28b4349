"""What a saliency model needs to know of the network or filters that see the image."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class FeatureExtractor(nn.Module, ABC):
    """From images to feature maps; a new kind of features is a subclass of this.

    Attributes
    ----------
    channels
        Number of feature maps.
    stride
        Image pixels per cell of the feature maps, perhaps no whole number; cell ``(i, j)`` covers
        the pixels from ``(i * stride, j * stride)``.
    minimum_px
        Smallest height and width that it accepts.
    stored_elsewhere
        Whether its weights have a file of their own; the file of a fitted model then holds its
        settings but not its weights.
    backbones
        Networks of others that it is made of, as timm names them; models with the same one may see
        alike.
    trained_on
        Collections of pictures that these were trained on, such as ImageNet.
    notice
        Whose weights are in it and under which terms, where that is known.
    """

    channels: int
    stride: float
    minimum_px: int
    stored_elsewhere: bool = False
    backbones: tuple[str, ...] = ()
    trained_on: tuple[str, ...] = ()
    notice: str = ""

    @abstractmethod
    def settings(self) -> dict[str, object]:
        """Return the keyword arguments, JSON-ready, that build this extractor again."""

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images in [0, 1], ``(B, 3, H, W)``, to ``(B, channels, h, w)``."""
