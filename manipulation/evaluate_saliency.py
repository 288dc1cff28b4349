"""Score a saliency model on recorded fixations: ``python -m manipulation.evaluate_saliency``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from manipulation.saliency.arguments import add_fixations
from manipulation.saliency.evaluation import evaluate, predict
from manipulation.saliency.files import load_saliency_model
from manipulation.saliency.fixations import Photograph, photographs, read_fixations
from manipulation.saliency.model import SaliencyModel
from stimuli import commands
from stimuli.errors import InputError
from stimuli.files import write_json

MODULE = "manipulation.evaluate_saliency"
DESCRIPTION = """\
Score a saliency model against the fixations of people on photographs.

Information gain is over the centre bias of the other photographs' fixations;
the same centre bias enters the model's density. The explained part is relative
to how well people predict people, for which the table needs a column subject.
A model scores too well on photographs that it was fitted to; for the models
that ship with the toolkit see their cards.

The table of fixations is comma-separated with the columns image, x_px, y_px
(pixels of the photograph's file, origin at the top-left corner) and subject."""
EXAMPLE = f"python -m {MODULE} --model icf --images osie/images --fixations osie/fixations.csv"


def main(argv: Sequence[str] | None = None) -> None:
    """Predict every photograph, score the predictions and print or write the scores."""
    args = _arguments(argv)
    model = load_saliency_model(args.model)
    table = read_fixations(args.fixations, args.images)
    scale = model.pixels_per_degree / args.pixels_per_degree
    with Progress() as progress:
        pictures = photographs(table, args.images, scale=scale)
        tracked = progress.track(pictures, total=len(table.images), description="predictions")
        outside, predictions = 0, []
        for picture in tracked:
            _check_size(picture, model)
            outside += picture.outside
            if len(picture.points):
                predictions.append(predict(model, picture))
    if len(predictions) < 2:
        raise InputError(
            f"{args.fixations}: {len(predictions)} images have fixations inside ({outside} "
            f"fixations are outside); expected 2 or more, one for the centre bias of the other"
        )
    scores = {**evaluate(model, predictions).as_dict(), "n_outside": outside}
    if args.json is not None:
        write_json(args.json, scores)
    _print(scores)


def _check_size(picture: Photograph, model: SaliencyModel) -> None:
    height, width = picture.image.shape[-2:]
    if min(height, width) < model.extractor.minimum_px:
        raise InputError(
            f"{picture.name}: is {width} x {height} px at {model.pixels_per_degree:.1f} px per "
            f"degree; expected at least {model.extractor.minimum_px} (see --pixels-per-degree)"
        )


def _print(scores: dict[str, object]) -> None:
    table = Table("measure", "value", "95 % interval")
    for name, (low, high) in scores["intervals_95"].items():
        table.add_row(name, f"{scores[name]:.3f}", f"{low:.3f} to {high:.3f}")
    console = Console()
    console.print(table)
    console.print(
        f"{scores['n_fixations']} fixations on {scores['n_images']} photographs; "
        f"{scores['n_outside']} outside left out"
    )
    if scores["information_gain_explained"] is None:
        console.print("no explained information: no column subject with two or more people")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--model", required=True, metavar="NAME|FILE", help="such as icf, or weights of your own")
    add_fixations(parser)
    add("--json", type=Path, metavar="FILE", help="write the scores there as well")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
