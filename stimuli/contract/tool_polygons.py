"""Outlines of other annotation tools as COCO's polygons."""

import math
from collections.abc import Iterable
from typing import Any

_CORNERS = 64  # of an ellipse


def pairs(points: object) -> list[tuple[float, float]]:
    """Return ``(x, y)`` of points, each a list of two numbers; what is none is left out."""
    return [
        (float(one[0]), float(one[1]))
        for one in (points if isinstance(points, list) else [])
        if isinstance(one, list) and len(one) == 2 and all(type(x) in (int, float) for x in one)
        and all(abs(x) < 1e9 for x in one)
    ]  # fmt: skip


def rectangle(
    left: float, top: float, width: float, height: float, degrees: float = 0
) -> list[float]:
    """Return the polygon of a rectangle, turned clockwise about its first corner.

    Examples
    --------
    >>> rectangle(2, 3, 4, 1)
    [2.0, 3.0, 6.0, 3.0, 6.0, 4.0, 2.0, 4.0]
    """
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    return _turned(corners, (left, top), degrees)


def ellipse(x: float, y: float, wide: float, high: float, degrees: float = 0) -> list[float]:
    """Return the polygon of an ellipse by its centre and radii, turned clockwise."""
    angles = [2 * math.pi * n / _CORNERS for n in range(_CORNERS)]
    corners = [(wide * math.cos(a), high * math.sin(a)) for a in angles]
    return _turned(corners, (x, y), degrees)


def _turned(
    corners: list[tuple[float, float]], about: tuple[float, float], degrees: float
) -> list[float]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = ((cos * x - sin * y + about[0], sin * x + cos * y + about[1]) for x, y in corners)
    return [one for corner in turned for one in corner]


def numbered_categories(labels: Iterable[str]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return COCO's categories for labels, by alphabet, and the id of each label."""
    ids = {label: number for number, label in enumerate(sorted(set(labels)), start=1)}
    return [{"id": number, "name": label} for label, number in ids.items()], ids
