"""Make the stimuli of a study: originals and versions of every source, balanced in blocks.

``python -m manipulation.generate --study STUDY`` reads ``study.toml``. With ``--demo``, ``--coco``
or ``--photographs`` it first makes the study, proposing sources and objects.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from manipulation.new_study.candidates import CandidatePhotographs, coco_photographs
from manipulation.new_study.drawn_masks import DrawnOn
from manipulation.new_study.folder import check_free
from manipulation.new_study.notices import (
    print_left_out,
    print_odd_shapes,
    print_of_photographs,
    print_others,
    print_unused,
)
from manipulation.new_study.plain_photographs import plain_photographs
from manipulation.new_study.propose_study import propose_study
from manipulation.study_stimuli.generation import generate_stimuli
from manipulation.study_stimuli.reach_aims import reach_aims
from manipulation.study_stimuli.summary import print_summary
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.settings import ImageSettings
from stimuli.contract.study import Study, open_study
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.errors import InputError

console = messages()

_OF_NEW_STUDIES = (
    "sources", "entropy", "pairs", "mixture", "controls", "aim", "name", "seed", "fit", "boxes",
    "masks_drawn_on", "rescale_masks", "no_derivatives",
)  # fmt: skip
_STATED = ("sources", "controls", "aim", "name", "seed", "fit")  # of these in study.toml


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    root = Path(arguments.study)
    if arguments.demo or arguments.coco or arguments.photographs:
        check_free(root)  # before photographs are looked at
        photographs = _photographs(arguments)
        study = propose_study(
            root, photographs, sources=arguments.sources, entropy=arguments.entropy,
            pairs=arguments.pairs is not False, mixture=bool(arguments.mixture),
            controls=bool(arguments.controls), name=arguments.name or "", seed=arguments.seed or 0,
            fit=arguments.fit or ImageSettings.fit, aim=arguments.aim,
            no_derivatives=bool(arguments.no_derivatives),
        )  # fmt: skip
        if photographs and photographs.proposed:
            print_unused(study, photographs)
        print_odd_shapes(study)
        print_left_out(study)
        console.print(
            f"{study.proposals} says what was chosen, and why; "
            f"{study.stimuli / 'proposals.png'} shows it."
        )
    elif given := [name for name in _OF_NEW_STUDIES if getattr(arguments, name) is not None]:
        option = f"--{given[0].replace('_', '-')}"
        repair = (
            "is made as its study.toml says, which states it; change it there"
            if given[0] in _STATED else
            "has its photographs, outlines and sources already; make a new study with it, or "
            "change them in the studio or in study.toml"
        )  # fmt: skip
        raise InputError(
            f"{root}: {option} is {getattr(arguments, given[0])}, and is for a new study; this "
            f"one {repair}"
        )
    open_study(root)
    with changing_stimuli(root, "makes the stimuli"):
        _make(open_study(root), arguments)  # as nobody else changes it now


def _make(study: Study, arguments: argparse.Namespace) -> None:
    if arguments.other_objects:
        if not study.settings.manipulation.aim:
            raise InputError(
                f"{study.settings_file}: manipulation.aim is 0, so no object misses it; expected "
                f"an aim with --other-objects; state one, such as aim = 0.1"
            )
        generated, changes = reach_aims(study)
        for one in changes:
            console.print(
                f"{one.source_id}: object {one.missed} missed the aim; "
                + (f"{one.annotation_id} was tried next" if one.left else
                   f"so did all others, and {one.annotation_id} stands again")
            )  # fmt: skip
        study = open_study(study.root)
    else:
        generated = generate_stimuli(study)
    print_summary(study, generated)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(
        "manipulation.generate",
        "Make the stimuli of a study: originals and two versions of every source with opposite "
        "aims, their targets and predictions, and the balanced blocks.\n\nThe first time, --demo, "
        "--coco or --photographs makes the study folder and proposes sources; what was chosen "
        "then stands in STUDY/study.toml, to be changed by hand, and is used from there. What is "
        "there and as study.toml asks is kept: a run that was killed goes on, and a changed "
        "setting makes again what depends on it.",
        "python -m manipulation.generate --study my-study --coco val2017/ instances.json",
    )
    parser.add_argument("--study", required=True, help="study folder")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--demo", action="store_true", help="make the study from eight photographs at hand"
    )
    source.add_argument(
        "--coco", nargs=2, metavar=("IMAGES", "ANNOTATIONS"), help="make the study from a folder "
        "of photographs and their annotations: COCO's instances, or LabelMe's or Label Studio's "
        "own JSON",
    )  # fmt: skip
    source.add_argument(
        "--photographs", metavar="FOLDER", help="make the study from plain photographs, and "
        "propose regions on them; the studio takes others that are clicked or drawn",
    )  # fmt: skip
    parser.add_argument(
        "--sources", type=int, metavar="N", help="photographs to use, one in eight for entropy "
        "alone (default: 24, demo: 8, plain photographs: as many as suffice up to 24)",
    )  # fmt: skip
    parser.add_argument(
        "--entropy", type=int, metavar="N", help="of these, how many for entropy alone, which "
        "needs no annotated object (default: one in eight, from four on)",
    )  # fmt: skip
    parser.add_argument(
        "--pairs", action=argparse.BooleanOptionalAction,
        help="in proposed versions, shift a second object the other way (default: yes)",
    )  # fmt: skip
    parser.add_argument(
        "--mixture", action="store_const", const=True, help="in proposed versions for objects, mix "
        "shift and scale as the paper does: after the shift, the scale that brings it further "
        "(default: shift alone)",
    )  # fmt: skip
    parser.add_argument(
        "--controls", action="store_const", const=True, help="in the new study, a third version "
        "of every source with targets: the increase's change on another region of like size and "
        "saliency, as a matched control in a fourth block (design.controls)",
    )  # fmt: skip
    parser.add_argument(
        "--aim", type=float, metavar="CHANGE", help="in the new study, the change of p_obj that "
        "versions stop at, such as 0.10, by the mean of guide and judges (manipulation.aim; "
        "default: as much as the budget of naturalness allows)",
    )  # fmt: skip
    parser.add_argument(
        "--other-objects", action="store_true", help="where a version does not reach "
        "manipulation.aim within the budget, try the photograph's other objects, by their "
        "headroom; study.toml and proposals.tsv say what was chosen",
    )  # fmt: skip
    parser.add_argument(
        "--boxes", action="store_const", const=True, help="with --coco, let the box of an object "
        "be its outline where it has no other",
    )  # fmt: skip
    parser.add_argument(
        "--masks-drawn-on", choices=tuple(map(str, DrawnOn)), help="with --coco, what masks were "
        "drawn on where EXIF turns a photograph and sizes do not tell: the photograph as it is "
        "seen, or as it is stored (default: upright)",
    )  # fmt: skip
    parser.add_argument(
        "--rescale-masks", action="store_const", const=True, help="with --coco, scale masks that "
        "were drawn on a reduced or enlarged copy of a photograph",
    )  # fmt: skip
    parser.add_argument(
        "--no-derivatives", action="store_const", const=True, help="propose photographs, too, "
        "whose licence forbids changes (NoDerivatives): versions of these may not be published "
        "(default: they are left out)",
    )  # fmt: skip
    parser.add_argument("--name", help="name of a new study (default: that of its folder)")
    parser.add_argument("--seed", type=int, help="seed of a new study (default: 0)")
    parser.add_argument(
        "--fit", choices=("crop", "stretch", "whole"),
        help="how the photographs of a new study become square: the largest centred square, "
        "stretched, or whole, on the grey of the screen (default: crop)",
    )  # fmt: skip
    return parser.parse_args(argv)


def _photographs(arguments: argparse.Namespace) -> CandidatePhotographs | None:
    """Return the photographs that a study is made from, and say what is left out; None: demo's."""
    if arguments.photographs:
        photographs = plain_photographs(
            arguments.photographs, fit=arguments.fit or ImageSettings.fit
        )
        print_others(photographs, arguments.photographs)
        return photographs
    if not arguments.coco:
        return None
    drawn_on = DrawnOn(arguments.masks_drawn_on or DrawnOn.UPRIGHT)
    photographs = coco_photographs(
        *arguments.coco, boxes=bool(arguments.boxes), drawn_on=drawn_on,
        rescale=bool(arguments.rescale_masks),
    )  # fmt: skip
    print_of_photographs(photographs, arguments.coco[0], drawn_on, bool(arguments.no_derivatives))
    return photographs


if __name__ == "__main__":
    commands.run(main)
