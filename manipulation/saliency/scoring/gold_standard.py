"""How well people predict people: the upper reference for a model's information gain.

The fixations of a person on an image are predicted by those of the others: Gaussians around these,
mixed with the centre bias and a uniform density.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from manipulation.saliency.fixations.viewed import ViewedPhotograph

WIDTHS_DEG = (0.5, 0.7, 0.9, 1.1, 1.4, 1.8)


def gold_standard(
    viewed: Sequence[ViewedPhotograph],
    centre_biases: Sequence[np.ndarray],
    pixels_per_degree: float,
    widths_deg: Sequence[float] = WIDTHS_DEG,
) -> list[np.ndarray]:
    """Return the log density, in nats per pixel, of each fixation given the other people's.

    The width of the Gaussians and the three weights of the mixture are the same for all images
    and maximise the likelihood; each fixation is predicted without its own person.

    Parameters
    ----------
    viewed
        Photographs of which it is known who made the fixations.
    centre_biases : sequence of ndarray (N,)
        For each photograph the density of the centre bias, per pixel, at its fixations.
    pixels_per_degree
        Of the photographs at the size of the records.
    widths_deg
        Standard deviations of the Gaussians to choose from.

    Returns
    -------
    list of ndarray (N,)
        One array per photograph.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import ViewedPhotograph, gold_standard
    >>> points = np.array([[20.0, 20.0], [22.0, 20.0], [21.0, 23.0]])
    >>> viewed = ViewedPhotograph("a.png", (64, 64), points, np.array(["1", "2", "3"]))
    >>> uniform = np.full(3, 1 / 64**2)
    >>> [log_density] = gold_standard([viewed], [uniform], pixels_per_degree=24.0)
    >>> bool((log_density > np.log(uniform)).all())
    True
    """
    fits = [_mixture(viewed, centre_biases, width * pixels_per_degree) for width in widths_deg]
    density = max(fits, key=lambda fit: float(fit.log().sum()))
    parts = density.log().split([len(one.points) for one in viewed])
    return [part.numpy() for part in parts]


def _mixture(
    viewed: Sequence[ViewedPhotograph], centre_biases: Sequence[np.ndarray], sigma_px: float
) -> Tensor:
    """Return the density of all fixations, ``(sum of N,)``, under the most likely weights."""
    components = torch.cat(
        [
            torch.stack(
                [
                    density_of_others(one, sigma_px),
                    torch.from_numpy(bias).double(),
                    torch.full((len(one.points),), 1 / np.prod(one.size)).double(),
                ]
            )
            for one, bias in zip(viewed, centre_biases, strict=True)
        ],
        dim=1,
    )
    weights = torch.full((3, 1), 1 / 3, dtype=torch.float64)
    for _ in range(100):  # expectation-maximisation; the densities themselves stay
        shares = weights * components
        weights = (shares / shares.sum(0)).mean(1, keepdim=True)
    return (weights * components).sum(0)


def density_of_others(one: ViewedPhotograph, sigma_px: float) -> Tensor:
    """Return for each fixation the mean of Gaussians around other people's, ``(N,)`` per pixel.

    Each Gaussian is cut at the image's border and keeps its mass inside. Where a person is alone
    the density is zero.

    Raises
    ------
    ValueError
        If it is not known who made the fixations.
    """
    if one.subject is None:
        raise ValueError(f"{one.name}: subject is None; expected who made each fixation")
    points = torch.from_numpy(one.points).double()
    others = torch.from_numpy(one.subject[:, None] != one.subject)
    limits = torch.tensor(one.size[::-1], dtype=torch.float64)
    inside = (_cumulative((limits - points) / sigma_px) - _cumulative(-points / sigma_px)).prod(1)
    squared = torch.cdist(points, points) ** 2
    kernels = (-0.5 * squared / sigma_px**2).exp() / (2 * np.pi * sigma_px**2 * inside)
    return (kernels * others).sum(1) / others.sum(1).clamp_min(1)


def _cumulative(scores: Tensor) -> Tensor:
    return torch.special.ndtr(scores)
