"""What an annotation file is: COCO's instances, LabelMe's or Label Studio's own JSON, or another.

In comes what a file holds; out comes the content of a COCO annotation file. Of what is not read the
error says what it is and which export is wanted.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stimuli.contract.label_studio import from_label_studio
from stimuli.contract.labelme import from_labelme
from stimuli.support.errors import InputError
from stimuli.support.files import read_json

_WANTED = "expected COCO's instances, with a segmentation for every object"
_COCO = {
    "segments_info": "segments_info, as COCO's panoptic files have; expected a file of instances, "
    "such as instances_val2017.json, with a segmentation for every object",
    "caption": "captions and no outlines; expected the file of instances of the same photographs, "
    "such as instances_val2017.json",
    "keypoints": "keypoints and no outlines; expected the file of instances of the same "
    "photographs, such as instances_val2017.json",
    "bbox": "boxes and no outlines; export polygons or masks, or ask for the boxes themselves with "
    "--boxes",
}


def read_coco_content(path: str | Path) -> object:
    """Return the content of a COCO annotation file, from a file of any tool that is read.

    Parameters
    ----------
    path
        A JSON file, or a folder of LabelMe's JSON files.

    Raises
    ------
    InputError
        If it is absent, not JSON, or of a tool or of a kind that is not read.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if not files:
            raise InputError(
                f"{path}: is a folder without JSON files; expected a COCO annotation file, or a "
                f"folder of LabelMe's JSON files"
            )
        contents = {one: read_json(one) for one in files}
        return from_labelme({one: c for one, c in contents.items() if _is_labelme(c)}, path)
    if path.is_file():
        _check_is_json(path)
    return coco_content(read_json(path), path)


def coco_content(content: object, path: Path) -> object:
    """Return what a JSON file holds in COCO's form; what is in that form stays as it is.

    Raises
    ------
    InputError
        If it is of a tool or of a kind that is not read.
    """
    if _is_labelme(content):
        return from_labelme({path: content}, path)
    if isinstance(content, list):
        if _each_has(content, "data") and any("annotations" in one for one in content):
            return from_label_studio(content, path)
        raise InputError(f"{path}: {_list_in_words(content)}; {_WANTED}")
    if isinstance(content, dict) and not {"images", "annotations"} <= content.keys():
        raise InputError(f"{path}: {_in_words(content)}")
    if isinstance(content, dict) and isinstance(content["annotations"], list):
        _check_outlines(content["annotations"], path)
    return content


def _is_labelme(content: object) -> bool:
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def _each_has(entries: Sequence[Any], *keys: str) -> bool:
    return bool(entries) and all(isinstance(one, dict) and set(keys) <= one.keys()
                                 for one in entries)  # fmt: skip


def _check_outlines(annotations: Sequence[Any], path: Path) -> None:
    """Raise InputError if no annotation has an outline, and all have something else in its place.

    Panoptic files are refused by their first entry.
    """
    entries = [one for one in annotations if isinstance(one, dict)]
    outlined = any(one.get("segmentation") for one in entries)
    for key, words in _COCO.items():
        if key == "segments_info" and any(key in one for one in entries):
            raise InputError(f"{path}: has {words}")
        if not outlined and key != "bbox" and _each_has(entries, key):
            raise InputError(f"{path}: has {words}")


def boxes_alone(annotations: Sequence[dict[str, Any]]) -> str:
    """Return what is wrong with annotations that all have a box and none an outline; or nothing."""
    outlined = any(one.get("segmentation") for one in annotations)
    return f"has {_COCO['bbox']}" if not outlined and _each_has(annotations, "bbox") else ""


def _list_in_words(entries: Sequence[Any]) -> str:
    if _each_has(entries, "image_id", "score"):
        return "is a list of results, which detectors write to be scored"
    if _each_has(entries, "image_id", "category_id"):
        return "is a list of annotations alone, without their `images`"
    if _each_has(entries, "image") and any("label" in one for one in entries):
        return "seems to be Label Studio's JSON-MIN; export JSON or COCO there"
    if _each_has(entries, "data"):
        return "seems to be Label Studio's tasks, which nobody annotated"
    if _each_has(entries, "data_row"):
        return "seems to be Labelbox's; convert it to COCO there"
    return f"is a list of {len(entries)} entries and not a COCO annotation file"


def _in_words(content: dict[str, Any]) -> str:
    kinds = {
        "_via_img_metadata": "is a project of the VGG Image Annotator; export annotations in COCO "
        "format there",
        "items": "seems to be Datumaro's; convert it to COCO there",
        "imgHeight": "seems to be of Cityscapes; convert it to COCO",
        "objects": "seems to be Supervisely's; export COCO there",
        "data": "seems to be a task of Label Studio; export all tasks as JSON or COCO there",
    }
    for key, words in kinds.items():
        if key in content:
            return f"{words}; {_WANTED}"
    if content and all(isinstance(one, dict) and "regions" in one for one in content.values()):
        return f"{kinds['_via_img_metadata']}; {_WANTED}"
    return "not a COCO annotation file; expected `images` and `annotations`"


def _check_is_json(path: Path) -> None:
    """Raise InputError if a file is XML, a ZIP archive or plain text, by its first bytes."""
    with open(path, "rb") as file:
        start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK"):
        raise InputError(f"{path}: is a ZIP archive; expected the JSON file in it; unpack it first")
    if not start.startswith(b"<"):
        return
    if b"<annotations" in start:
        raise InputError(
            f'{path}: is the XML of CVAT; expected COCO: choose "COCO 1.0" when you export there'
        )
    if b"<annotation" in start and b"<polygon" in start:
        raise InputError(
            f"{path}: is LabelMe's XML, as its old web page and CVAT write it; {_WANTED}; export "
            f"COCO instead"
        )
    if b"<annotation" in start:
        raise InputError(
            f"{path}: is the XML of Pascal VOC, which has boxes; {_WANTED}; export COCO instead"
        )
    raise InputError(f"{path}: is HTML or XML; {_WANTED}, as JSON")
