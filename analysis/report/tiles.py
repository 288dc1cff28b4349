"""Small pictures of a stimulus: with its targets outlined, or under a fixation density.

Drawn on arrays, not axes: a report holds hundreds of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib import colormaps
from PIL import Image

TILE_PX = 300
_DIM = 0.42
_SHARES = (0.5, 0.8)
_HEAT = colormaps["inferno"]
_LEVELS = 1023  # shares of the highest density that have a colour of their own
_WHITE, _DOT = (255, 255, 255), (120, 220, 232)


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A stimulus at the size of a tile, with what is outlined on it.

    Attributes
    ----------
    pixels : array (height, width, 3), float32
        The longer side is `TILE_PX`.
    outlines
        Coverage of each line ``(height, width)``, 0 to 1, with its colour.
    """

    pixels: np.ndarray
    outlines: Sequence[tuple[np.ndarray, tuple[int, ...]]]


def outline(mask: np.ndarray) -> np.ndarray:
    """Return the line around a region at the size of a tile, for `backdrop`.

    Parameters
    ----------
    mask : array (height, width), boolean
        At the size of the stimulus.

    Returns
    -------
    coverage : array, float32
        Share of every pixel of the tile that the line covers.
    """
    height, width = _tile_shape(mask)
    fine = Image.fromarray(mask.astype(np.uint8) * 255)
    fine = fine.resize((2 * width, 2 * height), Image.Resampling.BILINEAR)
    return _line(np.asarray(fine) > 127, 3)


def backdrop(image: np.ndarray, outlines: Sequence[tuple[np.ndarray, str]]) -> Backdrop:
    """Return a stimulus ``(height, width, 3)`` uint8 made small, with regions to outline.

    `outlines` are those of `outline`, each with a colour ``#rrggbb``.
    """
    height, width = _tile_shape(image)
    small = Image.fromarray(image).resize(
        (width, height), Image.Resampling.LANCZOS, reducing_gap=1.5
    )
    coloured = [
        (line, tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5)))
        for line, colour in outlines
    ]
    return Backdrop(np.asarray(small).astype(np.float32), coloured)


def _tile_shape(picture: np.ndarray) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = TILE_PX / max(height, width)
    return max(1, round(scale * height)), max(1, round(scale * width))


def photograph(behind: Backdrop) -> np.ndarray:
    """Return the stimulus with its regions outlined, ``(height, width, 3)`` uint8."""
    return _finished(behind.pixels.copy(), behind)


def density_over(
    behind: Backdrop, log_density: np.ndarray, highest: float, xy: np.ndarray | None = None
) -> np.ndarray:
    """Return the stimulus, dimmed and grey, under a density.

    White lines enclose the smallest regions that hold half and four fifths of the probability
    that the picture shows.

    Parameters
    ----------
    log_density : array (rows, columns)
    highest
        Log density that takes the brightest colour: one for all pictures that are compared.
    xy : array (n, 2), optional
        Fixations to mark, as shares of width and height.
    """
    map_ = Image.fromarray(log_density.astype(np.float32))
    height, width = behind.pixels.shape[:2]
    fine = np.asarray(map_.resize((2 * width, 2 * height), Image.Resampling.BILINEAR))
    grey = behind.pixels @ np.full((3, 1), _DIM / 3, np.float32)
    shown = _halved(fine)
    canvas = _heated(np.exp(np.minimum(shown - highest, 0.0)), grey)
    order = np.sort(shown[::2, ::2], axis=None)[::-1]  # a quarter tells where lines are
    held = np.cumsum(np.exp(order - order[0]))
    for share in _SHARES:
        threshold = order[np.searchsorted(held, share * held[-1])]
        _paint(canvas, _line(fine >= threshold, 1), _WHITE)
    if xy is not None:
        _dots(canvas, xy)
    return _finished(canvas, behind)


def colour_bar(length: int, width: int) -> np.ndarray:
    """Return the colours of densities from none to the highest, ``(width, length, 3)`` uint8.

    They are linear in the density from left to right, over a backdrop of mid-grey.
    """
    shares = np.tile(np.linspace(0.0, 1.0, length), (width, 1))
    return _heated(shares, np.full((width, length, 1), 128 * _DIM)).clip(0, 255).astype(np.uint8)


def _heated(share: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Return a grey picture ``(height, width, 1)`` under densities, shares of the highest."""
    backdrop_share, glow = _colours()
    level = np.rint(share * _LEVELS).astype(np.intp)
    return np.asarray(backdrop_share.take(level, axis=0) * grey + glow.take(level, axis=0))


@cache
def _colours() -> tuple[np.ndarray, np.ndarray]:
    """Return by level of density the share of what is behind ``(n, 1)``, and what lies on it."""
    relative = np.linspace(0.0, 1.0, _LEVELS + 1) ** 0.7
    alpha = np.minimum(relative * 1.15, 0.85)[:, None]
    glow = alpha * _HEAT(0.25 + 0.75 * relative)[:, :3] * 255
    return (1 - alpha).astype(np.float32), glow.astype(np.float32)


def _line(inside: np.ndarray, width: int) -> np.ndarray:
    """Return how much of each pixel the border of a region covers; `inside` is twice as fine."""
    edge = np.zeros(inside.shape, dtype=bool)
    edge[:, 1:] |= inside[:, 1:] != inside[:, :-1]
    edge[1:] |= inside[1:] != inside[:-1]
    for _ in range(width - 1):
        edge[:, :-1] |= edge[:, 1:]
        edge[:-1] |= edge[1:]
    return _halved(edge.astype(np.float32))


def _halved(fine: np.ndarray) -> np.ndarray:
    return (fine[::2, ::2] + fine[::2, 1::2] + fine[1::2, ::2] + fine[1::2, 1::2]) / 4


def _paint(canvas: np.ndarray, coverage: np.ndarray, colour: Sequence[int]) -> None:
    where = coverage > 0
    share = coverage[where][:, None]
    canvas[where] = (1 - share) * canvas[where] + share * np.array(colour, np.float32)


def _dots(canvas: np.ndarray, xy: np.ndarray) -> None:
    height, width = canvas.shape[:2]
    last = np.array([[width - 2], [height - 2]])
    columns, rows = (np.asarray(xy) * [width, height]).astype(int).T.clip(0, last)
    for down in (0, 1):
        for right in (0, 1):
            canvas[rows + down, columns + right] = _DOT


def _finished(canvas: np.ndarray, behind: Backdrop) -> np.ndarray:
    for line, colour in behind.outlines:
        _paint(canvas, line, colour)
    return canvas.clip(0, 255).astype(np.uint8)
