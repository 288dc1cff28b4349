"""Gaussian blur, down-sampling and up-sampling as products with two small matrices.

A map ``(..., height, width)`` of cells goes in, Gaussian-weighted means of it come out on another
grid. One matrix works along the height, one along the width. That is exact, differentiable in the
map and in sigma, and at the sizes used here faster on a processor than a convolution.
"""

import math

import torch
from torch import Tensor, nn


def cell_centres(count: int, spacing_px: float, like: Tensor) -> Tensor:
    """Return the centres in pixels, ``(count,)``, of cells that tile a line from its start."""
    return (torch.arange(count, dtype=like.dtype, device=like.device) + 0.5) * spacing_px


def gaussian_matrix(to_px: Tensor, from_px: Tensor, sigma_px: Tensor | float) -> Tensor:
    """Return Gaussian weights ``(to, from)`` between positions; every row sums to one.

    At a border the weights that fall outside are shared among those inside.
    """
    distance = (to_px[:, None] - from_px) / sigma_px
    return torch.softmax(-0.5 * distance**2, dim=1)


def resample(
    maps: Tensor,
    sigma_px: Tensor | float,
    *,
    size: tuple[int, int],
    from_spacing_px: float = 1.0,
    to_spacing_px: float = 1.0,
) -> Tensor:
    """Blur maps with a Gaussian and read the result on a grid of another spacing.

    Parameters
    ----------
    maps : Tensor (..., h, w)
        Cells of `from_spacing_px` pixels that start at the image's top-left corner.
    sigma_px
        Standard deviation of the Gaussian in pixels. Where cells are read on a finer grid it also
        interpolates between them, smoothly if it is at least half of `from_spacing_px`.
    size : (int, int)
        Height and width of the result in cells of `to_spacing_px` pixels.

    Returns
    -------
    Tensor (..., H, W)
    """
    rows, columns = (
        gaussian_matrix(
            cell_centres(to_count, to_spacing_px, maps),
            cell_centres(from_count, from_spacing_px, maps),
            sigma_px,
        )
        for to_count, from_count in zip(size, maps.shape[-2:], strict=True)
    )
    return rows @ (maps @ columns.T)


class GaussianBlur(nn.Module):
    """A Gaussian whose width is learned, for maps whose cells are `stride` pixels wide.

    Parameters
    ----------
    sigma_px
        Standard deviation in image pixels at the start.
    stride
        Pixels per cell of the maps that come in.
    """

    def __init__(self, sigma_px: float, stride: float) -> None:
        super().__init__()
        self.stride = stride
        self.log_sigma = nn.Parameter(torch.tensor(math.log(sigma_px)))

    @property
    def sigma_px(self) -> Tensor:
        """Standard deviation in image pixels, a scalar."""
        return self.log_sigma.exp()

    def forward(self, maps: Tensor, size: tuple[int, int], to_spacing_px: float = 1.0) -> Tensor:
        """Return ``(..., h, w)`` maps up-sampled to `size` and blurred."""
        return resample(
            maps,
            self.sigma_px,
            size=size,
            from_spacing_px=self.stride,
            to_spacing_px=to_spacing_px,
        )
