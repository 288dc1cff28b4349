"""Fetch photographs of COCO 2017 and their annotations: ``python -m manipulation.fetch_coco``."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import track

from manipulation import downloads
from manipulation.coco_archive import ARCHIVE, instances_file
from stimuli import commands
from stimuli.errors import InputError
from stimuli.files import read_image, read_json, sha256, write_json, write_text
from stimuli.masks import Annotations, read_annotations
from stimuli.provenance import write_sidecar

MODULE = "manipulation.fetch_coco"
URL = "http://images.cocodataset.org"
CHECKSUMS = "SHA256SUMS"
DESCRIPTION = f"""\
Fetch photographs of COCO 2017 by their ids, with the annotations of their
objects, for manipulation.generate.

OUT/images/         the photographs
OUT/instances.json  their excerpt of COCO's annotations, licences included
OUT/annotations/    COCO's annotations of the split, whole; may be deleted
OUT/{CHECKSUMS}      SHA-256 of every file, which sha256sum -c reads too

A later run adds to them. What is there and has the checksum is not fetched
again; what was stopped goes on. To give others the same photographs, give them
{CHECKSUMS}: in their OUT, it makes sure that they get the same bytes.

Of the annotations' archive (253 MB) only the part of the split is fetched, if
the server sends byte ranges. Without internet, put {ARCHIVE.name}
into OUT/annotations and the photographs into OUT/images by hand."""
EXAMPLE = f"python -m {MODULE} --ids 139 285 632 --out coco"

console = Console(stderr=True, soft_wrap=True, highlight=False)


@dataclass(frozen=True)
class _Place:
    """The folder that is filled, and the server that fills it."""

    out: Path
    url: str

    def by_hand(self, file: str, folder: str) -> str:
        return f"pass --url of a mirror, or put {file} into {self.out / folder} by hand"


def main(argv: Sequence[str] | None = None) -> None:
    """Fetch the annotations, then the photographs, then write the excerpt."""
    arguments = _arguments(argv)
    ids = _wanted(arguments)
    place = _Place(arguments.out, _checked_url(arguments.url))
    for stale in place.out.rglob(".writing-*"):  # of a run that was killed
        stale.unlink()
    checksums = _read_checksums(place.out / CHECKSUMS)
    content = _excerpt(place, arguments.split, ids, checksums)
    entries = content["images"]
    fetched = 0
    for entry in track(
        entries, f"Fetching {len(entries)} photographs", console=console, transient=True,
        disable=not console.is_terminal,
    ):  # fmt: skip
        fetched += _photograph(place, entry, checksums)
    excerpt = place.out / "instances.json"
    write_json(excerpt, content)
    checksums[excerpt.name] = sha256(excerpt)
    _write_checksums(place.out / CHECKSUMS, checksums)
    write_sidecar(
        place.out / "fetch_coco.provenance.json",
        command=MODULE,
        settings={"split": arguments.split, "url": place.url, "ids": ids},
        outputs=[excerpt, *(place.out / "images" / entry["file_name"] for entry in entries)],
        root=place.out,
    )
    _print_summary(place, read_annotations(excerpt), fetched)


def _excerpt(
    place: _Place, split: str, ids: Sequence[int], checksums: Mapping[str, str]
) -> dict[str, list]:
    """Return COCO's annotations of the images wanted, and of those that are there from before.

    Raises
    ------
    InputError
        If the split does not have an id.
    """
    path = place.out / "instances.json"
    before, held = {"images": [], "annotations": []}, set()
    if path.exists():
        held = set(read_annotations(path).images)
        before = read_json(path)
        if held.issuperset(ids) and checksums.get(path.name) == sha256(path):
            return before
    archive = f"{ARCHIVE.name} or instances_{split}.json"
    content = read_json(
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


def _check_ids(ids: Sequence[int], known: Set[int], split: str) -> None:
    unknown = [image_id for image_id in ids if image_id not in known]
    if unknown:
        close = sorted(known, key=lambda one: (abs(one - unknown[0]), one))[:3]
        more = f" and {len(unknown) - 1} more of the ids" if len(unknown) > 1 else ""
        raise InputError(
            f"{split} has no image {unknown[0]}{more}; the nearest of its {len(known)} ids are "
            f"{', '.join(map(str, close))}; is it an image of another --split?"
        )


def _photograph(place: _Place, entry: dict, checksums: dict[str, str]) -> bool:
    """Make sure that a photograph is there and right; return whether it was fetched."""
    name = f"images/{entry['file_name']}"
    path = place.out / name
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


def _wanted(arguments: argparse.Namespace) -> list[int]:
    """Return the ids of the command line or the file, each once, in order."""
    if arguments.ids_file is None:
        words = [("--ids", word) for word in arguments.ids]
    else:
        lines = arguments.ids_file.read_text(encoding="utf-8").splitlines()
        words = [
            (f"{arguments.ids_file}, line {number}", word)
            for number, line in enumerate(lines, start=1)
            for word in line.partition("#")[0].replace(",", " ").split()
        ]
    ids = {}
    for where, word in words:
        digits = word.removesuffix(".jpg")
        if not (digits.isascii() and digits.isdigit()):
            raise InputError(f"{where}: {word!r}; expected image ids, such as 139 or 000000000139")
        ids[int(digits)] = None
    if not ids:
        raise InputError(f"{arguments.ids_file}: holds no image id; expected at least one")
    return list(ids)


def _checked_url(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise InputError(f"--url is {url!r}; expected an address such as {URL}")
    return url.rstrip("/")


def _print_summary(place: _Place, annotations: Annotations, fetched: int) -> None:
    images, objects = len(annotations.images), len(annotations.by_id)
    console.print(
        f"{place.out} holds {images} photographs with {objects} objects; "
        f"{fetched} were fetched now."
    )
    terms = Counter(
        annotations.licences.get(entry.get("license"), "unknown")
        for entry in annotations.images.values()
    )
    for licence, count in terms.most_common():
        console.print(f"  {count} under {licence}")
    console.print("Next:")
    console.print(
        f"  python -m manipulation.generate --study my-study --coco {place.out / 'images'} "
        f"{annotations.path}",
        style="bold",
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--ids", nargs="+", metavar="ID", help="image ids, such as 139")
    wanted.add_argument(
        "--ids-file", type=commands.existing_file, metavar="FILE",
        help="text file of image ids; # begins a remark",
    )  # fmt: skip
    parser.add_argument("--out", required=True, type=Path, help="folder that is filled")
    parser.add_argument(
        "--split", choices=("val2017", "train2017"), default="val2017", help="part of COCO "
        "(default: val2017; the annotations of train2017 need several GB of memory)",
    )  # fmt: skip
    parser.add_argument("--url", default=URL, help=f"where from (default: {URL})")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
