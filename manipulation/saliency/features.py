"""What a saliency model needs to know of the network or filters that see the image."""

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class FeatureExtractor(Protocol):
    """A module from images to feature maps.

    Attributes
    ----------
    channels
        Number of feature maps.
    stride
        Image pixels per cell of the feature maps; cell ``(i, j)`` covers the pixels from
        ``(i * stride, j * stride)``.
    minimum_px
        Smallest height and width that it accepts.

    An extractor whose weights have a file of their own sets ``stored_elsewhere = True``: the file
    of a fitted model then holds its settings but not its weights.
    """

    channels: int
    stride: int
    minimum_px: int

    def __call__(self, images: Tensor) -> Tensor:
        """Map RGB images in [0, 1], ``(B, 3, H, W)``, to ``(B, channels, h, w)``."""
        ...

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments, JSON-ready, that build this extractor again."""
        ...
