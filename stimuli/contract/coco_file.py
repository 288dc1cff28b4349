"""The content of a COCO annotation file, as the many tools that write such files leave it.

In comes what the JSON holds; out comes the same with the types that COCO has: whole numbers for
ids and sizes, which some tools write as text or as 480.0, and text for names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stimuli.support.errors import InputError

_LARGEST_ID = 2**63 - 1
_LARGEST_SIDE_PX = 2**16
_LARGEST_PX = 178_000_000  # as pictures may have
UNKNOWN = "unknown"


def tidy_content(content: object, path: Path) -> dict[str, Any]:
    """Return the content of an annotation file with COCO's types; what is right stays as it is.

    Raises
    ------
    InputError
        If it is not COCO's instances; errors name `path`, the entry and what is expected.
    """
    if not isinstance(content, dict) or not {"images", "annotations"} <= content.keys():
        raise InputError(f"{path}: not a COCO annotation file; expected `images` and `annotations`")
    tidy = {
        **content,
        "images": [_image(one, where) for one, where in _entries(content, "images", path)],
        "annotations": [
            _annotation(one, where) for one, where in _entries(content, "annotations", path)
        ],
    }
    for key in ("licenses", "categories"):
        if content.get(key) is None:
            tidy.pop(key, None)
        else:
            tidy[key] = [_named(one, where) for one, where in _entries(content, key, path)]
    return tidy


def _entries(content: Mapping, key: str, path: Path) -> list[tuple[dict[str, Any], str]]:
    entries = content[key]
    if not isinstance(entries, list):
        raise InputError(f"{path}: {key} is {str(entries)[:40]!r}; expected a list")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise InputError(
                f"{path}: {key}, entry {number} is {str(entry)[:40]!r}; expected an object with "
                f"COCO's fields"
            )
    return [(entry, f"{path}: {key}, entry {n}") for n, entry in enumerate(entries, start=1)]


def _image(entry: dict[str, Any], where: str) -> dict[str, Any]:
    name = _stated(entry, "file_name", where)
    if not isinstance(name, str) or not name:
        raise InputError(f"{where}: file_name is {str(name)[:40]!r}; expected a file's name")
    numbers = {key: _whole(entry, key, where) for key in ("id", "width", "height")}
    sides = numbers["width"], numbers["height"]
    if not 0 < min(sides) <= max(sides) <= _LARGEST_SIDE_PX or sides[0] * sides[1] > _LARGEST_PX:
        raise InputError(
            f"{where}: is {sides[0]} x {sides[1]} px; expected 1 x 1 to {_LARGEST_PX:,} pixels"
        )
    if "license" in entry:  # an image without a known one may be used; its terms are unknown
        numbers["license"] = _whole_or(entry["license"], -1)
    return _with(entry, numbers)


def _annotation(entry: dict[str, Any], where: str) -> dict[str, Any]:
    if "segments_info" in entry:
        raise InputError(
            f"{where}: has segments_info, as COCO's panoptic files have; expected a file of "
            f"instances, such as instances_val2017.json, with a segmentation for every object"
        )
    numbers = {key: _whole(entry, key, where) for key in ("id", "image_id")}
    if "category_id" in entry:
        numbers["category_id"] = _whole_or(entry["category_id"], -1)
    return _with(entry, numbers)


def _named(entry: dict[str, Any], where: str) -> dict[str, Any]:
    name = _stated(entry, "name", where)
    if isinstance(name, int | float):
        name = str(name)
    if not isinstance(name, str) or not name:
        name = UNKNOWN
    return _with(entry, {"id": _whole(entry, "id", where), "name": name})


def _stated(entry: dict[str, Any], key: str, where: str) -> object:
    if key not in entry:
        raise InputError(f"{where}: an entry lacks {key!r}; expected COCO's fields")
    return entry[key]


def _whole(entry: dict[str, Any], key: str, where: str) -> int:
    value = _stated(entry, key, where)
    number = _whole_or(value, None)
    if number is None:
        raise InputError(f"{where}: {key} is {str(value)[:40]!r}; expected a whole number")
    return number


def _whole_or(value: object, otherwise: Any) -> Any:
    """Return a whole number that may be written as text or with a decimal point."""
    if isinstance(value, str):
        value = int(value) if len(value) < 20 and value.isascii() and value.isdigit() else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if type(value) is not int or not -_LARGEST_ID <= value <= _LARGEST_ID:
        return otherwise
    return value


def _with(entry: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with values, the same where it has them already."""
    same = all(type(entry[key]) is type(value) and entry[key] == value
               for key, value in values.items())  # fmt: skip
    return entry if same else {**entry, **values}
