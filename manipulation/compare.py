"""Train networks or ablations one after the other and compare them: the paper's Fig. 4 and 7."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from manipulation import evaluate, train
from manipulation.training.settings import MANIPULATIONS, NETWORKS
from stimuli import commands

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

# Settings in which the runs of a comparison differ, by the name of the run.
COMPARISONS = {
    "networks": {name: (f'network.kind = "{name}"',) for name in NETWORKS},
    "ablations": {
        "all": (),
        "no-feature": ("losses.feature = 0",),
        "no-texture": ("losses.texture = 0",),
        "no-adversarial": ("losses.adversarial = 0",),
        "saliency-alone": (
            "losses.feature = 0",
            "losses.texture = 0",
            "losses.adversarial = 0",
        ),
    },
}


def main(argv: Sequence[str] | None = None) -> int:
    """Train every run of the comparison, and evaluate all of them together."""
    args = _arguments(argv)
    console = Console(stderr=True, highlight=False)
    photographs = ["--images", *map(str, args.images), "--device", args.device]
    if args.annotations:
        photographs += ["--annotations", str(args.annotations)]
    photographs += ["--cache", str(args.cache or args.out / "cache")]
    runs = COMPARISONS[args.what]
    for name, changes in runs.items():
        out = args.out / name
        if (out / "transform.safetensors").exists():
            console.print(f"{out} is finished")
            continue
        console.print(f"[bold]{name}[/]")
        options = [*photographs, "--out", str(out), "--data", args.data]
        if args.settings:
            options += ["--settings", str(args.settings)]
        if args.manipulation:
            options += ["--manipulation", args.manipulation]
        for change in (*args.set, *changes):
            options += ["--set", change]
        if status := train.main(options):
            return status
    checkpoints = [str(args.out / name) for name in runs]
    comparison = ["--out", str(args.out / "comparison"), "--checkpoints", *checkpoints]
    evaluate.main([*photographs, *comparison])
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
    add("--manipulation", choices=MANIPULATIONS, help="what is asked for (default: shift)")
    add("--settings", type=Path, metavar="FILE", help="TOML of what differs from the defaults")
    add("--set", action="append", default=[], metavar="KEY=VALUE",
        help="one setting of all runs; may be repeated")  # fmt: skip
    add("--cache", type=Path, metavar="DIR", help="decoded photographs (default: OUT/cache)")
    add("--device", default="auto", choices=("auto", "cpu", "cuda"), help="(default: auto)")
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the cards")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
