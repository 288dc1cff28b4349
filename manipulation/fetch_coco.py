"""Fetch photographs of COCO 2017 and their annotations: ``python -m manipulation.fetch_coco``."""

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from manipulation.downloads.coco import CHECKSUMS, SPLITS, URL, fetch_coco_photographs
from manipulation.downloads.coco_archive import ARCHIVE
from stimuli.contract.masks import Annotations, read_annotations
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.errors import InputError, shown
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.fetch_coco"
_LONGEST_ID = 18
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


def main(argv: Sequence[str] | None = None) -> None:
    """Fetch the annotations, then the photographs, then write the excerpt."""
    args = _arguments(argv)
    if args.ids_file is None:
        ids = _numbers(("--ids", word) for word in args.ids)
    else:
        ids = _read_ids(args.ids_file)
    done = fetch_coco_photographs(ids, args.out, split=args.split, url=args.url)
    write_sidecar(
        args.out / "fetch_coco.provenance.json",
        command=MODULE,
        settings={"split": args.split, "url": args.url.rstrip("/"), "ids": ids},
        outputs=[done.instances, *done.photographs],
        root=args.out,
    )
    _print_summary(args.out, read_annotations(done.instances), done.fetched)


def _print_summary(out: Path, annotations: Annotations, fetched: int) -> None:
    console = messages()
    images, objects = len(annotations.images), len(annotations.by_id)
    console.print(
        f"{out} holds {images} photographs with {objects} objects; {fetched} were fetched now."
    )
    terms = Counter(
        annotations.licences.get(entry.get("license", -1), "unknown")
        for entry in annotations.images.values()
    )
    for licence, count in terms.most_common():
        console.print(f"  {count} under {licence}")
    console.print("Next:")
    console.print(
        f"  python -m manipulation.generate --study my-study --coco {out / 'images'} "
        f"{annotations.path}",
        style="bold",
    )


def _read_ids(path: Path) -> list[int]:
    """Return the ids of a text file, where ``#`` begins a remark, each once and in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    ids = _numbers(
        (f"{path}, line {number}", word)
        for number, line in enumerate(lines, start=1)
        for word in line.partition("#")[0].replace(",", " ").split()
    )
    if not ids:
        raise InputError(f"{path}: holds no image id; expected at least one")
    return ids


def _numbers(words: Iterable[tuple[str, str]]) -> list[int]:
    """Return image ids from where they stand and what stands there, each once and in order."""
    ids: dict[int, None] = {}
    for where, word in words:
        digits = word.removesuffix(".jpg")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_ID):
            raise InputError(
                f"{where}: {shown(word)}; expected image ids, such as 139 or 000000000139"
            )
        ids[int(digits)] = None
    return list(ids)


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
        "--split", choices=SPLITS, default="val2017", help="part of COCO "
        "(default: val2017; the annotations of train2017 need several GB of memory)",
    )  # fmt: skip
    parser.add_argument("--url", default=URL, help=f"where from (default: {URL})")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
