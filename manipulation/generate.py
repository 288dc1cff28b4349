"""Make the stimuli of a study: originals and versions of every source, balanced in blocks.

``python -m manipulation.generate --study STUDY`` reads ``study.toml``. With ``--demo``, ``--coco``
or ``--photographs`` it first makes the study, proposing sources and objects.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from manipulation.new_study.candidates import (
    CandidatePhotographs,
    coco_photographs,
    unchangeable,
)
from manipulation.new_study.drawn_masks import DrawnOn
from manipulation.new_study.folder import check_free
from manipulation.new_study.objects import UNREADABLE
from manipulation.new_study.odd_shapes import what_people_would_see
from manipulation.new_study.plain_photographs import plain_photographs
from manipulation.new_study.proposal_table import LEFT_OUT
from manipulation.new_study.propose_study import propose_study
from manipulation.runs.left_out import left_out_in_words, missing_in_words
from manipulation.study_stimuli.control_stimulus import controls_in_words
from manipulation.study_stimuli.generation import GeneratedStimuli, generate_stimuli
from manipulation.study_stimuli.latin_square import block_orders
from manipulation.study_stimuli.reach_aims import reach_aims
from manipulation.study_stimuli.second_opinions import described
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.credits import credits_of
from stimuli.contract.licences import Permission
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.orders import positions
from stimuli.contract.schemas import PROPOSALS
from stimuli.contract.settings import ImageSettings
from stimuli.contract.study import Study, open_study
from stimuli.contract.vocabulary import Condition, Direction
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.errors import InputError
from stimuli.support.files import image_size
from stimuli.support.tables import read_table

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
            _print_unused(study, photographs)
        _print_odd_shapes(study)
        _print_left_out(study)
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
    _print_summary(study, generated)


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
        if photographs.others:
            console.print(
                f"[yellow]{len(photographs.others)} files in {arguments.photographs} are no "
                f"photographs and are left out, such as {escape(photographs.others[0])}[/]"
            )
        return photographs
    if not arguments.coco:
        return None
    drawn_on = DrawnOn(arguments.masks_drawn_on or DrawnOn.UPRIGHT)
    photographs = coco_photographs(
        *arguments.coco, boxes=bool(arguments.boxes), drawn_on=drawn_on,
        rescale=bool(arguments.rescale_masks),
    )  # fmt: skip
    if photographs.ambiguous:
        other = next(one for one in DrawnOn if one != drawn_on)
        console.print(
            escape(
                f"EXIF turns {len(photographs.ambiguous)} photographs, such as "
                f"{photographs.ambiguous[0]}, and their sizes do not tell what masks were drawn "
                f"on; taken is {drawn_on}. Where masks miss the objects in proposals.png, make "
                f"the study again with --masks-drawn-on {other}."
            ),
            style="yellow",
        )
    for line in missing_in_words(photographs.missing, arguments.coco[0]):
        console.print(escape(line), style="yellow")
    if bound := unchangeable(photographs):
        what = (
            "are taken all the same: do not publish versions of them" if arguments.no_derivatives
            else "are left out; --no-derivatives takes them"
        )  # fmt: skip
        console.print(
            f"[yellow]The licence of {len(bound)} photographs forbids changes (NoDerivatives), "
            f"such as {bound[0]}; they {what}[/]"
        )
    return photographs


def _print_unused(study: Study, photographs: CandidatePhotographs) -> None:
    used = {source.source_id for source in study.settings.sources}
    unused = [one.path.name for one in photographs.candidates if one.source_id not in used]
    if unused:
        console.print(
            escape(
                f"{len(unused)} of {len(photographs.candidates)} photographs are no sources: "
                f"{', '.join(unused[:5])}{', ...' if len(unused) > 5 else ''}."
            )
        )


def _print_odd_shapes(study: Study) -> None:
    for source in study.settings.sources:
        size = image_size(study.root / source.photograph)
        if odd := what_people_would_see(size, study.settings.images):
            console.print(f"[yellow]{source.source_id}: {odd}[/]")


def _print_left_out(study: Study) -> None:
    """Print one list of all that cannot be used."""
    rows = read_table(study.proposals, PROPOSALS)
    left_out = [
        LeftOut(
            row["photograph"] or "", row["annotation_id"],
            row["because"].removeprefix(LEFT_OUT).removeprefix(UNREADABLE),
        )
        for row in rows
        if row["because"].startswith((UNREADABLE, LEFT_OUT))
    ]  # fmt: skip
    for line in left_out_in_words(left_out, study.proposals.name):
        console.print(escape(line), style="yellow")


def _print_summary(study: Study, generated: GeneratedStimuli) -> None:
    judges = list(generated.shares)
    table = Table(
        *("version", "made by", "measure", "original", "version", "asked", *judges),
        "transfer" if len(judges) < 2 else "least transfer", title="Predictions",
    )  # fmt: skip
    versions = [one for one in generated.stimuli if one.direction != Direction.NONE]
    effects = [one.effect for one in versions if one.effect is not None]
    for version, effect in zip(versions, effects, strict=True):
        measure = "p_obj" if version.condition == Condition.OBJECT else "entropy (bits)"
        asked, change = effect.asked_change or 0.0, effect.predicted_change or 0.0
        table.add_row(
            version.stim_id, version.transform, measure, f"{effect.predicted - change:.3f}",
            f"{effect.predicted:.3f} ({change:+.3f})",
            "-" if version.control else f"{asked:+.3f}",
            *(_signed(effect.second_changes.get(name)) for name in judges),
            "-" if effect.transfer is None or version.control else
            f"{effect.transfer:z.0%}{f' ({effect.least})' if len(judges) > 1 else ''}",
        )  # fmt: skip
    console.print(table)
    controls = [one for one in versions if one.control]
    versions = [one for one in versions if not one.control]
    effects = [one.effect for one in versions if one.effect is not None]
    moved = sum(one.moves_as_asked is True for one in versions)
    console.print(f"{moved} of {len(versions)} versions are predicted to move as asked.")
    bound = [one for one in effects if one.within_budget is not None]
    if bound:
        console.print(
            f"{sum(one.within_budget is True for one in bound)} of {len(bound)} versions keep to "
            f"their budget of naturalness."
        )
    if still := [one.stim_id for one in versions if one.effect and one.effect.psnr_db == math.inf]:
        console.print(
            f"Nothing was found within their budget for {', '.join(still)}, which are as their "
            f"originals are."
        )
    missed = [one.stim_id for one in versions if one.effect and one.effect.aim_reached is False]
    if missed:
        console.print(
            f"{len(missed)} versions do not reach manipulation.aim within their budget: "
            f"{', '.join(missed)}. Run again with --other-objects, choose others in study.toml "
            f"({study.proposals.name} lists them by headroom), a smaller aim, or a wider budget."
        )
    for sentence in controls_in_words(controls):
        console.print(sentence)
    for name, shares in generated.shares.items():
        transfers = [one.transfer_to(name) for one in effects if name in one.second_changes]
        console.print(
            f"{described(name, shares)} predicts the same direction for "
            f"{sum(one is not None and one > 0 for one in transfers)} of the {len(transfers)} "
            f"versions that it took no part in."
        )
    _print_terms(study, generated)
    if not generated.made_anew:
        console.print("Everything was there and as the settings ask; nothing was made anew.")
    settings = study.settings
    counts = positions(block_orders(settings.design.orders, settings.blocks), 23)
    first = "/".join(str(counts[1, block]) for block in settings.blocks)
    console.print(f"Of 23 subjects, {first} would begin with each block.")
    console.print(
        f"How they were made, for a paper: {study.stimulus_methods}; whom the photographs are owed "
        f"to: {study.credits.with_suffix('.txt')}"
    )
    console.print(
        f"Look at {study.stimuli / 'contact_sheet.png'} (to print: contact_sheet.pdf); next:"
    )
    console.print(f"  python -m experiment.run --study {study.root} --subject 01", style="bold")


def _print_terms(study: Study, generated: GeneratedStimuli) -> None:
    doubtful = [one for one in credits_of(generated.stimuli) if one.allows != Permission.CHANGED]
    if doubtful:
        named = ", ".join(f"{one.source_id} ({one.licence})" for one in doubtful[:5])
        console.print(
            f"[yellow]Versions of {len(doubtful)} photographs may not be published, or it is not "
            f"known whether they may: {named}{', ...' if len(doubtful) > 5 else ''}; see "
            f"{study.credits.with_suffix('.txt')}[/]"
        )


def _signed(change: float | None) -> str:
    return "-" if change is None else f"{change:+.3f}"


if __name__ == "__main__":
    commands.run(main)
