"""Measure and compare trained networks: ``python -m manipulation.evaluate``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from manipulation.runs.arguments import add_device, count
from manipulation.runs.processes import chosen_device
from manipulation.training.evaluate_networks import evaluate_networks
from manipulation.training.results import last_results_table
from stimuli.support import commands
from stimuli.support.console import messages

MODULE = "manipulation.evaluate"
DESCRIPTION = """\
Measure every loss term of trained networks, over their training and side by
side: different networks, or one network without some of the losses.

The photographs are split as the runs split them (data.held_out): those that
training saw are "train", the others "test". Photographs of another folder, such
as COCO's validation images, are "test" with --test-images. All networks are
measured with the same targets; the total has the weights of the first run.

--out then holds losses.csv, losses.png (losses over steps) and pictures.png
(photographs, targets, and what each network made of them)."""
EXAMPLE = (
    f"python -m {MODULE} --checkpoints runs/fgtransform runs/resnet9 runs/unet \\\n"
    f"    --images train2017/ --annotations instances_train2017.json \\\n"
    f"    --test-images val2017/ --test-annotations instances_val2017.json --out comparison"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the checkpoints, write a table and two figures, and print the last steps."""
    args = _arguments(argv)
    with Progress(console=messages()) as progress:
        results = evaluate_networks(
            args.checkpoints,
            images=args.images,
            annotations=args.annotations,
            test_images=args.test_images,
            test_annotations=args.test_annotations,
            out=args.out,
            cache=args.cache,
            most=args.count,
            pictures=args.pictures,
            device=chosen_device(args.device),
            progress=progress,
        )
    Console().print(last_results_table(results))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--checkpoints", type=Path, nargs="+", required=True, metavar="DIR|FILE",
        help="runs of manipulation.train, or single files of weights")  # fmt: skip
    add("--images", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs, as in training")  # fmt: skip
    add("--annotations", type=commands.existing_file, metavar="FILE",
        help="COCO annotations of their objects")  # fmt: skip
    add("--test-images", type=commands.existing_folder, nargs="+", default=[],
        metavar="DIR", help="folders of photographs that training never saw")  # fmt: skip
    add("--test-annotations", type=commands.existing_file, metavar="FILE",
        help="annotations of these")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder for table and figures")
    add("--count", type=count, default=1000, metavar="N",
        help="most photographs of either side (default: 1000)")  # fmt: skip
    add("--pictures", type=count, default=6, metavar="N",
        help="photographs in pictures.png (default: 6)")  # fmt: skip
    add("--cache", type=Path, metavar="DIR",
        help="decoded photographs (default: cache, beside --out)")  # fmt: skip
    add_device(parser)
    args = parser.parse_args(argv)
    if args.test_annotations and not args.test_images:
        parser.error("--test-annotations without --test-images; expected both, or neither")
    return args


if __name__ == "__main__":
    commands.run(main)
