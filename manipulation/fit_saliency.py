"""Fit a saliency model to recorded fixations: ``python -m manipulation.fit_saliency``."""

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from rich.progress import Progress

from manipulation.saliency.arguments import add_device, add_fixations, count, positive, share
from manipulation.saliency.card import Origin, model_card
from manipulation.saliency.cross_validation import Gains, cross_validate
from manipulation.saliency.examples import load_examples
from manipulation.saliency.files import EXTRACTORS, build_saliency_model, save_saliency_model
from manipulation.saliency.fit_log import fit_log
from manipulation.saliency.fitting import Example, fit
from manipulation.saliency.fixations import read_fixations
from manipulation.saliency.model import SaliencyModel
from manipulation.saliency.processes import Processes, chosen_device, processes
from manipulation.saliency.schedule import Schedule
from stimuli import commands
from stimuli.errors import InputError
from stimuli.files import sha256, write_text
from stimuli.provenance import package_versions, write_sidecar

MODULE = "manipulation.fit_saliency"
FITTED = ("deepgaze2", "icf")
DESCRIPTION = f"""\
Fit a saliency model to the fixations of people on photographs.

First the gain over the centre bias is measured by cross-validation: every
photograph is predicted by a model that was fitted without it. Then the model
is fitted to all photographs and written, with a model card (.md) and a
sidecar (.json) beside it. Of the photographs of each fit a share is watched,
and the fit stops when they are predicted no better; the last fit takes as many
epochs as the others did (their median).

--model icf has features of its own; --model deepgaze2 reads VGG-19, whose
weights --weights names (torchvision: fetched once, 575 MB; or a file of yours,
see manipulation.normalise_vgg).

Fixations are
  a comma-separated file, one row a fixation, with the columns image (file name
  in the folder of photographs), x_px, y_px (pixels of that file, origin at the
  top-left corner) and maybe subject;
  MIT1003's folder DATA; SALICON's folder of .mat files or its .json;
  or pysaliency's fixations.hdf5, with stimuli.hdf5 beside it.
MIT1003 was seen at 35 px per degree (--pixels-per-degree).
Fixations beside a photograph are counted and left out. All others are used,
the first of a trial included (MIT1003: excluded, as its authors do).

A run that was stopped goes on where it was when started again in the same way.
Several GPUs, or processes: torchrun --nproc-per-node 2 -m {MODULE} ..."""
EXAMPLE = (
    f"python -m {MODULE} --images osie/images --fixations osie/fixations.csv --out my.safetensors"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure a model by cross-validation, fit it to all photographs and write it."""
    args = _arguments(argv)
    device = chosen_device(args.device)
    with processes(device) as group:
        _fit_and_write(args, argv, device, group)


def _fit_and_write(
    args: argparse.Namespace, argv: Sequence[str] | None, device: torch.device, group: Processes
) -> None:
    work = args.work or args.out.with_suffix(".work")
    schedule = Schedule(
        args.epochs, args.batch_size, args.learning_rate, tuple(args.steps),
        args.validation, args.patience, args.seed,
    )  # fmt: skip
    table = read_fixations(args.fixations, args.images)
    settings = {"weights": args.weights, "pooling": args.pooling}
    extractor = EXTRACTORS[args.model](**settings if args.model == "deepgaze2" else {}).to(device)
    with Progress(disable=group.rank != 0) as progress:
        everything = load_examples(
            table, args.images, extractor, work / "features",
            height_px=args.height_px, group=group, progress=progress,
        )  # fmt: skip
        data = [one for one in everything if len(one.points)]
        outside = sum(one.outside for one in everything)
        if len(data) < args.folds:
            raise InputError(
                f"{args.fixations}: {len(data)} images have fixations inside ({outside} fixations "
                f"are outside); expected at least one image for each of {args.folds} folds"
            )
        pixels_per_degree = args.pixels_per_degree * median(one.scale for one in data)
        fits = progress.add_task("fits", total=args.folds + 1)
        epochs: list[int] = []

        def fitted(seen: Sequence[Example], name: str, schedule: Schedule) -> SaliencyModel:
            model = build_saliency_model(
                args.model, extractor=extractor, pixels_per_degree=pixels_per_degree
            ).to(device)
            with fit_log(args.tensorboard if group.rank == 0 else None, name) as log:
                checkpoint = work / f"{name}.pt"
                epochs.append(fit(model, seen, schedule, log, checkpoint=checkpoint, group=group))
            progress.advance(fits)
            return model

        gains = cross_validate(
            lambda seen: fitted(seen, f"fold-{len(epochs) + 1}", schedule),
            data, folds=args.folds, seed=args.seed,
        )  # fmt: skip
        last = replace(schedule, epochs=round(median(epochs)), validation=0.0)
        model = fitted(data, "all", last).cpu()

    group.wait()
    if group.rank == 0:
        _write(args, argv, model, gains, last, str(device), len(data), outside)
        for state in work.glob("*.pt"):
            state.unlink()
        if args.work is None:
            shutil.rmtree(work)


def _write(
    args: argparse.Namespace,
    argv: Sequence[str] | None,
    model: SaliencyModel,
    gains: Gains,
    schedule: Schedule,
    device: str,
    images: int,
    outside: int,
) -> None:
    """Write the model with its card and sidecar, and print what it gains."""
    save_saliency_model(args.out, model)
    versions = package_versions()
    origin = Origin(
        data=args.data,
        command=f"python -m {MODULE} {shlex.join(sys.argv[1:] if argv is None else argv)}",
        images=images,
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
        inputs=[args.fixations] if args.fixations.is_file() else [],
        outputs=[args.out, card],
        seeds={"folds and fit": args.seed},
        device=device,
    )
    low, high = gains.interval()
    print(
        f"on unseen photographs {gains.bits_per_fixation:.3f} bit per fixation over the centre "
        f"bias (95 % interval {low:.3f} to {high:.3f})\n"
        f"{origin.fixations} fixations on {images} photographs; {outside} outside left out\n"
        f"wrote {args.out}, {card}"
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add_fixations(parser)
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add("--model", choices=FITTED, default="icf", help="features (default: icf)")
    add("--weights", default="torchvision", metavar="NAME|FILE", help="VGG-19's, for deepgaze2")
    add("--pooling", choices=("max", "average"), default="max", help="VGG-19's (default: max)")
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the card")
    add("--work", type=Path, metavar="DIR", help="keeps features there, and the state of the fits; "
        "without it they lie beside --out until the end")  # fmt: skip
    add("--tensorboard", type=Path, metavar="DIR", help="write curves for TensorBoard there")
    add_device(parser)

    def add_number(name: str, default: float, type_: Callable[[str], float], text: str) -> None:
        add(name, default=default, type=type_, metavar="N", help=f"{text} (default: %(default)s)")

    add_number("--height-px", 512, count, "photographs are resized to this height")
    add_number("--folds", 5, count, "parts of the cross-validation, 2 or more")
    add_number("--epochs", Schedule.epochs, count, "passes over the photographs at most")
    add_number("--batch-size", Schedule.batch_size, count, "photographs per step")
    add_number("--learning-rate", Schedule.learning_rate, positive, "Adam's at the start")
    add("--steps", nargs="*", type=count, default=list(Schedule.steps), metavar="N",
        help=f"epochs after which it falls to a tenth (default: {Schedule.steps})")  # fmt: skip
    add_number("--validation", Schedule.validation, share, "share that is watched")
    add_number("--patience", Schedule.patience, count, "epochs without a gain before a fit stops")
    add_number("--seed", 0, int, "of folds, first weights and order")
    args = parser.parse_args(argv)
    if args.folds < 2:
        parser.error(f"--folds is {args.folds}; expected 2 or more")
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    return args


if __name__ == "__main__":
    commands.run(main)
