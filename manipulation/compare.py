"""Train networks or ablations one after the other and compare them: the paper's Fig. 4 and 7."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from manipulation.networks.settings import Manipulation, read_run_settings
from manipulation.runs.arguments import add_device
from manipulation.runs.processes import chosen_device, processes
from manipulation.runs.state import Stopped
from manipulation.training.compare_networks import COMPARISONS, compare_networks
from manipulation.training.results import last_results_table
from stimuli.support import commands
from stimuli.support.console import messages

MODULE = "manipulation.compare"
DESCRIPTION = """\
Train several networks on the same photographs and targets, and compare them:
FGTransform, Resnet-9 and U-Net (--what networks), or one network with all
losses, without each of three, and with the saliency loss alone (--what
ablations). This is manipulation.train for each, then manipulation.evaluate.

--out then holds a run in a folder of its own for each, and in comparison/ the
table and two figures. What is finished is not trained again: start the same
command again after an interruption."""
EXAMPLE = (
    f"python -m {MODULE} --what networks --settings manipulation/training/narrow.toml \\\n"
    f"    --images coco128/images osie/images --annotations coco128/instances.json \\\n"
    f"    --out runs/networks"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train every run of the comparison, and evaluate all of them together."""
    args = _arguments(argv)
    runs = COMPARISONS[args.what](read_run_settings(args.settings, args.changes))
    device = chosen_device(args.device)
    with processes(device) as group:
        console = messages(quiet=group.rank != 0)
        with Progress(console=console, disable=console.quiet) as progress:
            try:
                results = compare_networks(
                    runs,
                    images=args.images,
                    annotations=args.annotations,
                    out=args.out,
                    cache=args.cache,
                    data=args.data,
                    command=commands.command_line(MODULE, argv),
                    device=device,
                    group=group,
                    progress=progress,
                )
            except Stopped as error:
                console.print(f"error: {error}", style="bold red")
                return commands.EXIT_FAILED
    if results:
        Console().print(last_results_table(results))
    return commands.EXIT_OK


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--what", choices=sorted(COMPARISONS), required=True, help="what is compared")
    add("--images", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs")  # fmt: skip
    add("--annotations", type=commands.existing_file, metavar="FILE",
        help="COCO annotations of their objects")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the runs")
    add("--manipulation", choices=tuple(Manipulation), help="what is asked for (default: shift)")
    add("--settings", type=Path, metavar="FILE", help="TOML of what differs from the defaults")
    add("--set", action="append", default=[], metavar="KEY=VALUE",
        help="one setting of all runs; may be repeated")  # fmt: skip
    add("--cache", type=Path, metavar="DIR", help="decoded photographs (default: OUT/cache)")
    add_device(parser)
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the cards")
    args = parser.parse_args(argv)
    args.changes = list(args.set)
    if args.manipulation:
        args.changes.append(f'targets.manipulation = "{args.manipulation}"')
    return args


if __name__ == "__main__":
    commands.run(main)
