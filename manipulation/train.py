"""Train a network that changes images: ``python -m manipulation.train``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.progress import MofNCompleteColumn, Progress

from manipulation.networks.settings import Manipulation, NetworkKind, read_run_settings
from manipulation.runs.arguments import add_device, count
from manipulation.runs.processes import chosen_device, processes
from manipulation.runs.state import Stopped
from manipulation.training.train_network import train_network
from stimuli.support import commands
from stimuli.support.console import messages

MODULE = "manipulation.train"
DESCRIPTION = """\
Train a network that changes images so that they meet a target density of
fixations: FGTransform, or the Resnet-9 and U-Net that it is compared with.

Targets are made on the fly: all annotated objects shifted by a random k_sh, or
log saliency scaled by a random k_sc. Photographs without annotations have their
most salient region shifted. Settings that neither --settings nor --set states
have the paper's values where it gives one, but for these:
  guide        is robust, whose own layers guide FGTransform and enter the
               losses; the paper's is DeepGaze II with layers of VGG-19
               (guide.saliency, guide.guiding, guide.comparing)
  data.fit     cuts photographs to their largest centred square; the paper
               resizes them to 512 x 512 ("stretch")
  precision    bfloat16 in convolutions; the paper does not say
The adversarial loss is that of the paper's equations, least squares of a
discriminator that sees one image; its text calls it conditional, its equations
have no condition. OUT/settings.toml shows and explains all settings.

The output says when the first step is done, how fast steps are and how much
time is left, and names the command of TensorBoard. With schedule.compile=true,
on a GPU, the first step waits for code to be made.

A run that was stopped, while it evaluates or writes too, goes on where it was:
start the same command again. On several GPUs start it with
torchrun --nproc-per-node N -m manipulation.train.

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
    settings = read_run_settings(args.settings, args.changes)
    device = chosen_device(args.device)
    with processes(device) as group:
        console = messages(quiet=group.rank != 0)
        columns = (*Progress.get_default_columns(), MofNCompleteColumn())
        with Progress(*columns, console=console, disable=console.quiet) as progress:
            try:
                run = train_network(
                    settings,
                    images=args.images,
                    annotations=args.annotations,
                    out=args.out,
                    cache=args.cache,
                    measured=args.evaluate,
                    data=args.data,
                    command=commands.command_line(MODULE, argv),
                    device=device,
                    group=group,
                    progress=progress,
                )
            except Stopped as error:
                console.print(f"error: {error}", style="bold red")
                return commands.EXIT_FAILED
        console.print(f"wrote {run.network}, {run.card}")
    return commands.EXIT_OK


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--images", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs")  # fmt: skip
    add("--annotations", type=commands.existing_file, metavar="FILE",
        help="COCO annotations of their objects")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    add("--manipulation", choices=tuple(Manipulation), help="what is asked for (default: shift)")
    add("--network", choices=tuple(NetworkKind), help="what is trained (default: fgtransform)")
    add("--settings", type=Path, metavar="FILE", help="TOML of what differs from the defaults")
    add("--set", action="append", default=[], metavar="KEY=VALUE",
        help="one setting, such as losses.texture=0; may be repeated")  # fmt: skip
    add("--cache", type=Path, metavar="DIR",
        help="decoded photographs, for all runs (default: cache, beside --out)")  # fmt: skip
    add_device(parser)
    add("--evaluate", type=count, default=1000, metavar="N",
        help="photographs of either side that losses are measured on (default: 1000)")  # fmt: skip
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the card")
    args = parser.parse_args(argv)
    args.changes = list(args.set)
    if args.manipulation:
        args.changes.append(f'targets.manipulation = "{args.manipulation}"')
    if args.network:
        args.changes.append(f'network.kind = "{args.network}"')
    return args


if __name__ == "__main__":
    commands.run(main)
