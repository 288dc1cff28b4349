"""Object masks from COCO annotations: those of an image, and their unions.

In comes a COCO annotation file; out come ``(height, width)`` boolean masks in the pixels of the
annotated photograph. `stimuli.contract.outlines` decodes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from stimuli.contract.annotation_tools import coco_content, read_coco_content
from stimuli.contract.coco_file import LeftOut, tidy_content
from stimuli.contract.outlines import decode
from stimuli.support.errors import InputError

_KEPT_BYTES = 64_000_000  # of masks that are decoded


@dataclass(frozen=True)
class Annotations:
    """A COCO annotation file, indexed.

    Attributes
    ----------
    path
        Where it was read from; errors name it.
    images
        COCO image entries by image id.
    by_id
        COCO annotation entries by annotation id.
    categories
        Category names by category id.
    licences
        ``name (url)`` by licence id.
    common
        What the file says of all images: ``info``, ``licenses`` and ``categories`` as they stand.
    left_out
        Entries of the file that cannot be used.
    """

    path: Path
    images: dict[int, dict]
    by_id: dict[int, dict]
    categories: dict[int, str]
    licences: dict[int, str]
    common: dict[str, Any]
    left_out: tuple[LeftOut, ...] = ()

    def image(self, image_id: int) -> dict:
        """Return the entry of an image, or raise InputError."""
        if image_id not in self.images:
            raise InputError(f"{self.path}: has no image {image_id}; it has {len(self.images)}")
        return self.images[image_id]

    def size(self, image_id: int) -> tuple[int, int]:
        """Return height and width of an image.

        Raises
        ------
        InputError
            If there is no such image, or the file does not state its size.
        """
        entry = self.image(image_id)
        if "height" not in entry:
            raise InputError(
                f"{self.path}: states no size of image {image_id}, {entry['file_name']}; expected "
                f"its width and height in pixels"
            )
        return entry["height"], entry["width"]

    def of_image(self, image_id: int) -> list[dict]:
        """Return the annotations of an image in the order of their ids."""
        return self._by_image.get(image_id, [])

    @cached_property
    def _by_image(self) -> dict[int, list[dict]]:
        found: dict[int, list[dict]] = {}
        for entry in sorted(self.by_id.values(), key=lambda entry: entry["id"]):
            found.setdefault(entry["image_id"], []).append(entry)
        return found

    def licence(self, image_id: int) -> str:
        """Return the terms of an image and where it comes from; ``unknown`` without a licence.

        The licence's name and address, then what attribution needs, as far as the file has it: the
        title, the credit or author, and the photograph's page or file on Flickr or else at COCO.
        """
        entry = self.image(image_id)
        terms = [self.licences.get(entry.get("license", -1), "unknown")]
        if entry.get("title"):
            terms.append(f"title: {entry['title']}")
        if credit := entry.get("credit") or entry.get("author"):
            terms.append(f"credit: {credit}")
        if address := entry.get("flickr_url") or entry.get("coco_url"):
            terms.append(f"photograph: {address}")
        return " ".join("; ".join(terms).split())

    def mask(self, image_id: int, annotation_ids: Sequence[int]) -> np.ndarray:
        """Return the union of annotations of one image as a ``(height, width)`` boolean mask.

        Raises
        ------
        InputError
            If an annotation is not in the file, belongs to another image, cannot be decoded, or
            the union is empty.
        """
        return ObjectMasks(self, image_id).union(annotation_ids)


class ObjectMasks:
    """The annotated objects of one image; each annotation is decoded once, when first needed.

    Parameters
    ----------
    annotations
        That describe the image.
    image_id
        Of the image.
    enough_px
        Shorter side that masks may be decoded at, where the image's is at least twice that: a
        photograph of 10,000 px then takes a few megabytes a mask, not a hundred. By default masks
        have the size of the image.

    Attributes
    ----------
    size
        Height and width of the masks.

    Raises
    ------
    InputError
        If there is no such image, or its size is not stated.
    """

    def __init__(
        self, annotations: Annotations, image_id: int, enough_px: int | None = None
    ) -> None:
        self.full_size = annotations.size(image_id)
        self.annotations, self.image_id, self.enough_px = annotations, image_id, enough_px
        factor = max(1, min(self.full_size) // enough_px) if enough_px else 1
        self.size = (round(self.full_size[0] / factor), round(self.full_size[1] / factor))
        self._decoded: dict[int, np.ndarray] = {}

    def union(self, annotation_ids: Sequence[int]) -> np.ndarray:
        """Return the union of annotations as a ``(height, width)`` boolean mask.

        Raises
        ------
        InputError
            If an annotation is not in the file, belongs to another image, cannot be decoded, or
            the union is empty.
        """
        union = np.zeros(self.size, dtype=bool)
        for annotation_id in annotation_ids:
            union |= self._mask(annotation_id)
        if not union.any():
            raise InputError(
                f"{self.annotations.path}: annotations {list(annotation_ids)} of image "
                f"{self.image_id} cover no pixel; expected an outlined region"
            )
        return union

    def fault(self, annotation_id: int) -> str:
        """Return why an annotation gives no region; nothing where it gives one."""
        try:
            self.union([annotation_id])
        except InputError as error:
            return str(error).removeprefix(f"{self.annotations.path}: ")
        return ""

    def _mask(self, annotation_id: int) -> np.ndarray:
        if annotation_id not in self._decoded:
            path, image_id = self.annotations.path, self.image_id
            entry = self.annotations.by_id.get(annotation_id)
            if entry is None or entry["image_id"] != image_id:
                owner = f"belongs to image {entry['image_id']}" if entry else "is not in the file"
                known = [known["id"] for known in self.annotations.of_image(image_id)]
                raise InputError(
                    f"{path}: annotation {annotation_id} of image {image_id} {owner}; "
                    f"this image has {known}"
                )
            mask = decode(entry, *self.full_size, where=str(path), at=self.size)
            if (len(self._decoded) + 1) * mask.nbytes > _KEPT_BYTES:
                self._decoded.clear()
            self._decoded[annotation_id] = mask
        return self._decoded[annotation_id]


def read_annotations(path: str | Path) -> Annotations:
    """Read a COCO annotation file (instances), or LabelMe's or Label Studio's own JSON.

    Entries that cannot be used are in ``left_out`` of what is returned.

    Parameters
    ----------
    path
        The file, or a folder of LabelMe's files.

    Raises
    ------
    InputError
        If the file is absent, not JSON, of a tool or a kind that is not read, or none of its
        images can be used.

    Examples
    --------
    >>> from stimuli import read_annotations
    >>> annotations = read_annotations("demo-study/stimuli/sources/annotations.json")
    >>> image_id = min(annotations.images)
    >>> first = annotations.of_image(image_id)[0]
    >>> mask = annotations.mask(image_id, [first["id"]])
    >>> mask.shape == (annotations.image(image_id)["height"], annotations.image(image_id)["width"])
    True
    """
    return annotations_of(read_coco_content(path), Path(path))


def annotations_of(content: object, path: Path) -> Annotations:
    """Return the content of a COCO annotation file, indexed; errors name `path`.

    An outline that cannot be read is no error here, but where its mask is asked for.

    Raises
    ------
    InputError
        If it is not COCO's, or none of its images can be used.
    """
    tidy, left_out = tidy_content(coco_content(content, path), path)
    images = {entry["id"]: entry for entry in tidy["images"]}
    by_id = {entry["id"]: entry for entry in tidy["annotations"]}
    categories = {entry["id"]: entry["name"] for entry in tidy.get("categories", [])}
    licences = {
        entry["id"]: f"{entry['name']} ({entry['url']})" if entry.get("url") else entry["name"]
        for entry in tidy.get("licenses", [])
    }
    common: dict[str, Any] = {
        key: tidy[key] for key in ("info", "licenses", "categories") if key in tidy
    }
    return Annotations(path, images, by_id, categories, licences, common, left_out)


def check_size(name: str, pixels: np.ndarray, annotations: Annotations, image_id: int) -> None:
    """Raise InputError unless a photograph has the size that its annotation states, if any."""
    entry, found = annotations.image(image_id), (pixels.shape[0], pixels.shape[1])
    stated = annotations.size(image_id) if "height" in entry else found
    if found != stated:
        raise InputError(
            f"{name}: {size_difference(found, stated, str(annotations.path))}; expected the same "
            f"photograph, image {image_id}"
        )


def size_difference(found: tuple[int, int], stated: tuple[int, int], where: str) -> str:
    """Return in words how a photograph's height and width differ from those that are stated."""
    said = f"is {found[1]} x {found[0]} px; {where} states {stated[1]} x {stated[0]}"
    if found == stated[::-1]:
        return f"{said}, which is turned by 90 degrees: are the masks drawn without its EXIF turn?"
    factors = found[0] / stated[0], found[1] / stated[1]
    if abs(factors[0] - factors[1]) * min(stated) <= 1:  # one row more or less
        verb = "reduced" if factors[0] < 1 else "enlarged"
        return f"{said}: was it {verb} by a factor of {max(factors[0], 1 / factors[0]):.3g}?"
    return said
