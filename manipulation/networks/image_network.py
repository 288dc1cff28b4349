"""What every network that changes images shares: its target, its sizes, how it ends.

In come images and the log density that people should have on them; out come images in [0, 1].
"""

import math
from enum import StrEnum

import torch
from torch import Tensor, nn

from manipulation.images.log_density import log_normalised
from manipulation.images.log_odds import image_of_log_odds, squeezed_log_odds

_SHOULDER = 0.01  # pixel values are squeezed this far from 0 and 1


class Output(StrEnum):
    """How the result of the last convolution becomes an image in [0, 1]."""

    SIGMOID = "sigmoid"  # an image of its own
    CHANGE = "change"  # a change of the image's log odds, none at the start of training


class ImageNetwork(nn.Module):
    """A network that changes images so that they meet a target density of fixations.

    It is called with images ``(B, 3, H, W)`` in [0, 1], the target ``(B, H, W)`` as
    `relative_log_density` gives it, and features of the images, and returns images.

    Attributes
    ----------
    uses_features
        Whether it reads the features that it is called with.
    stride
        Height and width of the images are multiples of it.
    minimum_px
        Smallest height and width.
    """

    uses_features: bool
    stride: int
    minimum_px: int

    def check_images(self, images: Tensor) -> None:
        """Raise ValueError unless images are ``(B, 3, H, W)`` of a size that can be halved."""
        height, width = images.shape[-2:]
        if images.ndim != 4 or images.shape[1] != 3 or height % self.stride or width % self.stride:
            raise ValueError(
                f"images are {tuple(images.shape)}; expected (B, 3, H, W) with H and W multiples "
                f"of {self.stride}"
            )
        if min(height, width) < self.minimum_px:
            raise ValueError(
                f"images are {height} x {width} px; expected at least {self.minimum_px}"
            )


def relative_log_density(log_saliency: Tensor) -> Tensor:
    """Return ``log p_t + log(H W)`` of un-normalised log saliency ``(B, H, W)``.

    The networks are given the target relative to the uniform density, so that it does not depend
    on the size of the image, and the zeros that convolutions are padded with mean "as likely as
    anywhere".
    """
    return log_normalised(log_saliency) + math.log(log_saliency[0].numel())


def with_target(images: Tensor, target: Tensor) -> Tensor:
    """Return images ``(B, 3, H, W)`` and target ``(B, H, W)`` together, ``(B, 4, H, W)``.

    In the layout of the images: the target's one channel lies last, which is no other place in
    memory, so that torch sees one layout in both.
    """
    channel = target[..., None].movedim(-1, 1)  # (B, 1, H, W)
    return torch.cat([images, channel.to(images.dtype)], dim=1)


def as_image(values: Tensor, images: Tensor, output: Output) -> Tensor:
    """Return the last convolution's result ``(B, 3, H, W)`` as RGB in [0, 1]; see `Output`."""
    values = values.to(images.dtype)  # 8 bits of mantissa would show in a photograph
    if output == Output.CHANGE:
        return image_of_log_odds(squeezed_log_odds(images, _SHOULDER) + values, _SHOULDER)
    return torch.sigmoid(values)
