"""Regions as COCO's annotation files hold them: exact run-length codes, names as categories.

In go masks and names; out comes the content of an annotation file, which every reader of COCO's
format reads. An entry says in ``made_by`` how its region came about.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stimuli.contract.tool_polygons import run_length_code
from stimuli.support.errors import InputError

UNNAMED = "region"  # category of regions that nobody named
Content = dict[str, Any]
_REMOVED = "removed_annotations"


def image_entry(image_id: int, file_name: str, size: tuple[int, int]) -> Content:
    """Return the entry of a photograph of a height and width."""
    return {"id": image_id, "file_name": file_name, "height": size[0], "width": size[1]}


def with_region(
    content: Mapping[str, Any], image_id: int, mask: np.ndarray, name: str, made_by: str
) -> tuple[Content, int]:
    """Return an annotation file's content with one more region, and the region's id.

    Parameters
    ----------
    content
        What the file holds; it stays as it is.
    mask : ndarray (height, width), bool
        The region, at the size of the photograph.
    name
        Becomes the category; one that is there already is used again.
    made_by
        How the region came about, for whoever reads the file.

    Raises
    ------
    InputError
        If the name is no short text, the region is empty, or the photograph is not in the file or
        has another size.

    Examples
    --------
    >>> import numpy as np
    >>> from stimuli import decode
    >>> mask = np.eye(4, dtype=bool)
    >>> file = {"images": [image_entry(1, "a.png", (4, 4))], "annotations": []}
    >>> content, region = with_region(file, 1, mask, "stripe", "drawn")
    >>> bool((decode(content["annotations"][0], 4, 4) == mask).all()), content["categories"]
    (True, [{'id': 1, 'name': 'stripe'}])
    """
    name = checked_region_name(name)
    sizes = {one["id"]: (one["height"], one["width"]) for one in content["images"]}
    if sizes.get(image_id) != mask.shape:
        raise InputError(
            f"image {image_id} has the size {sizes.get(image_id)} in the annotation file and the "
            f"region {mask.shape}; expected the same (height, width)"
        )
    if not mask.any():
        raise InputError(f"the region {name!r} covers no pixel; expected some of the photograph")
    categories = list(content.get("categories", []))
    category_id = next((one["id"] for one in categories if one["name"] == name), None)
    if category_id is None:
        category_id = max((one["id"] for one in categories), default=0) + 1
        categories.append({"id": category_id, "name": name})
    known = [*content["annotations"], *removed_regions(content)]
    region_id = max((one["id"] for one in known), default=0) + 1
    entry = {
        "id": region_id, "image_id": image_id, "category_id": category_id, "iscrowd": 0,
        **_encoded(mask), "made_by": made_by,
    }  # fmt: skip
    annotations = [*content["annotations"], entry]
    return {**content, "categories": categories, "annotations": annotations}, region_id


def removed_regions(content: Mapping[str, Any]) -> list[Content]:
    """Return the entries that `without_region` took from a file, the last one last."""
    return list(content.get(_REMOVED, []))


def without_region(content: Mapping[str, Any], region_id: int) -> Content:
    """Return an annotation file's content without a region, which `with_region_again` brings back.

    The entry goes from ``annotations`` to ``removed_annotations``, which readers of COCO's format
    do not read; its id is not given to another region.

    Raises
    ------
    InputError
        If there is no such region.

    Examples
    --------
    >>> file = {"images": [image_entry(1, "a.png", (4, 4))], "annotations": [{"id": 7}]}
    >>> without_region(file, 7)["annotations"]
    []
    >>> with_region_again(without_region(file, 7), 7)["annotations"]
    [{'id': 7}]
    """
    stay, entry = _parted(content["annotations"], region_id)
    return {**content, "annotations": stay, _REMOVED: [*removed_regions(content), entry]}


def with_region_again(content: Mapping[str, Any], region_id: int) -> Content:
    """Return an annotation file's content with a region that was removed, as the last one.

    Raises
    ------
    InputError
        If no such region was removed.
    """
    stay, entry = _parted(removed_regions(content), region_id)
    changed = {**content, "annotations": [*content["annotations"], entry], _REMOVED: stay}
    return changed if stay else {key: one for key, one in changed.items() if key != _REMOVED}


def _parted(entries: Sequence[Content], region_id: int) -> tuple[list[Content], Content]:
    """Return the other entries, and the one of an id."""
    found = [one for one in entries if one["id"] == region_id]
    if not found:
        known = ", ".join(str(one["id"]) for one in entries[:5])
        raise InputError(
            f"region {region_id} is not among {known or 'none'}; it may be gone already"
        )
    return [one for one in entries if one["id"] != region_id], found[0]


def checked_region_name(name: str) -> str:
    """Return a region's name without blanks around it.

    Raises
    ------
    InputError
        If it is empty, not printable or longer than 40 characters.
    """
    stripped = name.strip()
    if not stripped or not stripped.isprintable() or len(stripped) > 40:
        raise InputError(
            f"the region's name is {name[:60]!r}; expected 1 to 40 printable characters, such as "
            f"cup"
        )
    return stripped


def _encoded(mask: np.ndarray) -> Content:
    """Return a mask's run-length code, area and box ``[x, y, width, height]``."""
    from pycocotools import mask as coco

    code = run_length_code(mask)
    return {
        "segmentation": code,
        "area": int(mask.sum()),
        "bbox": [float(one) for one in coco.toBbox(code)],
    }
