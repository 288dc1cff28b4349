"""Masks that were drawn on a turned or reduced copy of a photograph, brought onto what is read.

Cameras store photographs as the sensor lay, and a turn in their EXIF that viewers apply. Some
annotation tools draw on the turned photograph, some on the stored one: the sizes that the
annotation file states decide, where they agree with one of the two alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

import numpy as np
from PIL import Image

from stimuli.contract.masks import Annotations, size_difference
from stimuli.contract.outlines import decode
from stimuli.contract.tool_polygons import run_length_code
from stimuli.support.errors import InputError

Size = tuple[int, int]


class DrawnOn(StrEnum):
    """What masks were drawn on, where the sizes do not tell."""

    UPRIGHT = "upright"
    STORED = "stored"


def onto_photograph(
    annotations: Annotations,
    image_id: int,
    size: Size,
    turn: int,
    *,
    drawn_on: DrawnOn = DrawnOn.UPRIGHT,
    rescale: bool = False,
) -> tuple[dict[int, dict[str, Any]], dict[str, Any], bool]:
    """Return the entries of a photograph and of its objects in the pixels that are read of it.

    Parameters
    ----------
    size, turn
        Of the photograph, upright, and its EXIF orientation (`size_and_turn`).
    drawn_on
        What masks were drawn on where both agree with the sizes that are stated: photographs
        turned by 180 degrees or mirrored, square ones, and those without a size.
    rescale
        Whether masks of a photograph that was reduced or enlarged are scaled.

    Returns
    -------
    objects : dict
        Annotation entries by id.
    image : dict
        Image entry.
    ambiguous : bool
        Whether `drawn_on` decided.

    Raises
    ------
    InputError
        If the stated size is another photograph's; the message names EXIF where it may be that.
    """
    image, entries = annotations.image(image_id), annotations.of_image(image_id)
    stored = size[::-1] if turn >= 5 else size
    stated = _stated(image, entries)
    frames = {DrawnOn.UPRIGHT: size, DrawnOn.STORED: stored}
    fitting = [name for name, one in frames.items() if stated in (None, one)]
    if not fitting and rescale and stated is not None:
        fitting = [name for name, one in frames.items() if _same_shape(stated, one)]
    if not fitting:
        assert stated is not None
        words = size_difference(size, stated, annotations.path.name)
        by_factor = any(_same_shape(stated, one) for one in frames.values())
        hint = "; --rescale-masks scales them" if by_factor else "; expected the same photograph"
        exif = f"; its EXIF turns it from {stored[1]} x {stored[0]}" if turn > 1 else ""
        raise InputError(f"{words}{exif}{hint}")
    ambiguous = turn > 1 and len(fitting) == 2
    frame = drawn_on if len(fitting) == 2 else fitting[0]
    turn = turn if frame == DrawnOn.STORED else 1
    drawn = stated or frames[frame]
    if turn > 1 or drawn != size:
        objects = {one["id"]: _moved(one, drawn, size, turn) for one in entries}
    else:
        objects = {one["id"]: one for one in entries}
    return objects, {**image, "height": size[0], "width": size[1]}, ambiguous


def replaced(
    annotations: Annotations, images: dict[int, dict[str, Any]], objects: dict[int, dict[str, Any]]
) -> Annotations:
    """Return annotations with other entries of some images and objects."""
    return replace(
        annotations, images=annotations.images | images, by_id=annotations.by_id | objects
    )


def with_boxes(annotations: Annotations) -> Annotations:
    """Return annotations in which the box of an object is its outline, where it has no other."""
    boxed = {
        number: {**entry, "segmentation": [_box_corners(entry["bbox"])]}
        for number, entry in annotations.by_id.items()
        if not entry.get("segmentation") and _is_box(entry.get("bbox"))
    }
    return replaced(annotations, {}, boxed)


def _is_box(box: object) -> bool:
    return isinstance(box, list) and len(box) == 4 and all(type(x) in (int, float) for x in box)


def _box_corners(box: Sequence[float]) -> list[float]:
    left, top, wide, high = box
    right, bottom = left + wide, top + high
    return [left, top, right, top, right, bottom, left, bottom]


def _stated(image: dict[str, Any], entries: Sequence[dict[str, Any]]) -> Size | None:
    """Return the height and width that the image states, or else a run-length code of it."""
    if "height" in image:
        return image["height"], image["width"]
    for entry in entries:
        code = entry.get("segmentation")
        size = code.get("size") if isinstance(code, dict) else None
        if isinstance(size, list) and len(size) == 2 and all(type(n) is int and n > 0
                                                             for n in size):  # fmt: skip
            return size[0], size[1]
    return None


def _same_shape(stated: Size, size: Size) -> bool:
    """Return whether one size is the other times a factor, up to a pixel of the smaller one."""
    (height, width), (other_height, other_width) = sorted((stated, size), key=min)
    factor = max(other_height, other_width) / max(height, width)
    return abs(other_height / factor - height) <= 1 and abs(other_width / factor - width) <= 1


def _moved(entry: dict[str, Any], drawn: Size, size: Size, turn: int) -> dict[str, Any]:
    """Return an annotation that was drawn on one size, on the upright photograph of another."""
    segmentation = entry.get("segmentation")
    changed: dict[str, Any] = {}
    try:
        if isinstance(segmentation, dict):
            changed["segmentation"] = _code(turned(decode(entry, *drawn), turn), size)
        elif isinstance(segmentation, list):
            flat = all(type(x) in (int, float) for x in segmentation)
            polygons = [segmentation] if flat and segmentation else segmentation
            changed["segmentation"] = [_corners(one, drawn, size, turn) for one in polygons]
        if _is_box(entry.get("bbox")):
            box = np.array(_corners(_box_corners(entry["bbox"]), drawn, size, turn))
            corners = box.reshape(-1, 2)
            low, high = corners.min(axis=0), corners.max(axis=0)
            changed["bbox"] = [*low.tolist(), *(high - low).tolist()]
    except (InputError, ValueError, TypeError, OverflowError):
        return entry  # what cannot be read is named where its mask is asked for
    return {**entry, **changed}


def _corners(polygon: Sequence[float], drawn: Size, size: Size, turn: int) -> list[float]:
    height, width = drawn
    x, y = np.reshape(np.asarray(polygon, dtype=float), (-1, 2)).T
    x, y = _TURNED_POINTS[turn](x, y, width, height)
    swapped = drawn[::-1] if turn >= 5 else drawn
    x, y = x * (size[1] / swapped[1]), y * (size[0] / swapped[0])
    return np.stack([x, y], axis=1).ravel().round(3).tolist()


def turned(mask: np.ndarray, turn: int) -> np.ndarray:
    """Return a mask as EXIF's orientation turns the photograph under it."""
    return _TURNED_MASKS[turn](mask)


_TURNED_POINTS = {
    1: lambda x, y, w, h: (x, y), 2: lambda x, y, w, h: (w - x, y),
    3: lambda x, y, w, h: (w - x, h - y), 4: lambda x, y, w, h: (x, h - y),
    5: lambda x, y, w, h: (y, x), 6: lambda x, y, w, h: (h - y, x),
    7: lambda x, y, w, h: (h - y, w - x), 8: lambda x, y, w, h: (y, w - x),
}  # fmt: skip
_TURNED_MASKS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda m: m, 2: np.fliplr, 3: lambda m: np.rot90(m, 2), 4: np.flipud, 5: np.transpose,
    6: lambda m: np.rot90(m, -1), 7: lambda m: np.rot90(m, 2).T, 8: np.rot90,
}  # fmt: skip


def _code(mask: np.ndarray, size: Size) -> dict[str, Any]:
    if mask.shape != size:
        picture = Image.fromarray(np.ascontiguousarray(mask).astype(np.uint8))
        mask = np.asarray(picture.resize(size[::-1], Image.Resampling.NEAREST))
    return run_length_code(mask)
