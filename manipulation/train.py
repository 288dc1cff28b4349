"""Train a network that changes images: ``python -m manipulation.train``."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from manipulation.saliency.arguments import count
from manipulation.saliency.processes import Processes, chosen_device, processes
from manipulation.training.card import Origin, model_card
from manipulation.training.checkpoints import Stopped
from manipulation.training.coco import Photographs, load_photographs
from manipulation.training.evaluation import Checkpoint, evaluate
from manipulation.training.run import train
from manipulation.training.run_folder import weights_file
from manipulation.training.settings import (
    MANIPULATIONS,
    NETWORKS,
    RunSettings,
    read_run_settings,
)
from manipulation.transforms.files import guide_of, load_trained, save_trained
from manipulation.transforms.guide import Guide
from stimuli import commands
from stimuli.files import sha256, write_text
from stimuli.provenance import package_versions, write_sidecar

MODULE = "manipulation.train"
DESCRIPTION = """\
Train a network that changes images so that they meet a target density of
fixations: FGTransform, or the Resnet-9 and U-Net that it is compared with.

Targets are made on the fly: all annotated objects shifted by a random k_sh, or
log saliency scaled by a random k_sc. Photographs without annotations have their
most salient region shifted. Settings that neither --settings nor --set states
have the paper's values; OUT/settings.toml shows and explains all of them.

A run that was stopped goes on where it was: start the same command again. On
several GPUs start it with torchrun --nproc-per-node N -m manipulation.train.

--out then holds
  transform.safetensors, transform.md   the network, for use, and its card
  weights/                              networks over time, for manipulation.evaluate
  settings.toml                         what differs from the defaults, and these
  losses.csv, tensorboard/              the course of training
  state.pt                              to go on from"""
EXAMPLE = (
    f"python -m {MODULE} --images train2017/ --annotations instances_train2017.json \\\n"
    f"    --manipulation shift --network fgtransform --out runs/shift"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train a network, measure it on photographs it has and has not seen, and write its card."""
    args = _arguments(argv)
    settings = _settings(args)
    device = chosen_device(args.device)
    with processes(device) as here:
        console = Console(stderr=True, soft_wrap=True, highlight=False, quiet=here.rank != 0)
        photographs = _photographs(args, settings, here, console)
        guide = guide_of(settings.guide)
        with _progress(console) as progress:
            task = progress.add_task("training", total=settings.schedule.iterations, loss="")

            def on_step(done: int, means: dict[str, float] | None) -> None:
                shown = {} if means is None else {"loss": f"loss {means['total']:.4g}"}
                progress.update(task, completed=done, **shown)

            try:
                train(settings, photographs, guide, args.out, device, processes=here,
                      on_step=on_step, say=console.print)  # fmt: skip
            except Stopped as error:
                console.print(f"error: {error}", style="bold red")
                return commands.EXIT_FAILED
        if here.rank == 0:
            command = shlex.join(sys.argv[1:] if argv is None else argv)
            _finish(args, settings, photographs, guide, device, command, console)
    return commands.EXIT_OK


def _finish(
    args: argparse.Namespace,
    settings: RunSettings,
    photographs: Photographs,
    guide: Guide,
    device: torch.device,
    command: str,
    console: Console,
) -> None:
    """Write the network for use, its card with its losses, and where it came from."""
    last = weights_file(args.out, settings.schedule.iterations)
    splits = photographs.splits(settings.data.held_out, args.evaluate)
    with _progress(console) as progress:
        total = sum(len(indices) for _, indices in splits.values())
        task = progress.add_task("measuring", total=total, loss="")
        results = evaluate(
            [Checkpoint(args.out.name, last, settings)], guide, splits, device, settings.losses,
            on_batch=lambda images: progress.advance(task, images),
        )  # fmt: skip
    trained = load_trained(last, guide)
    use = args.out / "transform.safetensors"
    save_trained(use, trained, guide, photographs.digest, half=True)
    versions = package_versions()
    origin = Origin(
        data=args.data,
        command=f"python -m {MODULE} {command}",
        photographs=len(photographs),
        annotated=int(photographs.masks.any(axis=1).sum()),
        held_out=len(photographs.split(settings.data.held_out)[1]),
        sha256=sha256(use),
        versions={name: versions[name] for name in ("python", "torch", "numpy", "pillow")},
        device=_named(device),
    )
    card = use.with_suffix(".md")
    write_text(card, model_card(args.out.name, trained, origin, results))
    write_sidecar(
        args.out / "train.provenance.json",
        command=MODULE,
        settings=settings.as_dict(),
        inputs=[args.annotations] if args.annotations else [],
        outputs=[use, card],
        seeds={"run": settings.schedule.seed},
        device=_named(device),
    )
    console.print(f"wrote {use}, {card}")


def _photographs(
    args: argparse.Namespace, settings: RunSettings, here: Processes, console: Console
) -> Photographs:
    """Return the photographs; the first process decodes them while the others wait."""

    def loaded(on_photograph=lambda total: None) -> Photographs:
        cache = args.cache or args.out.parent / "cache"
        return load_photographs(args.images, args.annotations, cache, settings.data, on_photograph)

    if here.rank == 0:
        with _progress(console) as progress:
            task = progress.add_task("photographs", total=None, loss="")
            photographs = loaded(lambda total: progress.update(task, total=total, advance=1))
            progress.update(task, total=len(photographs), completed=len(photographs))
    here.wait()
    return photographs if here.rank == 0 else loaded()


def _progress(console: Console) -> Progress:
    return Progress(
        *Progress.get_default_columns()[:-1],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
        console=console,
        disable=console.quiet,
    )


def _named(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _settings(args: argparse.Namespace) -> RunSettings:
    changes = list(args.set)
    if args.manipulation:
        changes.append(f'targets.manipulation = "{args.manipulation}"')
    if args.network:
        changes.append(f'network.kind = "{args.network}"')
    return read_run_settings(args.settings, tuple(changes))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--images", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs")  # fmt: skip
    add("--annotations", type=commands.existing_file, metavar="FILE",
        help="COCO annotations of their objects")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    add("--manipulation", choices=MANIPULATIONS, help="what is asked for (default: shift)")
    add("--network", choices=NETWORKS, help="what is trained (default: fgtransform)")
    add("--settings", type=Path, metavar="FILE", help="TOML of what differs from the defaults")
    add("--set", action="append", default=[], metavar="KEY=VALUE",
        help="one setting, such as losses.texture=0; may be repeated")  # fmt: skip
    add("--cache", type=Path, metavar="DIR",
        help="decoded photographs, for all runs (default: cache, beside --out)")  # fmt: skip
    add("--device", default="auto", choices=("auto", "cpu", "cuda"),
        help="where to train (default: auto)")  # fmt: skip
    add("--evaluate", type=count, default=1000, metavar="N",
        help="photographs of either side that losses are measured on (default: 1000)")  # fmt: skip
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the card")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
