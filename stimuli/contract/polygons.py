"""Masks as polygons: the outlines of an object, and the same with fewer corners.

A polygon is an array ``(n, 2)`` of corners ``(x, y)`` in pixels of the mask, whose origin is the
outer corner of the top left pixel; the last corner is joined to the first.
"""

import numpy as np

# Steps along the edges of pixels: right, down, left, up. The object lies to the right of a step.
_STEPS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])


def mask_outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Return the outer outline of every part of a mask, the largest part first; holes are filled.

    Parameters
    ----------
    mask : array (height, width) of bool
        Pixels that touch at a corner alone are different parts.

    Returns
    -------
    list of array (n, 2)
        Corners along the edges of pixels, clockwise on the screen.

    Examples
    --------
    >>> import numpy as np
    >>> from stimuli import mask_outlines
    >>> mask = np.zeros((4, 6), bool)
    >>> mask[1:3, 2:5] = True
    >>> mask_outlines(mask)[0].tolist()
    [[2.0, 1.0], [5.0, 1.0], [5.0, 3.0], [2.0, 3.0]]
    """
    padded = np.pad(mask.astype(bool), 1)
    inner = padded[1:-1, 1:-1]
    free = (
        inner & ~padded[:-2, 1:-1], inner & ~padded[1:-1, 2:],
        inner & ~padded[2:, 1:-1], inner & ~padded[1:-1, :-2],
    )  # fmt: skip
    offsets = ((0, 0), (1, 0), (1, 1), (0, 1))  # where the edge of a pixel begins, by direction
    left: dict[tuple[int, int], set[int]] = {}
    for direction, (edges, (dx, dy)) in enumerate(zip(free, offsets, strict=True)):
        for y, x in np.argwhere(edges).tolist():
            left.setdefault((x + dx, y + dy), set()).add(direction)
    outlines = []
    for start in sorted(left):
        while left[start]:
            outline = _walk(start, min(left[start]), left)
            if signed_area(outline) > 0:  # that of a hole runs the other way
                outlines.append(outline)
    return sorted(outlines, key=signed_area, reverse=True)


def _walk(
    start: tuple[int, int], direction: int, left: dict[tuple[int, int], set[int]]
) -> np.ndarray:
    """Follow edges from `start` until they close, and take them away; return the corners."""
    corners, here, before = [], start, None
    while True:
        left[here].discard(direction)
        if direction != before:
            corners.append(here)
        before = direction
        here = (here[0] + int(_STEPS[direction][0]), here[1] + int(_STEPS[direction][1]))
        if here == start:
            break
        # Where four pixels meet, the turn to the right stays with the same pixel.
        direction = next(
            turn % 4 for turn in (direction + 1, direction, direction + 3)
            if turn % 4 in left[here]
        )  # fmt: skip
    return np.array(corners, dtype=np.float64)


def signed_area(polygon: np.ndarray) -> float:
    """Return the area of a polygon in square pixels, negative where it runs anticlockwise."""
    x, y = polygon.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def simplified(polygon: np.ndarray, corners: int) -> np.ndarray:
    """Return a polygon with at most so many corners, 3 or more, that encloses much the same.

    The corner that matters least goes first: the one whose triangle with its neighbours is the
    smallest (Visvalingam & Whyatt, 1993, "Line generalisation by repeated elimination of points").

    Examples
    --------
    >>> import numpy as np
    >>> from stimuli import simplified
    >>> nearly_square = np.array([[0, 0], [5, 0.1], [10, 0], [10, 10], [0, 10]])
    >>> simplified(nearly_square, 4).tolist()
    [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]
    """
    kept = np.asarray(polygon, dtype=np.float64)
    while len(kept) > max(corners, 3):
        before, after = np.roll(kept, 1, axis=0) - kept, np.roll(kept, -1, axis=0) - kept
        areas = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        kept = np.delete(kept, int(areas.argmin()), axis=0)
    return kept
