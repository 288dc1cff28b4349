"""Pixel values as log odds, in which changes bend towards black and white instead of clipping.

Log odds of 0 and 1 have no bound, so values are squeezed by a shoulder first: [0, 1] becomes
[shoulder, 1 - shoulder]. The way back undoes it.
"""

import torch
from torch import Tensor


def squeezed_log_odds(image: Tensor, shoulder: float) -> Tensor:
    """Return the log odds of pixel values in [0, 1], squeezed away from both ends."""
    return torch.logit(shoulder + (1 - 2 * shoulder) * image)


def image_of_log_odds(odds: Tensor, shoulder: float) -> Tensor:
    """Return the pixel values in [0, 1] of squeezed log odds."""
    return ((torch.sigmoid(odds) - shoulder) / (1 - 2 * shoulder)).clamp(0, 1)
