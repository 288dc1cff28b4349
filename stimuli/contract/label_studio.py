"""Label Studio's own JSON, a list of tasks, as the content of a COCO annotation file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from stimuli.contract.tool_polygons import ellipse, numbered_categories, pairs, rectangle
from stimuli.support.errors import InputError

_KINDS = ("polygon", "rectangle", "ellipse", "brush")


def from_label_studio(tasks: Sequence[Mapping[str, Any]], where: Path) -> dict[str, Any]:
    """Return COCO's content for tasks of Label Studio: polygons, rectangles and ellipses.

    Of a task's annotations the first that was not cancelled is taken. What a brush painted has no
    outline here, which leaves it out where it is read.

    Raises
    ------
    InputError
        If no task names a photograph.
    """
    images: list[dict[str, Any]] = []
    objects: list[tuple[int, str, Any]] = []
    for number, task in enumerate(tasks, start=1):
        if not (name := _photograph(task["data"])):
            continue
        size: dict[str, Any] = {}
        for result in _results(task):
            value = result["value"]
            kind = next((one for one in _KINDS if str(result.get("type")).startswith(one)), "")
            labels = next((value[key] for key in value if key.endswith("labels")), None)
            label = str(labels[0]) if isinstance(labels, list) and labels else "unknown"
            if not kind:
                continue
            wide, high = (result.get(f"original_{key}") for key in ("width", "height"))
            if isinstance(wide, int | float) and isinstance(high, int | float):
                size = {"width": wide, "height": high}
                objects.append((number, label, _outline(kind, value, wide / 100, high / 100)))
            else:
                objects.append((number, label, []))
        images.append({"id": number, "file_name": name, **size})
    if not images:
        raise InputError(
            f"{where}: none of Label Studio's {len(tasks)} tasks names a photograph; expected "
            f"tasks with data such as {{'image': '/data/upload/a.jpg'}}; export COCO instead"
        )
    categories, ids = numbered_categories(label for _, label, _ in objects)
    annotations = [
        {"id": n, "image_id": image_id, "category_id": ids[label], "iscrowd": 0,
         "segmentation": segmentation}
        for n, (image_id, label, segmentation) in enumerate(objects, start=1)
    ]  # fmt: skip
    return {"images": images, "annotations": annotations, "categories": categories}


def _photograph(data: object) -> str:
    """Return the address of a task's photograph: under ``image``, or else the first text."""
    values = data if isinstance(data, dict) else {}
    texts = [one for one in (values.get("image"), *values.values()) if isinstance(one, str)]
    return texts[0] if texts else ""


def _results(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    annotations = task.get("annotations")
    for one in annotations if isinstance(annotations, list) else []:
        if isinstance(one, dict) and not one.get("was_cancelled"):
            results = one.get("result")
            for result in results if isinstance(results, list) else []:
                if isinstance(result, dict) and isinstance(result.get("value"), dict):
                    yield result
            return


def _outline(kind: str, value: Mapping[str, Any], x: float, y: float) -> list[list[float]]:
    """Return the polygons of a result, whose numbers are percent of the photograph's sides."""
    if kind == "polygon":
        corners = pairs(value.get("points"))
        return [[one for px, py in corners for one in (x * px, y * py)]] if corners else []
    radii = kind == "ellipse"
    names = ("x", "y", "radiusX", "radiusY") if radii else ("x", "y", "width", "height")
    numbers = [value.get(name) for name in names]
    if kind == "brush" or not all(isinstance(one, int | float) for one in numbers):
        return []
    units = (x, y, x, y)
    left, top, wide, high = (
        float(cast(float, one)) * unit for one, unit in zip(numbers, units, strict=True)
    )
    turned = value.get("rotation")
    degrees = float(turned) if isinstance(turned, int | float) else 0.0
    return [(ellipse if radii else rectangle)(left, top, wide, high, degrees)]
