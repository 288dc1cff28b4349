"""LabelMe's own JSON, a file for each photograph, as the content of a COCO annotation file."""

import math
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from stimuli.contract.tool_polygons import (
    coco_of,
    ellipse,
    pairs,
    picture_of,
    rectangle,
    run_length_code,
)
from stimuli.support.errors import InputError

_POLYGONS = ("polygon", "rotation", "oriented_rectangle")  # lists of corners


def from_labelme(contents: Mapping[Path, Any], where: Path) -> dict[str, Any]:
    """Return COCO's content for files of LabelMe, by their paths.

    Polygons, rectangles, circles and masks are outlines; shapes of one label and one group are one
    object. Points and lines have no outline, which leaves them out where they are read.

    Raises
    ------
    InputError
        If there is no such file.
    """
    if not contents:
        raise InputError(f"{where}: holds no file of LabelMe; expected JSON files with `shapes`")
    images: list[dict[str, Any]] = []
    objects: list[tuple[int, str, Any]] = []
    for number, (path, content) in enumerate(sorted(contents.items()), start=1):
        name = content.get("imagePath")
        name = PureWindowsPath(name).name if isinstance(name, str) and name else f"{path.stem}.jpg"
        size = {"width": content.get("imageWidth"), "height": content.get("imageHeight")}
        images.append({"id": number, "file_name": name, **size})
        grouped: dict[object, tuple[str, list[Any]]] = {}
        for place, shape in enumerate(content["shapes"]):
            shape = shape if isinstance(shape, dict) else {}
            label = str(shape.get("label") or "unknown")
            group = shape.get("group_id")
            key = (label, str(group)) if group is not None else place
            grouped.setdefault(key, (label, []))[1].append(_outline(shape, size))
        objects += [(number, label, _joined(parts)) for label, parts in grouped.values()]
    return coco_of(images, objects)


def _joined(parts: list[Any]) -> Any:
    """Return the segmentation of several outlines; a mask among them stands alone."""
    masks = [one for one in parts if isinstance(one, dict)]
    return masks[0] if masks else [one for one in parts if one]


def _outline(shape: Mapping[str, Any], size: Mapping[str, Any]) -> Any:
    points, kind = pairs(shape.get("points")), shape.get("shape_type") or "polygon"
    if kind in _POLYGONS or (kind == "rectangle" and len(points) == 4):
        return [one for point in points for one in point]
    if kind in ("rectangle", "mask") and len(points) >= 2:
        (left, top), (right, bottom) = points[0], points[1]
        if kind == "mask" and shape.get("mask"):
            return _mask(shape["mask"], (min(left, right), min(top, bottom)), size)
        return rectangle(left, top, right - left, bottom - top)
    if kind == "circle" and len(points) >= 2:
        radius = math.dist(points[0], points[1])
        return ellipse(*points[0], radius, radius)
    return []


def _mask(text: object, corner: tuple[float, float], size: Mapping[str, Any]) -> Any:
    """Return the run-length code of a mask, a PNG in base64 that begins at a corner; else none."""
    try:
        part = np.asarray(picture_of(text).convert("L")) > 0
        whole = np.zeros((int(size["height"]), int(size["width"])), bool)
        left, top = map(round, corner)
        into = whole[top : top + part.shape[0], left : left + part.shape[1]]
        into[...] = part[: into.shape[0], : into.shape[1]]
    except (InputError, ValueError, TypeError, MemoryError):
        return []
    return run_length_code(whole)
