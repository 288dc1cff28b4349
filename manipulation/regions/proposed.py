"""Regions that are proposed on a photograph: the segments under the peaks of predicted saliency.

In come a photograph and its log saliency; out come a few segments that hardly overlap, those with
the highest predicted density first.
"""

from collections.abc import Sequence

import numpy as np

from manipulation.regions.segments import Segment, segment_at
from manipulation.regions.superpixels import Superpixels

MOST = 6  # regions of a photograph
_PEAKS = 12
_APART = 0.06  # between peaks, as a share of the map's side
_OVERLAP = 0.3  # of the smaller of two, from which on the less salient one is left out
_CONTRAST = 6.0  # least, along the border: below it nothing is delimited


def proposed_regions(
    picture: Superpixels, log_saliency: np.ndarray, box: Sequence[float]
) -> list[np.ndarray]:
    """Return regions of a photograph as masks ``(height, width)`` bool, the most salient first.

    Parameters
    ----------
    picture
        Superpixels of the photograph.
    log_saliency : ndarray (h, w)
        Predicted for the part of the photograph that is shown, in nats.
    box
        That part, ``(left, top, right, bottom)`` in pixels of the photograph.
    """
    density = np.exp(log_saliency - log_saliency.max())
    found: list[tuple[float, Segment]] = []
    for x_px, y_px in _peaks(density, box):
        segment = segment_at(picture, x_px, y_px)
        if segment.contrast >= _CONTRAST:
            found.append((_mean_density(picture, segment, density, box), segment))
    kept: list[Segment] = []
    for _, segment in sorted(found, key=lambda one: -one[0]):
        if all(_overlap(picture, segment, other) < _OVERLAP for other in kept):
            kept.append(segment)
    return [picture.mask(one.inside) for one in kept[:MOST]]


def _peaks(density: np.ndarray, box: Sequence[float]) -> list[tuple[float, float]]:
    """Return the highest peaks of a density as points ``(x, y)`` of the photograph."""
    from skimage.feature import peak_local_max

    apart = max(1, round(_APART * max(density.shape)))
    peaks = peak_local_max(density, min_distance=apart, num_peaks=_PEAKS, exclude_border=False)
    left, top, right, bottom = box
    height, width = density.shape
    return [
        (
            left + (column + 0.5) / width * (right - left),
            top + (row + 0.5) / height * (bottom - top),
        )
        for row, column in peaks
    ]


def _mean_density(
    picture: Superpixels, segment: Segment, density: np.ndarray, box: Sequence[float]
) -> float:
    """Return the mean predicted density of a segment, whose part outside the box has none."""
    rows, columns = picture.labels.shape
    y, x = np.nonzero(segment.inside[picture.labels])
    x_px, y_px = (x + 0.5) / columns * picture.size[1], (y + 0.5) / rows * picture.size[0]
    left, top, right, bottom = box
    shown = (x_px >= left) & (x_px < right) & (y_px >= top) & (y_px < bottom)
    if not shown.any():
        return 0.0
    column = ((x_px[shown] - left) / (right - left) * density.shape[1]).astype(int)
    row = ((y_px[shown] - top) / (bottom - top) * density.shape[0]).astype(int)
    return float(density[row, column].sum() / len(x))


def _overlap(picture: Superpixels, one: Segment, other: Segment) -> float:
    """Return the common area of two segments as a share of the smaller one's."""
    both = float(picture.areas[one.inside & other.inside].sum())
    return both / max(min(one.area, other.area), 1e-12)
