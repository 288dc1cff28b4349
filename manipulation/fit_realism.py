"""Fit the realism judges: ``python -m manipulation.fit_realism``."""

import argparse
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch

from manipulation.naturalness.realism import GUIDE, JUDGE, save_realism_head
from manipulation.new_study.candidates import coco_photographs
from manipulation.realism_fitting.card import realism_card
from manipulation.realism_fitting.examples import ExampleMaker, Examples, Photograph
from manipulation.realism_fitting.fit import agreement, fit_realism_head, judge_quality
from manipulation.runs.alone import fitting_alone
from manipulation.runs.arguments import count, share
from manipulation.runs.held_out import name_share
from manipulation.runs.left_out import left_out_in_words, missing_in_words
from manipulation.runs.model_card import Origin
from manipulation.training.photograph_cache import photograph_files
from stimuli.contract.coco_file import LeftOut
from stimuli.support import commands
from stimuli.support.console import messages, progress
from stimuli.support.files import write_text
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.fit_realism"
DESCRIPTION = """\
Fit two judges that tell how edited a region of a picture looks: guide, which
bounds what versions may cost, and judge, which has seen other photographs and
takes part in nothing. They learn from random edits of the photographs given,
and from what the networks that ship and free pixels make of them.

A share of the photographs is held out, by a hash of their names; of the others
one half is for guide and the other for judge, and the untouched photographs of
the other half are the scale of each. OUT/examples keeps what was computed, so
that a run that was stopped goes on; it is removed at the end. Each photograph
takes about 5 s of one core a round."""
EXAMPLE = f"python -m {MODULE} --images coco/images --annotations coco.json --out realism"


def main(argv: Sequence[str] | None = None) -> None:
    """Make examples, fit both judges, measure and write them with their cards."""
    args = _arguments(argv)
    torch.set_num_threads(args.threads)
    with fitting_alone(args.out / "examples", "fits realism judges"):
        _fit(args, commands.command_line(MODULE, argv))


def _fit(args: argparse.Namespace, command: str) -> None:
    examples = _examples(args)
    unseen = [one for one in examples if name_share(one.name) < args.held_out]
    others = [one for one in examples if name_share(one.name) >= args.held_out]
    halves = {
        GUIDE: [one for one in others if name_share(one.name, "half") < 0.5],
        JUDGE: [one for one in others if name_share(one.name, "half") >= 0.5],
    }
    other = {GUIDE: JUDGE, JUDGE: GUIDE}
    heads = {
        name: fit_realism_head(half, halves[other[name]], seed=args.seed + number)
        for number, (name, half) in enumerate(halves.items())
    }
    agreed = agreement(heads[GUIDE], heads[JUDGE], unseen)
    for number, (name, head) in enumerate(heads.items()):
        file = args.out / f"realism-{name}.safetensors"
        save_realism_head(file, head, args.data)
        quality = judge_quality(head, unseen)
        card = realism_card(
            name, Origin.of_file(file, data=args.data, command=command), quality,
            photographs=len({one.name for one in halves[name]}),
            calibrated=len({one.name for one in halves[other[name]]}),
            rounds=args.rounds, seed=args.seed + number, agreement=agreed,
        )  # fmt: skip
        write_text(file.with_suffix(".md"), card)
        write_sidecar(
            file.with_suffix(".json"), command=MODULE, outputs=[file],
            inputs=[args.annotations] if args.annotations else [],
            settings={"rounds": args.rounds, "held_out": args.held_out},
            seeds={"fit": args.seed + number},
        )  # fmt: skip
        print(f"{name}: orders edits by {quality.order:.2f}, wrote {file}")
    if not args.keep_examples:
        shutil.rmtree(args.out / "examples")


def _examples(args: argparse.Namespace) -> list[Examples]:
    photographs: list[Photograph] = []
    annotations, lines = None, list[str]()
    left_out: list[LeftOut] = []
    if args.annotations:
        found = coco_photographs(args.images[0], args.annotations)
        annotations = found.annotations
        left_out += found.left_out
        lines += missing_in_words(found.missing, args.images[0])
        photographs += [Photograph(one.path, one.image_id) for one in found.candidates]
    if plain := args.images[1 if args.annotations else 0 :]:
        photographs += [Photograph(one) for one in photograph_files(plain)]
    random.Random(0).shuffle(photographs)
    folder = args.out / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    maker = ExampleMaker(photographs, annotations, args.held_out, folder)
    made: list[Examples | None] = []
    for number in range(args.rounds):
        shown = progress(photographs, f"Editing {len(photographs)} photographs")
        made += [maker.examples(photograph, number) for photograph in shown]
    for line in (*lines, *left_out_in_words([*left_out, *maker.left_out.values()])):
        messages().print(line, style="yellow", markup=False)
    return [one for one in made if one is not None]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--images", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs")  # fmt: skip
    add("--annotations", type=commands.existing_file, metavar="FILE",
        help="COCO annotations of the first folder, whose objects are edited there")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder for both judges")
    add("--rounds", type=count, default=1, metavar="N",
        help="regions of each photograph (default: 1)")  # fmt: skip
    add("--held-out", type=share, default=0.25, metavar="SHARE",
        help="of the photographs, kept from both (default: 0.25)")  # fmt: skip
    add("--seed", type=int, default=0, metavar="N", help="of first weights and draws (default: 0)")
    add("--threads", type=count, default=1, metavar="N", help="of the processor (default: 1)")
    add("--keep-examples", action="store_true", help="keep OUT/examples")
    add("--data", default="not stated", metavar="TEXT", help="the photographs and their licence")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
