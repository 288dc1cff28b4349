"""The small change of an image that hurts a loss most: projected gradient steps within a ball.

A network that is trained on such changes reacts to what people can see as well (Engstrom et al.
2019, arXiv:1906.00945; Gaziv, Lee & DiCarlo 2023, arXiv:2308.06887).
"""

from collections.abc import Callable

import torch
from torch import Tensor

_STEP = 2.5  # of the radius over the number of steps, so that the border can be reached


def worst_case(
    loss: Callable[[Tensor], Tensor], images: Tensor, radius: float, steps: int
) -> Tensor:
    """Return images within a distance of the given ones at which a loss is about the largest.

    Parameters
    ----------
    loss
        From images to a scalar, a sum or mean over them.
    images : Tensor (B, 3, H, W)
        In [0, 1].
    radius
        Largest root of the mean squared change of an image's pixel values: 0.01 is a PSNR of 40 dB.
    steps
        Steps along the gradient; after each the change is brought back into the ball (Madry et al.
        2018).

    Returns
    -------
    Tensor (B, 3, H, W)
        In [0, 1], without a graph.

    Raises
    ------
    ValueError
        If the radius is not positive or there are no steps.
    """
    if not radius > 0 or steps < 1:
        raise ValueError(f"radius is {radius}, steps {steps}; expected both above 0")
    change = torch.zeros_like(images)
    for _ in range(steps):
        changed = (images + change).requires_grad_()
        (gradient,) = torch.autograd.grad(loss(changed), changed)
        change = change + _STEP * radius / steps * gradient / _size(gradient).clamp_min(1e-20)
        change = change * (radius / _size(change).clamp_min(1e-20)).clamp_max(1)
        change = (images + change).clamp(0, 1) - images
    return (images + change).detach()


def _size(change: Tensor) -> Tensor:
    return change.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
