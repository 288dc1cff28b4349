"""The content of a COCO annotation file, as the many tools that write such files leave it.

In comes what the JSON holds; out comes the same with the types that COCO has: whole numbers for
ids and sizes, which some tools write as text or as 480.0, and text for names. An entry that cannot
be used is left out, and named.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stimuli.support.errors import InputError

_LARGEST_ID = 2**63 - 1
_LARGEST_SIDE_PX = 2**16
_LARGEST_PX = 178_000_000  # as pictures may have
UNKNOWN = "unknown"
ORIGINAL_NAME = "original_file_name"  # of an image in a study: what the file was called before


@dataclass(frozen=True)
class LeftOut:
    """What is left out: a photograph, an object, or an entry of an annotation file.

    Attributes
    ----------
    photograph
        Its file name; empty where it is not known.
    annotation_id
        Of the object; None where a whole photograph or an entry is left out.
    because
        Why.
    """

    photograph: str
    annotation_id: int | None
    because: str

    def __str__(self) -> str:
        of_object = "" if self.annotation_id is None else f"annotation {self.annotation_id}"
        named = ", ".join(filter(None, (self.photograph, of_object)))
        because = self.because.removeprefix(f"{of_object}: ") if of_object else self.because
        return f"{named}: {because}" if named else because


def tidy_content(content: object, path: Path) -> tuple[dict[str, Any], tuple[LeftOut, ...]]:
    """Return the content of an annotation file with COCO's types, and what of it is left out.

    What is right stays as it is. Ids that are no whole numbers get one; so do annotations without
    an id, and the later ones of those that share an id. Sizes that are not stated are absent.

    Raises
    ------
    InputError
        If it is not COCO's instances, or no photograph is left; errors name `path`.
    """
    if not isinstance(content, dict) or not {"images", "annotations"} <= content.keys():
        raise InputError(f"{path}: not a COCO annotation file; expected `images` and `annotations`")
    left_out: list[LeftOut] = []
    tidy = {key: one for key, one in content.items() if key not in ("licenses", "categories")}
    numbers = {}
    for key in ("licenses", "categories"):
        if content.get(key) is not None:
            entries = list(_entries(content, key, path, left_out))
            numbers[key] = _numbers(entry.get("id") for entry, _ in entries)
            named = (_named(entry, where, numbers[key]) for entry, where in entries)
            tidy[key] = _kept(named, left_out)
    entries = list(_entries(content, "images", path, left_out))
    images = _numbers(entry.get("id") for entry, _ in entries)
    found = _kept((_image(one, where, images, numbers) for one, where in entries), left_out)
    tidy["images"] = _each_once(found, left_out)
    if content["images"] and not tidy["images"]:
        raise InputError(f"{path}: none of its images can be used: {left_out[-1]}")
    names = {entry["id"]: entry["file_name"] for entry in tidy["images"]}
    entries = list(_entries(content, "annotations", path, left_out))
    tidy["annotations"] = _annotations(entries, images, names, numbers.get("categories", {}),
                                       left_out)  # fmt: skip
    return tidy, tuple(left_out)


def _entries(
    content: Mapping, key: str, path: Path, left_out: list[LeftOut]
) -> Iterator[tuple[dict[str, Any], str]]:
    entries = content[key]
    if not isinstance(entries, list):
        raise InputError(f"{path}: {key} is {str(entries)[:40]!r}; expected a list")
    for number, entry in enumerate(entries, start=1):
        where = f"{key}, entry {number}"
        if isinstance(entry, dict):
            yield entry, where
        else:
            because = f"{where} is {str(entry)[:40]!r}; expected an object with COCO's fields"
            left_out.append(LeftOut("", None, because))


def _kept(
    found: Iterable[dict[str, Any] | LeftOut], left_out: list[LeftOut]
) -> list[dict[str, Any]]:
    kept = []
    for one in found:
        if isinstance(one, LeftOut):
            left_out.append(one)
        else:
            kept.append(one)
    return kept


def _numbers(stated: Iterable[object]) -> dict[int | str, int]:
    """Return a whole number for each id that entries state, whole numbers for themselves."""
    keys = dict.fromkeys(key for key in map(_key, stated) if key is not None)
    numbers: dict[int | str, int] = {key: key for key in keys if isinstance(key, int)}
    following = max(0, max(numbers.values(), default=0))
    for key in keys:
        if isinstance(key, str):
            following += 1
            numbers[key] = following
    return numbers


def _key(value: object) -> int | str | None:
    """Return what an id says: a whole number, however it is written, or a text; else nothing."""
    number = _whole_or(value, None)
    if number is None and isinstance(value, str) and value.strip():
        return value
    return number


def _number_of(value: object, numbers: Mapping[int | str, int], otherwise: Any) -> Any:
    key = _key(value)
    return otherwise if key is None else numbers.get(key, otherwise)


def _image(
    entry: dict[str, Any],
    where: str,
    ids: Mapping[int | str, int],
    numbers: Mapping[str, Mapping[int | str, int]],
) -> dict[str, Any] | LeftOut:
    name = entry.get("file_name")
    if not isinstance(name, str) or not name.strip():
        stated = f"file_name is {str(name)[:40]!r}" if "file_name" in entry else "lacks 'file_name'"
        return LeftOut("", None, f"{where}: {stated}; expected a file's name")
    number = _number_of(entry.get("id"), ids, None)
    if number is None:
        stated = str(entry.get("id"))[:40]
        return LeftOut(name, None, f"{where}: id is {stated!r}; expected a whole number")
    values: dict[str, Any] = {"id": number}
    sides = [_whole_or(entry.get(key), 0) for key in ("width", "height")]
    if max(sides) > _LARGEST_SIDE_PX or sides[0] * sides[1] > _LARGEST_PX:
        because = f"is {sides[0]} x {sides[1]} px; expected 1 x 1 to {_LARGEST_PX:,} pixels"
        return LeftOut(name, None, f"{where}: {because}")
    if "license" in entry:  # an image without a known one may be used; its terms are unknown
        values["license"] = _number_of(entry["license"], numbers.get("licenses", {}), -1)
    if min(sides) > 0:
        return _with(entry, {**values, "width": sides[0], "height": sides[1]})
    return _with({key: one for key, one in entry.items() if key not in ("width", "height")}, values)


def _each_once(entries: list[dict[str, Any]], left_out: list[LeftOut]) -> list[dict[str, Any]]:
    """Return images without those whose id another image has; the same one twice is one."""
    by_id: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        by_id.setdefault(entry["id"], []).append(entry)
    kept = []
    for number, same in by_id.items():
        names = sorted({entry["file_name"] for entry in same})
        if len(names) == 1:
            kept.append(same[0])
            continue
        because = f"its image id {number} is that of {len(names)} images; expected unique ids"
        left_out += [LeftOut(name, None, because) for name in names]
    return kept


def _annotations(
    entries: Iterable[tuple[dict[str, Any], str]],
    images: Mapping[int | str, int],
    names: Mapping[int, str],
    categories: Mapping[int | str, int],
    left_out: list[LeftOut],
) -> list[dict[str, Any]]:
    """Return annotations of images that are there, each with an id of its own."""
    entries = list(entries)
    ids = _numbers(entry.get("id") for entry, _ in entries)
    following = max(0, max(ids.values(), default=0))
    kept: dict[int, dict[str, Any]] = {}
    for entry, where in entries:
        image_id = _number_of(entry.get("image_id"), images, None)
        number = _number_of(entry.get("id"), ids, None)
        if image_id not in names:
            stated = str(entry.get("image_id"))[:40]
            because = f"{where}: names image {stated}, which is not in the file"
            left_out.append(LeftOut("", number, because))
            continue
        values = {"image_id": image_id}
        if "category_id" in entry:
            values["category_id"] = _number_of(entry["category_id"], categories, -1)
        if number in kept and kept[number] == _with(entry, {**values, "id": number}):
            left_out.append(LeftOut(names[image_id], number, f"{where}: is there twice"))
            continue
        if number is None or number in kept:
            following += 1
            number = following
        kept[number] = _with(entry, {**values, "id": number})
    return _with_crowds(list(kept.values()))


def _with_crowds(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return annotations whose ``iscrowd`` says whether they are crowds, where it is stated.

    CVAT and Datumaro, whose entries have ``attributes``, write 1 for every mask, which there says
    how it is coded.
    """

    def is_crowd(entry: dict[str, Any]) -> bool:
        stated = entry["iscrowd"]
        flag = stated if isinstance(stated, bool) else _whole_or(stated, 0)
        return bool(flag) and "attributes" not in entry

    return [
        _with(entry, {"iscrowd": int(is_crowd(entry))}) if "iscrowd" in entry else entry
        for entry in entries
    ]


def _named(
    entry: dict[str, Any], where: str, ids: Mapping[int | str, int]
) -> dict[str, Any] | LeftOut:
    name, number = entry.get("name"), _number_of(entry.get("id"), ids, None)
    if number is None:
        stated = str(entry.get("id"))[:40]
        return LeftOut("", None, f"{where}: id is {stated!r}; expected a whole number")
    if isinstance(name, int | float):
        name = str(name)
    if not isinstance(name, str) or not name:
        name = UNKNOWN
    return _with(entry, {"id": number, "name": name})


def _whole_or(value: object, otherwise: Any) -> Any:
    """Return a whole number that may be written as text or with a decimal point."""
    if isinstance(value, str):
        whole = value.removesuffix(".0")
        value = int(whole) if len(whole) < 20 and whole.isascii() and whole.isdigit() else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if type(value) is not int or not -_LARGEST_ID <= value <= _LARGEST_ID:
        return otherwise
    return value


def _with(entry: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with values, the same where it has them already."""
    same = all(
        key in entry and type(entry[key]) is type(value) and entry[key] == value
        for key, value in values.items()
    )
    return entry if same else {**entry, **values}
