"""The entropy of where people look, from the distance of each fixation to another subject's.

Where fixations are dense the nearest one of somebody else is near. With m fixations of other
subjects, of which the nearest is at a distance r, log(m) + gamma + log(area within r) estimates
-log p at a fixation (Kozachenko & Leonenko 1987), gamma being Euler's constant, without a
bandwidth, weights or a centre bias to be fitted; the mean over fixations estimates the entropy. A
subject's own fixations are no neighbours, since they follow each other, and only the part of the
disc that lies on the image counts.
"""

import numpy as np

from analysis.density.grid import Grid

_STRIPS = 64
_LEAST_AREA = 0.01  # px: positions are known to a tenth of a pixel, and two may be equal


def surprise_bits(xy_px: np.ndarray, subjects: np.ndarray, grid: Grid) -> np.ndarray:
    """Return an estimate of -log2 p at every fixation, p being the probability of a pixel.

    Parameters
    ----------
    xy_px : array (n, 2)
        Fixations on the image, in its pixels.
    subjects : array (n,)
        Who made each; at least two differ.
    grid : Grid
        Size of the image.

    Returns
    -------
    surprise : array (n,)
        Its mean estimates the entropy over the pixels of the image, in bits.
    """
    _, subject = np.unique(subjects, return_inverse=True)
    own = subject[:, None] == subject
    difference = xy_px[:, None, :] - xy_px[None, :, :]
    squared = np.einsum("ijk,ijk->ij", difference, difference)
    squared[own] = np.inf
    radius = np.sqrt(squared.min(axis=1))
    area = np.maximum(_area_on_image(xy_px, radius, grid.size_px), _LEAST_AREA)
    others = len(xy_px) - own.sum(axis=1)
    return (np.log(others) + np.euler_gamma + np.log(area)) / np.log(2.0)


def _area_on_image(
    xy_px: np.ndarray, radius: np.ndarray, size_px: tuple[float, float]
) -> np.ndarray:
    """Return the area of discs that lies on the image, ``(n,)``, in strips of equal angles."""
    width, height = size_px
    angle = (np.arange(_STRIPS) + 0.5) * np.pi / _STRIPS
    x = xy_px[:, :1] + radius[:, None] * np.cos(angle)
    half = radius[:, None] * np.sin(angle)
    top, bottom = np.maximum(xy_px[:, 1:] - half, 0.0), np.minimum(xy_px[:, 1:] + half, height)
    inside = np.clip(bottom - top, 0.0, None) * ((x >= 0) & (x <= width))
    return (inside * half).sum(axis=1) * np.pi / _STRIPS
