"""Outlines of other annotation tools as COCO's polygons and masks, and their files as COCO's."""

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from stimuli.contract.outlines import UNREAD
from stimuli.support.errors import InputError

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


def picture_of(text: object) -> Image.Image:
    """Return the picture that a text holds, a PNG in base64, as an address or without one.

    Raises
    ------
    InputError
        If it holds none.
    """
    try:
        content = base64.b64decode(str(text).rpartition("base64,")[2], validate=True)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            picture.load()
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise InputError(f"its mask is no PNG in base64 ({error}); export it again") from None
    return picture


def run_length_code(mask: np.ndarray) -> dict[str, Any]:
    """Return the run-length code of a mask ``(height, width)``, as COCO has it in text."""
    from pycocotools import mask as coco

    code = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": list(mask.shape), "counts": code["counts"].decode("ascii")}


def coco_of(
    images: Sequence[dict[str, Any]], objects: Sequence[tuple[int, str, Any]]
) -> dict[str, Any]:
    """Return COCO's content: image entries, and objects by image id, label and segmentation.

    In place of a segmentation, a text says why there is none. Categories are the labels, by
    alphabet.
    """
    labels = sorted({label for _, label, _ in objects})
    ids = {label: number for number, label in enumerate(labels, start=1)}
    annotations = [
        {"id": n, "image_id": image_id, "category_id": ids[label], "iscrowd": 0,
         **({UNREAD: outline} if isinstance(outline, str) else {"segmentation": outline})}
        for n, (image_id, label, outline) in enumerate(objects, start=1)
    ]  # fmt: skip
    categories = [{"id": number, "name": label} for label, number in ids.items()]
    return {"images": [*images], "annotations": annotations, "categories": categories}
