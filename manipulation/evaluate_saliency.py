"""Score a saliency model on recorded fixations: ``python -m manipulation.evaluate_saliency``."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from manipulation.runs.arguments import add_device, add_fixations
from manipulation.runs.processes import chosen_device
from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.models.files import load_saliency_model, shipped_saliency_models
from manipulation.saliency.models.published import PUBLISHED
from manipulation.saliency.scoring.evaluation import evaluate_saliency_model
from stimuli.support import commands
from stimuli.support.files import write_json

MODULE = "manipulation.evaluate_saliency"
SHIPPED = ", ".join(shipped_saliency_models())
DESCRIPTION = f"""\
Score a saliency model against the fixations of people on photographs.

Information gain is over the centre bias of the other photographs' fixations, and
over a uniform density; the same centre bias enters the model's density. The
explained part is relative to how well people predict people, for which it must
be known who made a fixation.
A model scores too well on photographs that it was fitted to; for the models
that ship with the toolkit see their cards.

Fixations are a comma-separated table with the columns image, x_px, y_px (pixels
of the photograph's file, origin at the top-left corner) and subject, or one of
the published layouts that manipulation.fit_saliency reads.

--model is the name of a model that ships ({SHIPPED}), a file of
manipulation.fit_saliency or manipulation.fit_networks, or, with the package
deepgaze_pytorch: {", ".join(PUBLISHED)}."""
EXAMPLE = f"python -m {MODULE} --model scratch --images osie/images --fixations osie/fixations.csv"


def main(argv: Sequence[str] | None = None) -> None:
    """Predict every photograph, score the predictions and print or write the scores."""
    args = _arguments(argv)
    model = load_saliency_model(args.model).to(chosen_device(args.device))
    table = read_fixations(args.fixations, args.images)
    with Progress() as progress:
        scores = evaluate_saliency_model(
            model, table, args.images, pixels_per_degree=args.pixels_per_degree, progress=progress
        )
    report = scores.as_dict()
    if args.json is not None:
        write_json(args.json, report)
    _print(report)


def _print(scores: Mapping[str, Any]) -> None:
    table = Table("measure", "value", "95 % interval")
    for name, (low, high) in scores["intervals_95"].items():
        if scores[name] is None or low is None:
            table.add_row(name, "infinite", "")
        else:
            table.add_row(name, f"{scores[name]:.3f}", f"{low:.3f} to {high:.3f}")
    console = Console()
    console.print(table)
    console.print(
        f"{scores['n_fixations']} fixations on {scores['n_images']} photographs; "
        f"{scores['n_outside']} outside left out"
    )
    if scores["information_gain_explained"] is None:
        console.print("no explained information: not known of two or more people who fixated")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--model", required=True, metavar="NAME|FILE",
        help=f"{SHIPPED}, or weights of your own")  # fmt: skip
    add_fixations(parser)
    add_device(parser)
    add("--json", type=Path, metavar="FILE", help="write the scores there as well")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
