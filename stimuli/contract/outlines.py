"""Outlines of objects as COCO states them: polygons and both kinds of run-length code, to masks.

pycocotools decodes them in C, which trusts what it is given: a corner a million pixels away takes
all memory, and run lengths that do not fit the picture are written beside it. So all is checked
before.
"""

from typing import Any

import numpy as np
from PIL import Image

from stimuli.support.errors import InputError

UNREAD = "not_read_because"  # of an entry that has no outline: why, in words
_LONGEST_PX = 10_000_000  # of all outlines of an object together; a coastline is shorter


def decode(
    annotation: dict,
    height: int,
    width: int,
    where: str = "annotation",
    *,
    at: tuple[int, int] | None = None,
) -> np.ndarray:
    """Return one annotation as a ``(height, width)`` boolean mask, or at another size.

    `annotation` is a COCO entry whose ``segmentation`` is a list of polygons, a single polygon, a
    run-length code with a list of counts (``iscrowd``), or one with a compressed string. `at` is
    the height and width of the mask, by default those of the picture; polygons are scaled to it
    before they are filled, which takes no more time and memory than the smaller mask.

    Raises
    ------
    InputError
        If the segmentation is missing, malformed or of another image size.

    Examples
    --------
    >>> from stimuli import decode
    >>> square = {"id": 1, "segmentation": [[2, 2, 6, 2, 6, 6, 2, 6]]}
    >>> int(decode(square, height=8, width=8).sum())
    16
    """
    from pycocotools import mask as coco

    label = f"{where}: annotation {annotation.get('id')}"
    segmentation = annotation.get("segmentation")
    rows, columns = at or (height, width)
    if isinstance(segmentation, list) and segmentation:
        if all(map(_is_number, segmentation)):
            segmentation = [segmentation]  # one polygon, a list too few around it
        _check_polygons(segmentation, height, width, label)
        if (rows, columns) != (height, width):
            scale = np.array([columns / width, rows / height])
            segmentation = [(np.reshape(one, (-1, 2)) * scale).ravel().tolist()
                            for one in segmentation]  # fmt: skip
        runs = coco.frPyObjects(segmentation, rows, columns)
    elif isinstance(segmentation, dict) and {"counts", "size"} <= segmentation.keys():
        runs = [_checked_runs(segmentation, height, width, label)]
    elif annotation.get(UNREAD):
        raise InputError(f"{label}: {annotation[UNREAD]}")
    else:
        raise InputError(f"{label}: has no segmentation; expected polygons or a run-length code")
    mask = coco.decode(runs).any(axis=2)
    return mask if mask.shape == (rows, columns) else _reduced(mask, rows, columns)


def _reduced(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return a mask at another size; a pixel is inside where at least half of it is."""
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(picture.resize((columns, rows), Image.Resampling.BOX)) >= 128


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _is_whole(value: object) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _check_polygons(polygons: list, height: int, width: int, label: str) -> None:
    length, far = 0.0, 2 * max(height, width)
    for polygon in polygons:
        if not isinstance(polygon, list) or not all(map(_is_number, polygon)):
            raise InputError(
                f"{label}: a polygon is {str(polygon)[:40]}; expected a list of numbers, x, y pairs"
            )
        if len(polygon) < 6 or len(polygon) % 2 or any(one != one for one in polygon):
            raise InputError(
                f"{label}: a polygon has {len(polygon)} numbers; "
                f"expected x, y pairs of at least three corners"
            )
        if (corner := max(polygon, key=abs)) > far or corner < -far:
            raise InputError(
                f"{label}: a corner lies at {str(corner)[:20]}; expected corners in the picture "
                f"of {width} x {height} px"
            )
        corners = np.asarray(polygon, dtype=float).reshape(-1, 2)
        length += float(np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1).sum())
    if length > _LONGEST_PX:
        raise InputError(
            f"{label}: its outline is {length:.0f} px long; expected at most {_LONGEST_PX}"
        )


def _checked_runs(code: dict[str, Any], height: int, width: int, label: str) -> dict[str, Any]:
    """Return a run-length code as pycocotools takes it, once its runs fill the picture."""
    from pycocotools import mask as coco

    if code["size"] != [height, width]:
        raise InputError(
            f"{label}: run-length code of size {str(code['size'])[:40]}; "
            f"expected the image's [height, width] = {[height, width]}"
        )
    counts, size = code["counts"], [height, width]
    if isinstance(counts, list):
        if not all(map(_is_whole, counts)):
            raise InputError(f"{label}: a run length is no whole number; expected pixels")
        counts = [int(one) for one in counts]
        lengths = counts
    else:
        lengths = _run_lengths(counts, label)
    if odd := [one for one in lengths if not 0 <= one <= height * width]:
        raise InputError(
            f"{label}: a run length is {str(odd[0])[:20]}; expected 0 to {height * width} pixels"
        )
    if sum(lengths) != height * width:
        raise InputError(
            f"{label}: run lengths sum to {sum(lengths)}; expected {height * width} pixels"
        )
    if counts is lengths:
        return coco.frPyObjects({"size": size, "counts": counts}, height, width)
    return {"size": size, "counts": counts}


def _run_lengths(text: object, label: str) -> list[int]:
    """Return the run lengths that COCO's compressed string stands for.

    Five bits a character from the lowest on; the sixth says that more follow. From the fourth run
    on, a number is the difference from the run before the last.
    """
    if not isinstance(text, str) or not all("0" <= one <= "o" for one in text):
        raise InputError(
            f"{label}: run-length code {str(text)[:40]!r}; expected run lengths as a list, or "
            f"COCO's compressed text"
        )
    lengths: list[int] = []
    number = shift = 0
    for code in text.encode("ascii"):
        bits = code - 48
        number |= (bits & 0x1F) << shift
        shift += 5
        if shift > 35:
            raise InputError(f"{label}: a run length is too large; expected a whole code")
        if not bits & 0x20:
            if bits & 0x10:
                number -= 1 << shift
            lengths.append(number + (lengths[-2] if len(lengths) > 2 else 0))
            number = shift = 0
    if shift:
        raise InputError(f"{label}: its run-length code ends within a number; is it complete?")
    return lengths
