"""Measure what is usual among objects: ``python -m manipulation.natural_statistics``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from manipulation.naturalness.region_statistics import save_usual_range, usual_range
from manipulation.new_study.candidates import coco_photographs
from manipulation.new_study.object_statistics import object_statistics
from manipulation.runs.arguments import count
from manipulation.runs.left_out import left_out_in_words, missing_in_words
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.natural_statistics"
DESCRIPTION = """\
Measure how the objects of photographs differ from their surround, in luminance,
saturation, redness, warmth, contrast and sharpness, and write the range that
98 % of them have, 1 % beyond either end. Versions of a study are held against it:
manipulation.usual in study.toml names the file. Photographs are cut to squares
first, as in a study; objects that cover less than 0.4 % or more than 25 % of the
square are left out, and so are crowds. At least 200 objects are needed."""
EXAMPLE = f"python -m {MODULE} --images coco/images --annotations coco.json --out usual.json"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the objects of all photographs and write their range."""
    args = _arguments(argv)
    photographs = coco_photographs(args.images, args.annotations)
    left_out = list(photographs.left_out)
    measured = list(object_statistics(photographs, size_px=args.size_px, left_out=left_out))
    for line in (*missing_in_words(photographs.missing, args.images), *left_out_in_words(left_out)):
        messages().print(line, style="yellow", markup=False)
    usual = usual_range(measured)
    save_usual_range(args.out, usual, args.data)
    write_sidecar(
        args.out.with_suffix(".provenance.json"),
        command=MODULE,
        settings={"size_px": args.size_px},
        inputs=[args.annotations],
        outputs=[args.out],
    )
    for name in usual.low:
        print(f"{name}: {usual.low[name]:+.2f} to {usual.high[name]:+.2f}")
    print(f"{usual.objects} objects\nwrote {args.out}")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--images", type=commands.existing_folder, required=True, help="folder of photographs")
    add("--annotations", type=commands.existing_file, required=True,
        help="COCO annotations of their objects")  # fmt: skip
    add("--out", type=Path, required=True, metavar="FILE", help="range to write (.json)")
    add("--size-px", type=count, default=512, metavar="N",
        help="side of the square that photographs are brought to (default: 512)")  # fmt: skip
    add("--data", default="not stated", metavar="TEXT", help="the photographs, in words")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
