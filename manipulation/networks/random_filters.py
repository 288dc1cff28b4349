"""Random filters: features that need no training and no download.

Gram matrices of rectified random filters of several sizes describe texture about as well as those
of a trained network (Ustyuzhaninov, Brendel, Gatys & Bethge 2016, arXiv:1606.00021). Here the sizes
are one filter size on a pyramid of the image, so that five layers have the strides of VGG-19's
five blocks. They know nothing of objects; nothing here says that they do.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS = {"scale1": 1, "scale2": 2, "scale4": 4, "scale8": 8, "scale16": 16}
# So that the mean response over photographs is 1 at every scale, as in the normalised VGG-19, and
# the paper's lambdas weigh what they weigh there. Measured on photographs of COCO at 512 px.
_GAIN = {"scale1": 12.2, "scale2": 10.1, "scale4": 8.9, "scale8": 7.2, "scale16": 6.3}
_MEAN, _DEVIATION = 0.45, 0.25  # of the pixel values of photographs, roughly


class RandomFilters(nn.Module):
    """Rectified responses of random filters at five scales of an image.

    Parameters
    ----------
    channels
        Filters of each scale. The first three are the colours themselves, not rectified; without
        them the mean of a region could drift unseen, since the other filters sum to zero.
    filter_px
        Side of the filters, odd.
    seed
        The filters follow from it.
    """

    stride = 16

    def __init__(self, channels: int = 64, filter_px: int = 5, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.channels = channels
        self.padding = filter_px // 2
        for name in LAYERS:
            filters = torch.randn(channels - 3, 3, filter_px, filter_px, generator=generator)
            filters = filters - filters.mean(dim=(2, 3), keepdim=True)
            filters = filters / filters.flatten(1).norm(dim=1)[:, None, None, None]
            self.register_buffer(name, _GAIN[name] * filters)

    def forward(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Return named scales of RGB images ``(B, 3, H, W)`` in [0, 1].

        Returns
        -------
        dict of Tensor (B, channels, H // stride, W // stride)
            Strides as in `LAYERS`. Pixels of the border are repeated beyond it.
        """
        wanted, found = set(layers), {}
        level = (images - _MEAN) / _DEVIATION
        for name in LAYERS:
            if name in wanted:
                padded = functional.pad(level, (self.padding,) * 4, mode="replicate")
                responses = functional.conv2d(padded, self.get_buffer(name).to(level.dtype))
                found[name] = torch.cat([level, functional.relu(responses)], dim=1)
            level = functional.avg_pool2d(level, 2)
        return {name: found[name] for name in layers}
