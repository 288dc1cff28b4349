"""Object masks from COCO annotations: those of an image, and their unions.

In comes a COCO annotation file; out come ``(height, width)`` boolean masks in the pixels of the
annotated photograph. `stimuli.contract.outlines` decodes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stimuli.contract.coco_file import tidy_content
from stimuli.contract.outlines import decode
from stimuli.support.errors import InputError
from stimuli.support.files import read_json


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
    """

    path: Path
    images: dict[int, dict]
    by_id: dict[int, dict]
    categories: dict[int, str]
    licences: dict[int, str]
    common: dict[str, Any]

    def image(self, image_id: int) -> dict:
        """Return the entry of an image, or raise InputError."""
        if image_id not in self.images:
            raise InputError(f"{self.path}: has no image {image_id}; it has {len(self.images)}")
        return self.images[image_id]

    def of_image(self, image_id: int) -> list[dict]:
        """Return the annotations of an image in the order of their ids."""
        found = (entry for entry in self.by_id.values() if entry["image_id"] == image_id)
        return sorted(found, key=lambda entry: entry["id"])

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

    Raises
    ------
    InputError
        If there is no such image.
    """

    def __init__(self, annotations: Annotations, image_id: int) -> None:
        image = annotations.image(image_id)
        self.annotations, self.image_id = annotations, image_id
        self.size: tuple[int, int] = (image["height"], image["width"])
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
            self._decoded[annotation_id] = decode(entry, *self.size, where=str(path))
        return self._decoded[annotation_id]


def read_annotations(path: str | Path) -> Annotations:
    """Read a COCO annotation file (instances).

    Raises
    ------
    InputError
        If the file is absent, not JSON, not COCO, or an annotation names an image that is not
        there.

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
    return annotations_of(read_json(path), Path(path))


def annotations_of(content: object, path: Path) -> Annotations:
    """Return the content of a COCO annotation file, indexed; errors name `path`.

    An outline that cannot be read is no error here, but where its mask is asked for.

    Raises
    ------
    InputError
        If it is not COCO's, or an annotation names an image that is not there.
    """
    tidy = tidy_content(content, path)
    images = {entry["id"]: entry for entry in tidy["images"]}
    by_id = {entry["id"]: entry for entry in tidy["annotations"]}
    if len(images) < len(tidy["images"]) or len(by_id) < len(tidy["annotations"]):
        raise InputError(f"{path}: an image or annotation id occurs twice; expected unique ids")
    if orphans := [entry["id"] for entry in by_id.values() if entry["image_id"] not in images]:
        raise InputError(
            f"{path}: annotations {orphans[:5]} name images that are not in the file; "
            f"expected every image_id among `images`"
        )
    categories = {entry["id"]: entry["name"] for entry in tidy.get("categories", [])}
    licences = {
        entry["id"]: f"{entry['name']} ({entry['url']})" if entry.get("url") else entry["name"]
        for entry in tidy.get("licenses", [])
    }
    common: dict[str, Any] = {
        key: tidy[key] for key in ("info", "licenses", "categories") if key in tidy
    }
    return Annotations(path, images, by_id, categories, licences, common)


def check_size(name: str, pixels: np.ndarray, annotations: Annotations, image_id: int) -> None:
    """Raise InputError unless a photograph has the size that its annotation states."""
    entry = annotations.image(image_id)
    stated = (entry["height"], entry["width"])
    if pixels.shape[:2] != stated:
        raise InputError(
            f"{name}: is {pixels.shape[1]} x {pixels.shape[0]} px; {annotations.path} states "
            f"{stated[1]} x {stated[0]} for image {image_id}; expected the same photograph"
        )
