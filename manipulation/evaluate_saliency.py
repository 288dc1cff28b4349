"""Score a saliency model on recorded fixations: ``python -m manipulation.evaluate_saliency``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from manipulation.saliency.arguments import add_device, add_fixations
from manipulation.saliency.evaluation import evaluate
from manipulation.saliency.files import load_saliency_model
from manipulation.saliency.fixations import read_fixations, viewed_photographs
from manipulation.saliency.pictures import resized_photograph
from manipulation.saliency.processes import chosen_device
from stimuli import commands
from stimuli.errors import InputError
from stimuli.files import write_json

MODULE = "manipulation.evaluate_saliency"
DESCRIPTION = """\
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

--model is a name that ships (icf), a file of manipulation.fit_saliency, or, with
the package deepgaze_pytorch: DeepGazeI, DeepGazeIIE, DeepGazeIII, DeepGazeMSDB."""
EXAMPLE = f"python -m {MODULE} --model icf --images osie/images --fixations osie/fixations.csv"


def main(argv: Sequence[str] | None = None) -> None:
    """Predict every photograph, score the predictions and print or write the scores."""
    args = _arguments(argv)
    model = load_saliency_model(args.model).to(chosen_device(args.device))
    table = read_fixations(args.fixations, args.images)
    settings = {"scale": model.pixels_per_degree / args.pixels_per_degree,
                "minimum_px": model.minimum_px}  # fmt: skip
    everything = list(viewed_photographs(table, args.images, **settings))
    viewed = [one for one in everything if len(one.points)]
    outside = sum(one.outside for one in everything)
    if len(viewed) < 2:
        raise InputError(
            f"{args.fixations}: {len(viewed)} images have fixations inside ({outside} "
            f"fixations are outside); expected 2 or more, one for the centre bias of the other"
        )
    with Progress() as progress:
        tracked = progress.track(viewed, description="photographs")
        pictures = (resized_photograph(args.images / one.name, **settings)[0] for one in tracked)
        scores = evaluate(model, viewed, pictures)
    report = {**scores.as_dict(), "n_outside": outside}
    if args.json is not None:
        write_json(args.json, report)
    _print(report)


def _print(scores: dict[str, object]) -> None:
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
    add("--model", required=True, metavar="NAME|FILE", help="such as icf, or weights of your own")
    add_fixations(parser)
    add_device(parser)
    add("--json", type=Path, metavar="FILE", help="write the scores there as well")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
