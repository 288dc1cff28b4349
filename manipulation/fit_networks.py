"""Train networks that predict fixations: ``python -m manipulation.fit_networks``."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from rich.progress import Progress

from manipulation.runs.alone import fitting_alone
from manipulation.runs.arguments import add_data, add_fixations, count, share
from manipulation.runs.model_card import Origin
from manipulation.runs.state import Stopped
from manipulation.saliency.fitting.network_card import networks_card
from manipulation.saliency.fitting.network_fit import fit_saliency_networks, network_tasks
from manipulation.saliency.fitting.network_recipe import FINE_TUNED, ROBUST, NetworkRecipe
from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.models.files import save_saliency_model
from manipulation.saliency.models.model import NOT_STATED
from manipulation.saliency.scoring.gains import Gains
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.files import write_text
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.fit_networks"
DESCRIPTION = """\
Train networks on photographs with the fixations of people: from random weights,
so that nothing else has a part in them, or with --backbone an EfficientNet that
knows ImageNet (its weights: see manipulation.convert_backbone).

The photographs are parted into folds. For every fold one network is trained
without it and measured on it; the model is the mean of these networks, or with
--final one further network that sees the photographs of all folds. With --aside
the model itself is measured, on photographs that no network saw. With --repeats
further networks leave out the first fold, so that the gain of averaging is
known. The weights are written with a model card (.md) and a sidecar (.json)
beside them.

This takes hours on a processor. After every epoch a network is kept in the
folder of checkpoints, and the same command goes on where it stood. Networks
are numbered from 0, those of the folds first, the final one last; --only trains
some of them and ends, so that several processes or machines can share the work,
best with one thread each. The command without --only then finds them finished."""
EXAMPLE = (
    f"python -m {MODULE} --images osie/images --fixations osie/fixations.csv --out my.safetensors"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train the networks, measure them on what they have not seen, write their mean."""
    args = _arguments(argv)
    torch.set_num_threads(args.threads)
    if args.only is not None:  # which writes no model, and shares the work with others
        return _fit(args, commands.command_line(MODULE, argv))
    with fitting_alone(args.out, f"trains {args.out.name}"):
        return _fit(args, commands.command_line(MODULE, argv))


def _fit(args: argparse.Namespace, command: str) -> int:
    recipe = _recipe(args)
    try:
        with Progress() as progress:
            fitted = fit_saliency_networks(
                read_fixations(args.fixations, args.images),
                args.images,
                args.checkpoints,
                recipe=recipe,
                pixels_per_degree=args.pixels_per_degree,
                height_px=args.height_px,
                folds=args.folds,
                repeats=args.repeats,
                aside=args.aside,
                final=args.final,
                seed=args.seed,
                only=args.only,
                progress=progress,
            )
    except Stopped as error:
        messages().print(f"error: {error}", style="bold red")
        return commands.EXIT_FAILED
    if fitted is None:
        return commands.EXIT_OK

    fitted.model.data = args.data
    save_saliency_model(args.out, fitted.model)
    origin = Origin.of_file(args.out, data=args.data, command=command)
    findings, card = fitted.findings, args.out.with_suffix(".md")
    text = networks_card(
        args.out.stem, fitted.model, origin, fitted.fitted_to, recipe, args.seed, findings,
        final=args.final,
    )  # fmt: skip
    write_text(card, text)
    tasks = network_tasks(args.folds, args.repeats, args.seed, final=args.final)
    write_sidecar(
        args.out.with_suffix(".json"),
        command=MODULE,
        settings={"height_px": args.height_px, "folds": args.folds, "recipe": asdict(recipe)},
        inputs=[args.fixations],
        outputs=[args.out, card],
        seeds={"folds": args.seed} | {f"network {task.number}": task.seed for task in tasks},
    )
    print(f"one network on unseen photographs: {_gain(findings.networks)}")
    if findings.aside:
        count = len(findings.aside.model.names)
        print(f"the model on {count} photographs set aside: {_gain(findings.aside.model)}")
    print(f"wrote {args.out}, {card}")
    return commands.EXIT_OK


def _gain(gains: Gains) -> str:
    low, high = gains.interval()
    return (
        f"{gains.bits_per_fixation:.3f} bit per fixation over the centre bias "
        f"(95 % interval {low:.3f} to {high:.3f})"
    )


def _recipe(args: argparse.Namespace) -> NetworkRecipe:
    """Return the recipe for networks on a backbone, or without one for those from scratch."""
    recipe = NetworkRecipe()
    if args.backbone:
        recipe = replace(
            ROBUST if args.radius else FINE_TUNED, radius=args.radius, start=args.start,
            backbone=args.backbone.removeprefix("timm:"), weights=args.weights,
        )  # fmt: skip
    return recipe if args.epochs is None else replace(recipe, epochs=args.epochs)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add_fixations(parser)
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add_data(parser, NOT_STATED)
    add("--checkpoints", type=Path, metavar="DIR", help="where networks are kept (FILE's folder)")
    add("--backbone", default="", metavar="timm:NAME", help="an EfficientNet that the networks "
        "begin with, such as timm:tf_efficientnet_lite2")  # fmt: skip
    add("--weights", default="", metavar="FILE", help="its weights: hub, or a file as "
        "manipulation.convert_backbone writes them")  # fmt: skip
    add("--start", default="", metavar="MODEL", help="a model of one network on that backbone, "
        "whose weights the training begins with in place of the backbone's")  # fmt: skip
    add("--radius", type=share, default=0.0, metavar="RMS", help="train under adversarial changes "
        "of the pixels up to this root mean square, such as 0.01")  # fmt: skip
    add("--final", action="store_true", help="the model is one further network that sees all "
        "photographs but those set aside")  # fmt: skip
    add("--only", type=int, nargs="+", metavar="N", help="numbers of networks to train, then end")

    def add_number(name: str, default: int, type_: Callable[[str], int], text: str) -> None:
        add(name, default=default, type=type_, metavar="N", help=f"{text} (default: %(default)s)")

    add_number("--height-px", 512, count, "photographs are resized to this height")
    add_number("--folds", 5, int, "parts of the photographs, 2 or more; 0: the final network alone")
    add_number("--repeats", 0, int, "further networks without the first fold")
    add_number("--aside", 0, int, "photographs that no network sees")
    add("--epochs", type=count, metavar="N", help="passes over the photographs (default: "
        f"{NetworkRecipe.epochs}, on a backbone {FINE_TUNED.epochs}, with --radius "
        f"{ROBUST.epochs})")  # fmt: skip
    add_number("--threads", torch.get_num_threads(), count, "of the processor")
    add_number("--seed", 0, int, "of folds, first weights and views")
    args = parser.parse_args(argv)
    if args.folds < 2 and not (args.folds == 0 and args.aside and args.final):
        parser.error(f"--folds is {args.folds}; expected 2 or more, or 0 with --final and --aside")
    for name in ("repeats", "aside"):
        if getattr(args, name) < 0:
            parser.error(f"--{name} is {getattr(args, name)}; expected 0 or more")
    if bool(args.backbone) != bool(args.weights or args.start):
        parser.error("--backbone goes with --weights or --start; expected both or neither")
    if args.radius and not args.backbone:
        parser.error(f"--radius is {args.radius}; expected with --backbone alone")
    last = args.folds + args.repeats - (not args.final)
    if args.only is not None and not all(0 <= number <= last for number in args.only):
        parser.error(f"--only is {args.only}; expected numbers from 0 to {last}")
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    if args.checkpoints is None:
        args.checkpoints = args.out.with_suffix(".checkpoints")
    return args


if __name__ == "__main__":
    commands.run(main)
