"""How well people predict people: the upper reference for a model's information gain.

The fixations of a person on an image are predicted by those of the others: Gaussians around these,
mixed with the centre bias and a uniform density.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

WIDTHS_DEG = (0.5, 0.7, 0.9, 1.1, 1.4, 1.8)


@dataclass(frozen=True)
class Viewing:
    """The fixations of several people on one image.

    Attributes
    ----------
    points : ndarray (N, 2)
        ``(x, y)`` in pixels.
    subject : ndarray (N,)
        Who made each fixation.
    size
        Height and width in pixels.
    centre_bias : ndarray (N,)
        Density of the centre bias, per pixel, at the points.
    """

    points: np.ndarray
    subject: np.ndarray
    size: tuple[int, int]
    centre_bias: np.ndarray


def gold_standard(
    viewings: Sequence[Viewing], pixels_per_degree: float, widths_deg: Sequence[float] = WIDTHS_DEG
) -> list[np.ndarray]:
    """Return the log density, in nats per pixel, of each fixation given the other people's.

    The width of the Gaussians and the three weights of the mixture are the same for all images
    and maximise the likelihood; each fixation is predicted without its own person.

    Returns
    -------
    list of ndarray (N,)
        One array per viewing.
    """
    fits = [_mixture(viewings, width * pixels_per_degree) for width in widths_deg]
    density = max(fits, key=lambda fit: float(fit.log().sum()))
    parts = density.log().split([len(viewing.points) for viewing in viewings])
    return [part.numpy() for part in parts]


def _mixture(viewings: Sequence[Viewing], sigma_px: float) -> Tensor:
    """Return the density of all fixations, ``(sum of N,)``, under the most likely weights."""
    components = torch.cat(
        [
            torch.stack(
                [
                    density_of_others(viewing, sigma_px),
                    torch.from_numpy(viewing.centre_bias).double(),
                    torch.full((len(viewing.points),), 1 / np.prod(viewing.size)).double(),
                ]
            )
            for viewing in viewings
        ],
        dim=1,
    )
    weights = torch.full((3, 1), 1 / 3, dtype=torch.float64)
    for _ in range(100):  # expectation-maximisation; the densities themselves stay
        shares = weights * components
        weights = (shares / shares.sum(0)).mean(1, keepdim=True)
    return (weights * components).sum(0)


def density_of_others(viewing: Viewing, sigma_px: float) -> Tensor:
    """Return for each fixation the mean of Gaussians around other people's, ``(N,)`` per pixel.

    Each Gaussian is cut at the image's border and keeps its mass inside. Where a person is alone
    the density is zero.
    """
    points = torch.from_numpy(viewing.points).double()
    others = torch.from_numpy(viewing.subject[:, None] != viewing.subject)
    limits = torch.tensor(viewing.size[::-1], dtype=torch.float64)
    inside = (_cumulative((limits - points) / sigma_px) - _cumulative(-points / sigma_px)).prod(1)
    squared = torch.cdist(points, points) ** 2
    kernels = (-0.5 * squared / sigma_px**2).exp() / (2 * np.pi * sigma_px**2 * inside)
    return (kernels * others).sum(1) / others.sum(1).clamp_min(1)


def _cumulative(scores: Tensor) -> Tensor:
    return torch.special.ndtr(scores)
