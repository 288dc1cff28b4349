"""Photographs of COCO 2017 by their ids, with the annotations of their objects.

A folder is filled: ``images/``, ``instances.json`` (their excerpt of COCO's annotations) and
``SHA256SUMS``. What is there and has the checksum is not fetched again.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from manipulation.downloads import fetching as downloads
from manipulation.downloads.coco_archive import ARCHIVE, instances_file
from stimuli.contract.masks import read_annotations
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import confined, read_image, read_json, sha256, write_json, write_text
from stimuli.support.unfinished import remove_unfinished

URL = "http://images.cocodataset.org"
CHECKSUMS = "SHA256SUMS"
SPLITS = ("val2017", "train2017")

Content = dict[str, list[dict[str, Any]]]  # of an annotation file


@dataclass(frozen=True)
class Fetched:
    """What a folder holds after a call.

    Attributes
    ----------
    instances
        File of the annotations.
    photographs
        Files of all photographs that it is about, in its order.
    fetched
        How many of them came over the network now.
    """

    instances: Path
    photographs: tuple[Path, ...]
    fetched: int


@dataclass(frozen=True)
class _Place:
    """The folder that is filled, and the server that fills it."""

    out: Path
    url: str

    def by_hand(self, file: str, folder: str) -> str:
        return f"pass --url of a mirror, or put {file} into {self.out / folder} by hand"


def fetch_coco_photographs(
    ids: Sequence[int], out: Path, *, split: str = "val2017", url: str = URL
) -> Fetched:
    """Fetch photographs and the annotations of their objects into a folder.

    A later call adds to what is there; one that was stopped goes on.

    Parameters
    ----------
    ids
        Of the images.
    out
        Folder; made if it is not there. Where its ``SHA256SUMS`` knows a file, that is what the
        file must be.
    split
        ``val2017`` or ``train2017``, whose annotations need several GB of memory.
    url
        Address of COCO's server or of a mirror.

    Raises
    ------
    InputError
        If the split does not have an id, the address is none, the server cannot be reached, what
        it sends is not the published file, or the disk is full.

    Examples
    --------
    >>> from manipulation import fetch_coco_photographs
    >>> fetched = fetch_coco_photographs([139, 285], Path("coco"))  # doctest: +SKIP
    """
    place = _Place(out, _checked_url(url))
    remove_unfinished(out)
    checksums = _read_checksums(out / CHECKSUMS)
    content = _excerpt(place, split, ids, checksums)
    entries = content["images"]
    for entry in entries:
        _photograph(place, entry)  # all are checked before anything is fetched
    fetched = 0
    for entry in progress(entries, f"Fetching {len(entries)} photographs"):
        fetched += _fetch_photograph(place, entry, checksums)
    excerpt = out / "instances.json"
    write_json(excerpt, content)
    checksums[excerpt.name] = sha256(excerpt)
    _write_checksums(out / CHECKSUMS, checksums)
    files = (_photograph(place, entry) for entry in entries)
    return Fetched(excerpt, tuple(files), fetched)


def _excerpt(
    place: _Place, split: str, ids: Sequence[int], checksums: Mapping[str, str]
) -> Content:
    """Return COCO's annotations of the images wanted, and of those that are there from before.

    Raises
    ------
    InputError
        If the split does not have an id.
    """
    path = place.out / "instances.json"
    before: Content = {"images": [], "annotations": []}
    held: set[int] = set()
    if path.exists():
        held = set(read_annotations(path).images)
        before = _content(path)
        if held.issuperset(ids) and checksums.get(path.name) == sha256(path):
            return before
    archive = f"{ARCHIVE.name} or instances_{split}.json"
    content = _content(
        instances_file(
            place.out / "annotations", split, place.url, place.by_hand(archive, "annotations")
        )
    )
    known = {entry["id"] for entry in content["images"]}
    _check_ids(ids, known, split)
    chosen = known & held.union(ids)
    kept = {key: content[key] for key in ("info", "licenses", "categories")}
    for key, of in (("images", "id"), ("annotations", "image_id")):
        of_other_splits = [entry for entry in before[key] if entry[of] not in known]
        kept[key] = of_other_splits + [entry for entry in content[key] if entry[of] in chosen]
    return kept


def _content(path: Path) -> Content:
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds no JSON object; expected annotations of COCO")
    return content


def _check_ids(ids: Sequence[int], known: Set[int], split: str) -> None:
    unknown = [image_id for image_id in ids if image_id not in known]
    if unknown:
        close = sorted(known, key=lambda one: (abs(one - unknown[0]), one))[:3]
        more = f" and {len(unknown) - 1} more of the ids" if len(unknown) > 1 else ""
        raise InputError(
            f"{split} has no image {unknown[0]}{more}; the nearest of its {len(known)} ids are "
            f"{', '.join(map(str, close))}; is it an image of another --split?"
        )


def _fetch_photograph(place: _Place, entry: dict, checksums: dict[str, str]) -> bool:
    """Make sure that a photograph is there and right; return whether it was fetched."""
    path = _photograph(place, entry)
    name = path.relative_to(place.out).as_posix()
    recorded = checksums.get(name)
    found = sha256(path) if path.exists() else None
    if found and recorded is None and _fault(path, entry) is None:
        recorded = found  # put there by hand
    fetched = found is None or found != recorded
    if fetched:
        downloads.fetch(
            place.url + urlsplit(entry["coco_url"]).path,
            path,
            by_hand=place.by_hand(path.name, "images"),
            sha256=recorded,
            fault=lambda partial: _fault(partial, entry),
        )
    checksums[name] = sha256(path)
    _write_checksums(place.out / CHECKSUMS, checksums)
    return fetched


def _photograph(place: _Place, entry: dict) -> Path:
    """Return where a photograph goes; a name that leaves its folder is an InputError."""
    where = f"{place.out}, annotations of image {entry['id']}"
    confined(place.out, "images/of", where)
    return confined(place.out / "images", entry["file_name"], where)


def _fault(path: Path, entry: dict) -> str | None:
    """Return what is wrong with a photograph: no picture, a cut one, or one of another size."""
    try:
        height, width = read_image(path).shape[:2]
    except InputError as error:
        return str(error)
    if (height, width) != (entry["height"], entry["width"]):
        return f"{width} x {height} pixels; expected {entry['width']} x {entry['height']}"
    return None


def _read_checksums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each file, by its path below the folder."""
    checksums = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise InputError(
                f"{path}, line {number}: {line!r}; expected 64 hexadecimal digits, two spaces and "
                f"a file, as sha256sum writes them; mend the line or delete it"
            )
        checksums[name] = digest.lower()
    return checksums


def _write_checksums(path: Path, checksums: Mapping[str, str]) -> None:
    write_text(path, "".join(f"{checksums[name]}  {name}\n" for name in sorted(checksums)))


def _checked_url(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise InputError(f"--url is {url!r}; expected an address such as {URL}")
    return url.rstrip("/")
