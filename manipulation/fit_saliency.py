"""Fit a saliency model to recorded fixations: ``python -m manipulation.fit_saliency``."""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from rich.progress import Progress

from manipulation.saliency.arguments import add_fixations, count, positive
from manipulation.saliency.card import Origin, model_card
from manipulation.saliency.cross_validation import cross_validate
from manipulation.saliency.files import EXTRACTORS, build_saliency_model, save_saliency_model
from manipulation.saliency.fitting import Example, Schedule, example, fit
from manipulation.saliency.fixations import photographs, read_fixations
from manipulation.saliency.model import SaliencyModel
from stimuli import commands
from stimuli.errors import InputError
from stimuli.files import sha256, write_text
from stimuli.provenance import package_versions, write_sidecar

MODULE = "manipulation.fit_saliency"
DESCRIPTION = """\
Fit a saliency model to the fixations of people on photographs.

First the gain over the centre bias is measured by cross-validation: every
photograph is predicted by a model that was fitted without it. Then the model
is fitted to all photographs and written, with a model card (.md) and a
sidecar (.json) beside it.

The table of fixations is comma-separated, one row a fixation, with the columns
  image        file name in the folder of photographs
  x_px, y_px   pixels of that file, origin at the top-left corner
Fixations beside a photograph are counted and left out. All others are used,
the first of a trial included."""
EXAMPLE = (
    f"python -m {MODULE} --images osie/images --fixations osie/fixations.csv --out my.safetensors"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure a model by cross-validation, fit it to all photographs and write it."""
    args = _arguments(argv)
    schedule = Schedule(args.epochs, args.batch_size, args.learning_rate, args.seed)

    with Progress() as progress:
        everything = _examples(args, progress)
        data = [one for one in everything if len(one.points)]
        outside = sum(one.outside for one in everything)
        if len(data) < args.folds:
            raise InputError(
                f"{args.fixations}: {len(data)} images have fixations inside ({outside} fixations "
                f"are outside); expected at least one image for each of {args.folds} folds"
            )
        pixels_per_degree = args.pixels_per_degree * median(one.scale for one in data)
        fitting = progress.add_task("fits", total=(args.folds + 1) * schedule.epochs)

        def fitted(seen: Sequence[Example]) -> SaliencyModel:
            model = build_saliency_model(args.model, pixels_per_degree=pixels_per_degree)
            fit(model, seen, schedule, on_epoch=lambda _: progress.advance(fitting))
            return model

        gains = cross_validate(fitted, data, folds=args.folds, seed=args.seed)
        model = fitted(data)

    save_saliency_model(args.out, model)
    versions = package_versions()
    origin = Origin(
        data=args.data,
        command=f"python -m {MODULE} {shlex.join(sys.argv[1:] if argv is None else argv)}",
        images=len(data),
        fixations=int(gains.fixations.sum()),
        outside=outside,
        height_px=args.height_px,
        sha256=sha256(args.out),
        versions={name: versions[name] for name in ("python", "torch", "numpy", "pillow")},
    )
    card = args.out.with_suffix(".md")
    write_text(card, model_card(args.out.stem, model, origin, schedule, args.folds, gains))
    write_sidecar(
        args.out.with_suffix(".json"),
        command=MODULE,
        settings={name: value for name, value in vars(args).items() if not isinstance(value, Path)},
        inputs=[args.fixations],
        outputs=[args.out, card],
        seeds={"folds and fit": args.seed},
    )
    low, high = gains.interval()
    print(
        f"on unseen photographs {gains.bits_per_fixation:.3f} bit per fixation over the centre "
        f"bias (95 % interval {low:.3f} to {high:.3f})\n"
        f"{origin.fixations} fixations on {origin.images} photographs; {outside} outside left out\n"
        f"wrote {args.out}, {card}"
    )


def _examples(args: argparse.Namespace, progress: Progress) -> list[Example]:
    """Return the features and fixations of every photograph in the table."""
    table = read_fixations(args.fixations, args.images)
    extractor = EXTRACTORS[args.model]()
    pictures = photographs(table, args.images, height_px=args.height_px)
    tracked = progress.track(pictures, total=len(table.images), description="features")
    return [example(extractor, picture) for picture in tracked]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add_fixations(parser)
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add("--model", choices=sorted(EXTRACTORS), default="icf", help="features (default: icf)")
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the card")

    def add_number(name: str, default: float, type_: Callable[[str], float], text: str) -> None:
        add(name, default=default, type=type_, metavar="N", help=f"{text} (default: %(default)s)")

    add_number("--height-px", 512, count, "photographs are resized to this height")
    add_number("--folds", 5, count, "parts of the cross-validation, 2 or more")
    add_number("--epochs", Schedule.epochs, count, "passes over the photographs")
    add_number("--batch-size", Schedule.batch_size, count, "photographs per step")
    add_number("--learning-rate", Schedule.learning_rate, positive, "peak of Adam's rate")
    add_number("--seed", 0, int, "of folds, first weights and order")
    args = parser.parse_args(argv)
    if args.folds < 2:
        parser.error(f"--folds is {args.folds}; expected 2 or more")
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    return args


if __name__ == "__main__":
    commands.run(main)
