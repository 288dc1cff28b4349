"""A region that is drawn: clicks and loops, one after the other, each adding or taking away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from manipulation.regions.segments import segment_at
from manipulation.regions.superpixels import Superpixels, superpixels
from stimuli.support.errors import InputError

Point = tuple[float, float]


@dataclass(frozen=True)
class Click:
    """A click on the photograph, for the segment under it.

    Attributes
    ----------
    at_px
        ``(x, y)`` in pixels of the photograph.
    away
        Whether the segment is taken away.
    extent
        How much larger or smaller than the segment that stands out most (`segment_at`).
    """

    at_px: Point
    away: bool = False
    extent: int = 0


@dataclass(frozen=True)
class Loop:
    """A closed line around a part of the photograph.

    Attributes
    ----------
    corners_px
        ``(x, y)`` in pixels of the photograph.
    away
        Whether what is inside is taken away.
    """

    corners_px: tuple[Point, ...]
    away: bool = False


Stroke = Click | Loop


class Canvas:
    """A photograph on which regions are drawn.

    Parameters
    ----------
    pixels : ndarray (height, width, 3), uint8
        The photograph.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        self.size: tuple[int, int] = (pixels.shape[0], pixels.shape[1])
        self._pixels = pixels
        self._superpixels: Superpixels | None = None

    @property
    def superpixels(self) -> Superpixels:
        """Superpixels of the photograph, found when they are first needed."""
        if self._superpixels is None:
            self._superpixels = superpixels(self._pixels)
        return self._superpixels

    def mask(self, strokes: Sequence[Stroke]) -> np.ndarray:
        """Return what strokes come to as a mask ``(height, width)`` bool, in their order.

        A segment ends where a walker from it is outdone by one from a click to the contrary.

        Raises
        ------
        InputError
            If a loop has no inside.
        """
        mask = np.zeros(self.size, dtype=bool)
        for stroke in strokes:
            if isinstance(stroke, Loop):
                part = loop_mask(stroke.corners_px, *self.size)
            else:
                part = self._segment(stroke, strokes)
            mask = mask & ~part if stroke.away else mask | part
        return mask

    def _segment(self, click: Click, strokes: Sequence[Stroke]) -> np.ndarray:
        picture = self.superpixels
        inside = segment_at(picture, *click.at_px, click.extent).inside
        start = picture.at(*click.at_px)
        others = [
            picture.at(*one.at_px)
            for one in strokes
            if isinstance(one, Click) and one.away != click.away
        ]
        if rivals := [one for one in others if one != start]:
            visits = picture.visits([start, *rivals])
            inside = inside & (visits[0] >= visits[1:].max(axis=0))
        return picture.mask(inside)


def loop_mask(corners_px: Sequence[Point], height: int, width: int) -> np.ndarray:
    """Return the pixels whose centres lie inside a closed line, ``(height, width)`` bool.

    Corners may lie outside the photograph. Where the line crosses itself, what it goes around
    twice is outside.

    Raises
    ------
    InputError
        If no pixel is inside.

    Examples
    --------
    >>> int(loop_mask([(2, 2), (6, 2), (6, 5), (2, 5)], height=8, width=8).sum())
    12
    """
    from skimage.draw import polygon

    corners = np.asarray(corners_px, dtype=float).reshape(-1, 2)
    mask = np.zeros((height, width), dtype=bool)
    if len(corners) >= 3 and np.isfinite(corners).all():
        x, y = corners.T - 0.5  # the centre of pixel j is at j + 0.5
        mask[polygon(y, x, shape=mask.shape)] = True
    if not mask.any():
        raise InputError(
            f"the loop of {len(corners)} points has no pixel inside; expected a closed line around "
            f"a part of the photograph"
        )
    return mask


def resized_stroke(stroke: Stroke, steps: int) -> Stroke:
    """Return a click with a segment that is larger or smaller by steps.

    Raises
    ------
    InputError
        If the stroke is a loop, which has the size that it was drawn with.
    """
    if isinstance(stroke, Loop):
        raise InputError(
            "the last stroke is a loop, which has the size that it was drawn with; undo it and "
            "draw another"
        )
    return replace(stroke, extent=stroke.extent + steps)
