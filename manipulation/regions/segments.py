"""The segment under a click: what a random walker from there visits, up to where contrast is high.

Superpixels are taken in the order in which the walker visits them; every beginning of that order
is a connected region around the click, one inside the other. The one whose border has most contrast
for its size is the segment; the next larger or smaller ones can be asked for.
"""

from dataclasses import dataclass

import numpy as np

from manipulation.regions.superpixels import Superpixels

AREA = (0.003, 0.4)  # share of the photograph that a segment covers by itself
STEP = 1.6  # factor on the area from one extent to the next
_USUAL = 0.03  # area of an object, and the spread of its logarithm
_SPREAD = 1.0
_CONTRAST = 3.0  # weights of the logarithms of contrast and roundness
_ROUNDNESS = 0.7


@dataclass(frozen=True, eq=False)
class Segment:
    """A connected region of superpixels.

    Attributes
    ----------
    inside : ndarray (n,), bool
        Its superpixels.
    area
        Share of the photograph that it covers.
    contrast
        Mean contrast along its border, in units of CIELAB; 0 without a border.
    """

    inside: np.ndarray
    area: float
    contrast: float


def segment_at(picture: Superpixels, x_px: float, y_px: float, extent: int = 0) -> Segment:
    """Return the segment under a point of a photograph.

    Parameters
    ----------
    picture
        Superpixels of the photograph.
    x_px, y_px
        The point, in pixels of the photograph.
    extent
        0 for the segment that stands out most; each step up is one larger by `STEP`, each step
        down one smaller.
    """
    start = picture.at(x_px, y_px)
    order = np.argsort(-picture.visits([start])[0], kind="stable")
    areas = np.cumsum(picture.areas[order])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    lengths = _cuts(picture, rank, picture.lengths)
    contrasts = _cuts(picture, rank, picture.lengths * picture.contrasts) / np.maximum(lengths, 1)
    scores = _CONTRAST * np.log(contrasts + 1e-6) + _ROUNDNESS * np.log(
        np.sqrt(areas) / np.maximum(lengths, 1)
    )
    usual = -0.5 * (np.log(areas / _USUAL) / _SPREAD) ** 2
    allowed = (areas >= AREA[0]) & (areas <= AREA[1]) & (lengths > 0)
    best = int(np.argmax(np.where(allowed, scores + usual, -np.inf)))
    if extent:
        wanted = np.log(areas[best]) + extent * np.log(STEP)
        away = np.abs(np.log(areas) - wanted)
        near = (away <= np.log(STEP) / 2) & (lengths > 0)
        best = int(np.argmax(np.where(near, scores, -np.inf)) if near.any() else away.argmin())
    return Segment(rank <= best, float(areas[best]), float(contrasts[best]))


def _cuts(picture: Superpixels, rank: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the summed weights of the pairs that each beginning of the order cuts, ``(n,)``."""
    ranks = rank[picture.pairs]
    changes = np.zeros(len(rank) + 1)
    np.add.at(changes, ranks.min(axis=1), weights)
    np.add.at(changes, ranks.max(axis=1), -weights)
    return np.cumsum(changes)[: len(rank)].clip(min=0)
