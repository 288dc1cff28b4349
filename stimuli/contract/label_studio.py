"""Label Studio's own JSON, a list of tasks, as the content of a COCO annotation file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any, cast

import numpy as np

from stimuli.contract.label_studio_brush import painted_mask
from stimuli.contract.tool_polygons import (
    coco_of,
    ellipse,
    pairs,
    picture_of,
    rectangle,
    run_length_code,
)
from stimuli.support.errors import InputError

_KINDS = ("polygon", "rectangle", "ellipse", "brush", "bitmask")
_LARGEST_PX = 178_000_000  # as pictures may have
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".heic", ".heif",
             ".avif")  # fmt: skip


def from_label_studio(tasks: Sequence[Mapping[str, Any]], where: Path) -> dict[str, Any]:
    """Return COCO's content for tasks of Label Studio, whatever was drawn there.

    Of a task's annotations the first that was not cancelled is taken. What has no outline here
    is left out where it is read. ``image_rotation`` tells how the photograph was turned on the
    screen of who drew; sizes and coordinates are of the photograph unturned, as Label Studio's
    own tests hold them (its "Simple rotation" of ``image.zoom-rotate.test.js``).

    Raises
    ------
    InputError
        If no task names a photograph, or nobody annotated any.
    """
    images: list[dict[str, Any]] = []
    objects: list[tuple[int, str, Any]] = []
    for number, task in enumerate(tasks, start=1):
        if not (name := _photograph(task["data"])):
            continue
        size: dict[str, Any] = {}
        results = [*_results(task)]
        named = {one["id"]: label for one in results if "id" in one and (label := _label(one))}
        for result in results:
            kind = next((one for one in _KINDS if str(result.get("type")).startswith(one)), "")
            if not kind:
                continue
            label = _label(result) or named.get(result.get("id"), "unknown")
            wide, high = (result.get(f"original_{key}") for key in ("width", "height"))
            if isinstance(wide, int | float) and isinstance(high, int | float):
                size = {"width": wide, "height": high}
                objects.append((number, label, _segmentation(result, kind, wide, high)))
            else:
                objects.append((number, label, []))
        images.append({"id": number, "file_name": name, **size})
    if not images:
        raise InputError(
            f"{where}: none of Label Studio's {len(tasks)} tasks names a photograph; expected "
            f"tasks with data such as {{'image': '/data/upload/a.jpg'}}; export COCO instead"
        )
    if not any(_annotated(task) for task in tasks):
        raise InputError(
            f"{where}: nobody annotated Label Studio's {len(tasks)} tasks; what a model predicted "
            f"is not taken until it was accepted there; submit annotations, and export again"
        )
    return coco_of(images, objects)


def _photograph(data: object) -> str:
    """Return the address of a task's photograph: under ``image``, or the first that ends as one."""
    values = data if isinstance(data, dict) else {}
    texts = [one for one in (values.get("image"), *values.values()) if isinstance(one, str)]
    return next((one for one in texts if _ends_as_picture(one)), texts[0] if texts else "")


def _ends_as_picture(address: str) -> bool:
    ends = (address, address.partition("?")[0])
    return any(PureWindowsPath(one).suffix.lower() in _PICTURES for one in ends)


def _annotated(task: Mapping[str, Any]) -> bool:
    return bool(task.get("annotations"))


def _label(result: Mapping[str, Any]) -> str:
    """Return the label of a result; nothing where it stands in another of the same id."""
    value = result["value"]
    labels = next((value[key] for key in value if key.endswith("labels")), None)
    return str(labels[0]) if isinstance(labels, list) and labels else ""


def _results(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    annotations = task.get("annotations")
    for one in annotations if isinstance(annotations, list) else []:
        if isinstance(one, dict) and not one.get("was_cancelled"):
            results = one.get("result")
            for result in results if isinstance(results, list) else []:
                if isinstance(result, dict) and isinstance(result.get("value"), dict):
                    yield result
            return


def _segmentation(result: Mapping[str, Any], kind: str, wide: float, high: float) -> Any:
    """Return the segmentation of a result, or why there is none."""
    try:
        return _outline(kind, result["value"], wide, high)
    except InputError as error:
        return str(error)


def _outline(kind: str, value: Mapping[str, Any], wide: float, high: float) -> Any:
    """Return the segmentation of a result, whose numbers are percent of the photograph's sides."""
    x, y = wide / 100, high / 100
    if kind == "polygon":
        corners = pairs(value.get("points"))
        return [[one for px, py in corners for one in (x * px, y * py)]] if corners else []
    if kind == "bitmask":
        return _bitmask(value.get("imageDataURL"), round(high), round(wide))
    if kind == "brush":
        return _painted(value.get("rle"), round(high), round(wide))
    radii = kind == "ellipse"
    names = ("x", "y", "radiusX", "radiusY") if radii else ("x", "y", "width", "height")
    numbers = [value.get(name) for name in names]
    if not all(isinstance(one, int | float) for one in numbers):
        return []
    units = (x, y, x, y)
    left, top, wide, high = (
        float(cast(float, one)) * unit for one, unit in zip(numbers, units, strict=True)
    )
    turned = value.get("rotation")
    degrees = float(turned) if isinstance(turned, int | float) else 0.0
    return [(ellipse if radii else rectangle)(left, top, wide, high, degrees)]


def _painted(packed: object, height: int, width: int) -> Any:
    """Return the run-length code of what a brush painted."""
    if not isinstance(packed, list) or height * width > _LARGEST_PX:
        return []
    return run_length_code(painted_mask(packed, height, width))


def _bitmask(address: object, height: int, width: int) -> Any:
    """Return the run-length code of a mask that is what a picture does not leave transparent."""
    mask = np.asarray(picture_of(address).convert("RGBA"))[..., 3] > 0
    if mask.shape != (height, width):
        raise InputError(
            f"its mask is {mask.shape[1]} x {mask.shape[0]} px; expected the photograph's "
            f"{width} x {height}"
        )
    return run_length_code(mask)
