"""The Gaussian kernel of an image: cut at its edges and renormalised exactly.

A kernel centred at c has the density N(x; c, h) / Z(c) on [0, length] in each axis, where
Z(c) = Phi((length - c) / h) - Phi(-c / h) is the mass that the image keeps. Both axes are
independent, so masses and maps are products of one-dimensional ones. Without truncation Z is 1 and
mass may lie beside the image.
"""

import numpy as np
from scipy.special import ndtr

REACH = 8.3
"""Standard deviations from its centre beyond which a kernel has less than rounding of its mass."""


def kept_mass(centres_px: np.ndarray, bandwidth_px: float, length_px: float) -> np.ndarray:
    """Return the mass within [0, length] of one-dimensional kernels with these centres ``(n,)``."""
    return ndtr((length_px - centres_px) / bandwidth_px) - ndtr(-centres_px / bandwidth_px)


def interval_masses(
    centres_px: np.ndarray, bandwidth_px: float, edges_px: np.ndarray, *, truncate: bool = True
) -> np.ndarray:
    """Return the mass of one-dimensional kernels in each interval of the image.

    Intervals farther than `REACH` standard deviations get none: their mass is below rounding, and
    half of the time would go there.

    Parameters
    ----------
    centres_px : array (n,)
    bandwidth_px
        Standard deviation h of the kernel.
    edges_px : array (k + 1,)
        Edges of the intervals, from 0 to the length of the axis.
    truncate
        Whether the rows are renormalised to sum to one, which then is exact up to rounding.

    Returns
    -------
    masses : array (n, k)
    """
    last = len(edges_px) - 1
    reach_px = REACH * bandwidth_px
    first = np.searchsorted(edges_px, centres_px - reach_px) - 1
    end = np.searchsorted(edges_px, centres_px + reach_px)
    masses = np.zeros((len(centres_px), last))
    for own, centre, a, b in zip(
        masses, centres_px, first.clip(0).tolist(), end.clip(max=last).tolist(), strict=True
    ):
        below = ndtr((edges_px[a : b + 1] - centre) / bandwidth_px)
        np.subtract(below[1:], below[:-1], out=own[a:b])
    if truncate:
        low, high = ((edge - centres_px) / bandwidth_px for edge in edges_px[[0, -1]])
        masses /= (ndtr(high) - ndtr(low))[:, None]
    return masses


def peak_density(
    centres_px: np.ndarray,
    bandwidth_px: float,
    size_px: tuple[float, float],
    *,
    truncate: bool = True,
) -> np.ndarray:
    """Return the density of two-dimensional kernels at their centres ``(n, 2)``, per pixel."""
    peak = np.full(len(centres_px), 1.0 / (2.0 * np.pi * bandwidth_px**2))
    if truncate:
        for axis, length_px in enumerate(size_px):
            peak /= kept_mass(centres_px[:, axis], bandwidth_px, length_px)
    return peak
