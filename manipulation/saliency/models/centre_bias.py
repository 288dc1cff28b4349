"""The centre bias: where people look whatever the image shows.

It is kept apart from saliency. A map of log density over the image's area, stretched to any image
size, and the weight with which it enters a prediction.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.images.gaussian import cell_centres, gaussian_matrix
from manipulation.images.log_density import log_normalised

GRID = (60, 80)
WIDTHS = (0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.05, 0.06, 0.08)
UNIFORM_SHARE = 0.01


class CentreBias(nn.Module):
    """A log density over relative image coordinates and its learned weight.

    Attributes
    ----------
    log_map : Tensor (rows, columns)
        Natural logarithm of the density; the cells tile the image.
    weight : Parameter
        Factor of the log density in a prediction; 1 takes it as it is.
    """

    log_map: Tensor

    def __init__(self, grid: tuple[int, int] = GRID) -> None:
        super().__init__()
        uniform = torch.zeros(grid) - float(np.log(grid[0] * grid[1]))
        self.register_buffer("log_map", uniform)
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, size: tuple[int, int]) -> Tensor:
        """Return the log density ``(H, W)`` in nats per pixel; its exponential sums to one."""
        return stretched(self.log_map, size)


def stretched(log_map: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a log density ``(rows, columns)`` on an image of `size`, normalised there."""
    maps = functional.interpolate(
        log_map[None, None], size=size, mode="bilinear", align_corners=False
    )
    return log_normalised(maps[0, 0])


def smoothed_log_density(counts: Tensor, width: float) -> Tensor:
    """Return the log density of fixation counts, blurred and mixed with a uniform share.

    Parameters
    ----------
    counts : Tensor (rows, columns)
        Fixations per cell; all their mass stays inside the image.
    width
        Standard deviation of the Gaussian in parts of the grid's diagonal.
    """
    rows, columns = (
        gaussian_matrix(centres, centres, width * float(np.hypot(*counts.shape)))
        for centres in (cell_centres(count, 1.0, counts) for count in counts.shape)
    )
    density = rows.T @ counts @ columns
    density = density / density.sum()
    return ((1 - UNIFORM_SHARE) * density + UNIFORM_SHARE / density.numel()).log()


def fit_centre_bias(
    counts: Tensor, widths: Sequence[float] = WIDTHS, parts: int = 5
) -> tuple[Tensor, float]:
    """Return the log density of all fixations with the width that predicts unseen images best.

    Parameters
    ----------
    counts : Tensor (images, rows, columns)
        Fixations per image and cell.
    widths
        Widths to choose from, as in `smoothed_log_density`.
    parts
        Each width is scored on every `parts`-th image by a density of the others. With fewer
        images than parts each image is left out in turn.

    Returns
    -------
    log_density : Tensor (rows, columns)
    width : float
    """
    part = torch.arange(len(counts)) % min(parts, len(counts))
    sums = torch.stack([counts[part == index].sum(0) for index in part.unique()])

    def score(width: float) -> float:
        others = sums.sum(0) - sums
        return sum(
            float((smoothed_log_density(rest, width) * held_out).sum())
            for rest, held_out in zip(others, sums, strict=True)
            if rest.sum() > 0
        )

    best = max(widths, key=score)
    return smoothed_log_density(counts.sum(0), best), best
