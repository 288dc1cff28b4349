"""Train the embedded saliency model: ``python -m manipulation.fit_embedded``."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from rich.progress import Progress

from manipulation.saliency.arguments import add_fixations, count
from manipulation.saliency.card import Origin
from manipulation.saliency.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.cross_validation import fold_numbers
from manipulation.saliency.embedded_card import embedded_card
from manipulation.saliency.embedded_measures import averaged_model, findings_on_unseen
from manipulation.saliency.embedded_training import (
    Recipe,
    TrainingRun,
    load_checkpoint,
    save_checkpoint,
)
from manipulation.saliency.embedded_views import Source, source
from manipulation.saliency.files import save_saliency_model
from manipulation.saliency.fixations import cell_counts, photographs, read_fixations
from stimuli import commands
from stimuli.errors import InputError
from stimuli.files import sha256, write_text
from stimuli.provenance import package_versions, write_sidecar

MODULE = "manipulation.fit_embedded"
DESCRIPTION = """\
Train the embedded saliency model from random weights, on photographs with the
fixations of people and nothing else.

The photographs are parted into folds. For every fold one network is trained
without it and measured on it; the model is the mean of these networks. With
--repeats further networks leave out the first fold, so that the gain of
averaging is known. The weights are written with a model card (.md) and a
sidecar (.json) beside them.

This takes hours on a processor. After every epoch a network is kept in the
folder of checkpoints, and the same command goes on where it stood. Networks
are numbered from 0, those of the folds first; --only trains some of them and
ends, so that several processes or machines can share the work, best with one
thread each. The command without --only then finds them finished."""
EXAMPLE = (
    f"python -m {MODULE} --images osie/images --fixations osie/fixations.csv --out my.safetensors"
)


@dataclass(frozen=True)
class Task:
    """A network to train: the fold that it does not see, and its seed."""

    number: int
    fold: int
    seed: int


def main(argv: Sequence[str] | None = None) -> None:
    """Train the networks, measure them on what they have not seen, write their mean."""
    args = _arguments(argv)
    torch.set_num_threads(args.threads)
    recipe = replace(Recipe(), epochs=args.epochs)
    tasks = [
        Task(number, number if number < args.folds else 0, args.seed + number)
        for number in range(args.folds + args.repeats)
    ]
    with Progress() as progress:
        data, outside = _sources(args, progress)
        fold = fold_numbers(len(data), args.folds, args.seed)
        runs = [
            _trained(task, [one for one, f in zip(data, fold, strict=True) if f != task.fold],
                     recipe, args.checkpoints, progress)
            for task in tasks
            if args.only is None or task.number in args.only
        ]  # fmt: skip
        if args.only is not None:
            return
        pixels_per_degree = args.pixels_per_degree * median(one.scale for one in data)
        findings = findings_on_unseen(data, fold, runs, pixels_per_degree, args.seed, progress)

    everything = torch.stack([cell_counts(one.relative_points * GRID[::-1], GRID) for one in data])
    model = averaged_model(runs[: args.folds], fit_centre_bias(everything)[0], pixels_per_degree)
    model.extractor.half()  # as it is stored; loading makes it 32-bit again
    save_saliency_model(args.out, model)
    versions = package_versions()
    origin = Origin(
        data=args.data,
        command=f"python -m {MODULE} {shlex.join(sys.argv[1:] if argv is None else argv)}",
        images=len(data),
        fixations=sum(len(one.points) for one in data),
        outside=outside,
        height_px=args.height_px,
        sha256=sha256(args.out),
        versions={name: versions[name] for name in ("python", "torch", "numpy", "pillow")},
    )
    card = args.out.with_suffix(".md")
    write_text(card, embedded_card(args.out.stem, model, origin, recipe, args.seed, findings))
    write_sidecar(
        args.out.with_suffix(".json"),
        command=MODULE,
        settings={"height_px": args.height_px, "folds": args.folds, "recipe": asdict(recipe)},
        inputs=[args.fixations],
        outputs=[args.out, card],
        seeds={"folds": args.seed} | {f"network {task.number}": task.seed for task in tasks},
    )
    low, high = findings.networks.interval()
    print(
        f"on unseen photographs one network gains {findings.networks.bits_per_fixation:.3f} bit "
        f"per fixation over the centre bias (95 % interval {low:.3f} to {high:.3f})\n"
        f"wrote {args.out}, {card}"
    )


def _sources(args: argparse.Namespace, progress: Progress) -> tuple[list[Source], int]:
    """Return the photographs that have fixations, and how many fixations are beside them."""
    table = read_fixations(args.fixations, args.images)
    pictures = progress.track(
        photographs(table, args.images, height_px=args.height_px),
        total=len(table.images),
        description="photographs",
    )
    kept, outside = [], 0
    for picture in pictures:
        outside += picture.outside
        if len(picture.points):
            kept.append(source(picture))
    if len(kept) < args.folds:
        raise InputError(
            f"{args.fixations}: {len(kept)} images have fixations inside ({outside} fixations "
            f"are outside); expected at least one image for each of {args.folds} folds"
        )
    return kept, outside


def _trained(
    task: Task, seen: list[Source], recipe: Recipe, folder: Path, progress: Progress
) -> TrainingRun:
    """Return a finished run, gone on with from its checkpoint if there is one."""
    run = TrainingRun(seen, recipe, task.seed)
    path = folder / f"network-{task.number}.pt"
    load_checkpoint(path, run)
    bar = progress.add_task(
        f"network {task.number}", total=recipe.epochs * run.steps, completed=run.epoch * run.steps
    )
    while not run.finished:
        gain = run.run_epoch(on_step=lambda: progress.advance(bar)) / np.log(2)
        save_checkpoint(path, run)
        progress.print(f"network {task.number}, epoch {run.epoch}: {gain:.3f} bit in its views")
    return run


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add_fixations(parser)
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the card")
    add("--checkpoints", type=Path, metavar="DIR", help="where networks are kept (FILE's folder)")
    add("--only", type=int, nargs="+", metavar="N", help="numbers of networks to train, then end")

    def add_number(name: str, default: int, type_, text: str) -> None:
        add(name, default=default, type=type_, metavar="N", help=f"{text} (default: %(default)s)")

    add_number("--height-px", 512, count, "photographs are resized to this height")
    add_number("--folds", 5, count, "parts of the photographs, 2 or more")
    add_number("--repeats", 0, int, "further networks without the first fold")
    add_number("--epochs", Recipe.epochs, count, "passes over the photographs")
    add_number("--threads", torch.get_num_threads(), count, "of the processor")
    add_number("--seed", 0, int, "of folds, first weights and views")
    args = parser.parse_args(argv)
    if args.folds < 2:
        parser.error(f"--folds is {args.folds}; expected 2 or more")
    if args.repeats < 0:
        parser.error(f"--repeats is {args.repeats}; expected 0 or more")
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    last = args.folds + args.repeats - 1
    if args.only is not None and not all(0 <= number <= last for number in args.only):
        parser.error(f"--only is {args.only}; expected numbers from 0 to {last}")
    if args.checkpoints is None:
        args.checkpoints = args.out.with_suffix(".checkpoints")
    return args


if __name__ == "__main__":
    commands.run(main)
