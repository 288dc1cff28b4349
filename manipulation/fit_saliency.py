"""Fit a saliency model to recorded fixations: ``python -m manipulation.fit_saliency``."""

import argparse
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import torch
from rich.progress import Progress

from manipulation.runs.alone import fitting_alone
from manipulation.runs.arguments import add_data, add_device, add_fixations, count, positive, share
from manipulation.runs.model_card import Origin
from manipulation.runs.processes import Processes, chosen_device, processes
from manipulation.runs.state import Stopped
from manipulation.saliency.fitting.adapt import adapt_saliency_model
from manipulation.saliency.fitting.adapted_card import adapted_card
from manipulation.saliency.fitting.card import saliency_card
from manipulation.saliency.fitting.fit_model import FittedModel, fit_saliency_model
from manipulation.saliency.fitting.schedule import Schedule
from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.models.files import (
    load_saliency_model,
    saliency_model_sha256,
    save_saliency_model,
)
from manipulation.saliency.models.model import ADAPTED_TO, NOT_STATED
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.files import write_text
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.fit_saliency"
FITTED = ("deepgaze2", "icf")
_OF_ADAPTING = ("adapt", "images", "fixations", "pixels_per_degree", "out", "data", "seed", "help")
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
see manipulation.normalise_vgg). --model timm:NAME reads a network that timm
knows, such as timm:resnet50.a1_in1k or timm:vit_small_patch14_dinov2.lvd142m;
its weights come from timm's hub over your own connection, or from the file that
--weights names (see manipulation.convert_backbone).

Fixations are
  a comma-separated file, one row a fixation, with the columns image (file name
  in the folder of photographs), x_px, y_px (pixels of that file, origin at the
  top-left corner) and maybe subject;
  MIT1003's folder DATA; SALICON's folder fixations, with train and val as in
  --images, or one of them, or its .json, whose points are those of the path of
  the mouse, many to a fixation;
  CAT2000's trainSet, of whose FIXATIONLOCS each fixated pixel counts once
  (--images trainSet/Stimuli);
  the folder of a data set of FixaTons, with SCANPATHS (--images .../STIMULI);
  or pysaliency's fixations.hdf5, with stimuli.hdf5 beside it.
MIT1003 was seen at 35 px per degree (--pixels-per-degree).
Fixations beside a photograph are counted and left out. All others are used,
the first of a trial included (MIT1003: excluded, as its authors do; so in
FixaTons, where the name of the data set's folder begins with MIT1003).

--adapt MODEL changes nothing of a model, which ships or is a file, but what other
people need: the centre bias, its weight, the width of the final blur and the
temperature, a factor on log saliency. It takes 50 photographs or more and a few
seconds each, and says what the numbers of one half gain on the other.

A run that was stopped goes on where it was when started again in the same way.
Several GPUs, or processes: torchrun --nproc-per-node 2 -m {MODULE} ..."""
EXAMPLE = (
    f"python -m {MODULE} --images osie/images --fixations osie/fixations.csv --out my.safetensors"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure a model by cross-validation, fit it to all photographs and write it."""
    args = _arguments(argv)
    command = commands.command_line(MODULE, argv)
    if args.adapt is not None:
        with fitting_alone(args.out, f"adapts {args.out.name}"):
            return _adapt(args.adapt, args.images, args.fixations, args.out, data=args.data,
                          pixels_per_degree=args.pixels_per_degree, seed=args.seed,
                          command=command)  # fmt: skip
    work = args.work or args.out.with_suffix(".work")
    device = chosen_device(args.device)
    with processes(device) as group, ExitStack() as alone:
        if group.rank == 0:
            for one in (args.out, work):
                alone.enter_context(fitting_alone(one, f"fits {args.out.name}"))
        return _fit(args, work, device, group, command)


def _fit(
    args: argparse.Namespace, work: Path, device: torch.device, group: Processes, command: str
) -> int:
    schedule = Schedule(
        args.epochs, args.batch_size, args.learning_rate, tuple(args.steps),
        args.validation, args.patience, args.seed,
    )  # fmt: skip
    architecture, features = _features(args.model, args.weights, args.pooling)
    with Progress(disable=group.rank != 0) as progress:
        try:
            fitted = fit_saliency_model(
                read_fixations(args.fixations, args.images),
                args.images,
                architecture=architecture,
                features=features,
                pixels_per_degree=args.pixels_per_degree,
                height_px=args.height_px,
                folds=args.folds,
                schedule=schedule,
                work=work,
                tensorboard=args.tensorboard,
                device=device,
                group=group,
                progress=progress,
            )
        except Stopped as error:
            messages().print(f"error: {error}", style="bold red")
            return commands.EXIT_FAILED
        group.wait()
    if group.rank == 0:
        _write(
            args.out,
            fitted,
            folds=args.folds,
            data=args.data,
            command=command,
            settings={k: value for k, value in vars(args).items() if not isinstance(value, Path)},
            inputs=[args.fixations],
            device=str(device),
        )
        for state in work.glob("*.pt"):
            state.unlink()
        if args.work is None:
            shutil.rmtree(work)
    return commands.EXIT_OK


def _adapt(
    name: str,
    folder: Path,
    fixations: Path,
    out: Path,
    *,
    data: str,
    pixels_per_degree: float,
    seed: int,
    command: str,
) -> int:
    """Adapt a fitted model to other people, and write it with its card and sidecar."""
    model = load_saliency_model(name)
    with Progress() as progress:
        adapted = adapt_saliency_model(
            model, read_fixations(fixations, folder), folder,
            pixels_per_degree=pixels_per_degree, seed=seed, progress=progress,
        )  # fmt: skip
    was = adapted.model.data
    adapted.model.data = data if was == NOT_STATED else f"{was}{ADAPTED_TO}{data}"
    save_saliency_model(out, adapted.model)
    base = f"`{name}`, SHA-256 `{saliency_model_sha256(model)}`"
    origin, card = (
        Origin.of_file(out, data=adapted.model.data, command=command),
        out.with_suffix(".md"),
    )
    write_text(card, adapted_card(out.stem, adapted, base, origin, seed))
    write_sidecar(
        out.with_suffix(".json"),
        command=MODULE,
        settings={"adapt": name, "pixels_per_degree": pixels_per_degree} | asdict(adapted.numbers),
        inputs=[fixations],
        outputs=[out, card],
        seeds={"halves": seed},
    )
    for what, gains in (("as it was", adapted.before), ("adapted", adapted.after)):
        low, high = gains.interval()
        print(
            f"{what}: {gains.bits_per_fixation:.3f} bit per fixation over the centre bias of the "
            f"other half (95 % interval {low:.3f} to {high:.3f})"
        )
    if not adapted.gains:
        messages().print(
            f"warning: adapted, the model predicts unseen photographs no better; use {name} as it "
            f"is, or more photographs",
            style="yellow",
        )
    numbers = adapted.numbers
    print(
        f"temperature {numbers.temperature:.2f}, blur {numbers.sigma_px:.1f} px, weight of the "
        f"centre bias {numbers.bias_weight:.2f}\nwrote {out}, {card}"
    )
    return commands.EXIT_OK


def _features(model: str, weights: str | None, pooling: str) -> tuple[str, dict[str, object]]:
    """Return the architecture that `--model` names, and what builds its features."""
    if model.startswith("timm:"):
        return "timm", {"name": model.removeprefix("timm:"), "weights": weights or "hub"}
    if model == "deepgaze2":
        return model, {"weights": weights or "torchvision", "pooling": pooling}
    return model, {}


def _write(
    out: Path,
    fitted: FittedModel,
    *,
    folds: int,
    data: str,
    command: str,
    settings: Mapping[str, object],
    inputs: Sequence[Path],
    device: str,
) -> None:
    """Write the model with its card and sidecar, and print what it gains."""
    gains, fitted_to, card = fitted.gains, fitted.fitted_to, out.with_suffix(".md")
    fitted.model.data = data
    save_saliency_model(out, fitted.model)
    origin = Origin.of_file(out, data=data, command=command)
    text = saliency_card(out.stem, fitted.model, origin, fitted_to, fitted.schedule, folds, gains)
    write_text(card, text)
    write_sidecar(
        out.with_suffix(".json"),
        command=MODULE,
        settings=settings,
        inputs=inputs,
        outputs=[out, card],
        seeds={"folds and fit": fitted.schedule.seed},
        device=device,
    )
    low, high = gains.interval()
    print(
        f"on unseen photographs {gains.bits_per_fixation:.3f} bit per fixation over the centre "
        f"bias (95 % interval {low:.3f} to {high:.3f})\n"
        f"{fitted_to.fixations} fixations on {fitted_to.photographs} photographs; "
        f"{fitted_to.outside} outside left out\n"
        f"wrote {out}, {card}"
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add_fixations(parser)
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add("--model", default="icf", metavar="MODEL",
        help=f"features: {', '.join(FITTED)} or timm:NAME (default: icf)")  # fmt: skip
    add("--adapt", metavar="MODEL", help="adapt a fitted model, a name or a file, in place of "
        "fitting one")  # fmt: skip
    add("--weights", metavar="NAME|FILE", help="of VGG-19 (default: torchvision), or of timm:NAME "
        "(default: hub)")  # fmt: skip
    add("--pooling", choices=("max", "average"), default="max", help="VGG-19's (default: max)")
    add_data(parser, NOT_STATED)
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
    if args.model not in FITTED and not args.model.startswith("timm:"):
        parser.error(f"--model is {args.model}; expected {', '.join(FITTED)} or timm:NAME")
    if args.adapt:
        other = [
            f"--{name.replace('_', '-')}"
            for name, value in vars(args).items()
            if name not in _OF_ADAPTING and value != parser.get_default(name)
        ]
        if other:
            parser.error(f"--adapt fits no network, so it does not go with {', '.join(other)}")
    if args.folds < 2:
        parser.error(f"--folds is {args.folds}; expected 2 or more")
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    return args


if __name__ == "__main__":
    commands.run(main)
