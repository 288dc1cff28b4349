"""Make the stimuli of a study: originals and two versions of every source, balanced in blocks.

``python -m manipulation.generate --study STUDY`` reads ``study.toml``. With ``--demo`` or
``--coco`` it first makes the study, proposing sources and objects.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from manipulation.design.blocks import block_orders
from manipulation.design.new_study import check_free, create_study
from manipulation.design.proposals import (
    Candidate,
    coco_candidates,
    objects_of,
    propose,
    proposed_sources,
)
from manipulation.saliency import load_saliency_model
from manipulation.stimulus_set import StimulusSet
from stimuli import commands
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.errors import InputError
from stimuli.masks import read_annotations
from stimuli.orders import positions
from stimuli.settings import Settings, StudySettings
from stimuli.study import Study, open_study
from stimuli.vocabulary import Block, Condition, Direction

console = Console(stderr=True, soft_wrap=True, highlight=False)
if not console.is_terminal:
    console.width = 130  # of the table, in a log


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    root = Path(arguments.study)
    if arguments.demo or arguments.coco:
        found_study(root, arguments)
    study = open_study(root)
    generate(study)


def _arguments(argv):
    parser = commands.parser(
        "manipulation.generate",
        "Make the stimuli of a study: originals and two versions of every source with opposite "
        "aims, their targets and predictions, and the balanced blocks.\n\nThe first time, "
        "--demo or --coco makes the study folder and proposes sources; what was chosen then "
        "stands in STUDY/study.toml, to be changed by hand, and is used from there. What is there "
        "and as study.toml asks is kept: a run that was killed goes on, and a changed setting "
        "makes again what depends on it.",
        "python -m manipulation.generate --study my-study --coco val2017/ instances.json",
    )
    parser.add_argument("--study", required=True, help="study folder")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--demo", action="store_true", help="make the study from eight photographs at hand"
    )
    source.add_argument(
        "--coco", nargs=2, metavar=("IMAGES", "ANNOTATIONS"), help="make the study from a folder "
        "of photographs and their COCO annotation file",
    )  # fmt: skip
    parser.add_argument(
        "--sources", type=int, metavar="N", help="photographs to use, one in eight for entropy "
        "alone (default: 24, demo: 8)",
    )  # fmt: skip
    parser.add_argument(
        "--pairs", action=argparse.BooleanOptionalAction, default=True,
        help="in proposed versions, shift a second object the other way (default: yes)",
    )  # fmt: skip
    parser.add_argument("--name", help="name of a new study (default: that of its folder)")
    parser.add_argument("--seed", type=int, default=0, help="seed of a new study (default: 0)")
    return parser.parse_args(argv)


def found_study(root: Path, arguments) -> None:
    """Make the study folder with proposed sources, if it is not there.

    Raises
    ------
    InputError
        If the study is there, or the photographs do not suffice.
    """
    if (root / "study.toml").exists():
        raise InputError(
            f"{root}: is a study already; leave out --demo and --coco to use its study.toml, "
            f"or name a new folder"
        )
    check_free(root)
    if arguments.demo:
        annotations = read_annotations(DEMO_ANNOTATIONS)
        ids = {entry["file_name"]: image_id for image_id, entry in annotations.images.items()}
        candidates = [
            Candidate(one.source_id, photograph_path(one), ids[one.source_id])
            for one in PHOTOGRAPHS
        ]
    else:
        images, file = Path(arguments.coco[0]), Path(arguments.coco[1])
        if not images.is_dir():
            raise InputError(f"{images}: no such folder of photographs")
        annotations = read_annotations(file)
        candidates, missing = coco_candidates(images, annotations)
        if missing:
            console.print(
                f"[yellow]{len(missing)} annotated photographs are not in {images} and are left "
                f"out, such as {missing[0]}[/]"
            )
    sources = arguments.sources or (len(candidates) if arguments.demo else 24)
    if sources < 1:
        raise InputError(f"--sources is {sources}; expected at least 1")
    settings = Settings(study=StudySettings(arguments.name or root.name, arguments.seed))
    model = load_saliency_model(settings.manipulation.saliency)
    objects = [
        objects_of(candidate, annotations, model, settings)
        for candidate in track(
            candidates, f"Looking at {len(candidates)} photographs", console=console
        )
    ]
    proposals = propose(candidates, objects, annotations.path, sources, pairs=arguments.pairs)
    create_study(
        root, settings.study, proposals, proposed_sources(proposals, settings), annotations
    )
    console.print(f"{root / 'stimuli' / 'proposals.tsv'} says what was chosen, and why.")


def generate(study: Study) -> None:
    """Make the stimuli of a study as its settings ask; what is there and right is kept.

    Raises
    ------
    InputError
        If a source or setting is wrong (before anything is made), or somebody has seen the
        stimuli.
    """
    check_unseen(study)
    stimulus_set = StimulusSet(study)
    for stale in study.stimuli.rglob(".writing-*"):  # of a run that was killed
        stale.unlink()
    sources = study.settings.sources
    for source in track(sources, f"Making versions of {len(sources)} sources", console=console):
        stimulus_set.add_source(source)
    stimulus_set.finish()
    _print_summary(study, stimulus_set)


def check_unseen(study: Study) -> None:
    """Raise InputError if somebody has seen the stimuli."""
    seen = sorted(path.name for path in study.root.glob("sub-*")) or sorted(
        path.name for path in (study.root / "sourcedata").glob("sub-*")
    )
    if seen:
        raise InputError(
            f"{study.root}: {len(seen)} subjects, such as {seen[0]}, have seen the stimuli, so "
            f"they stay as they are; make a new study for others"
        )


def _print_summary(study: Study, stimulus_set: StimulusSet) -> None:
    table = Table(
        *("version", "made by", "measure", "original", "version", "asked", "second", "transfer"),
        title="Predictions",
    )
    versions = [one for one in stimulus_set.stimuli if one.direction != Direction.NONE]
    for version in versions:
        told = version.prognosis
        measure = "p_obj" if version.condition == Condition.OBJECT else "entropy (bits)"
        before = told.predicted - told.predicted_change
        table.add_row(
            version.stim_id, version.transform, measure, f"{before:.3f}",
            f"{told.predicted:.3f} ({told.predicted_change:+.3f})", f"{told.asked_change:+.3f}",
            "-" if told.second_change is None else f"{told.second_change:+.3f}",
            "-" if told.transfer is None else f"{told.transfer:.0%}",
        )  # fmt: skip
    console.print(table)
    moved = sum(one.moves_as_asked for one in versions)
    console.print(f"{moved} of {len(versions)} versions are predicted to move as asked.")
    if told := [one.prognosis.agrees for one in versions if one.prognosis.agrees is not None]:
        name = study.settings.manipulation.second_opinion
        console.print(
            f"{name}, which took no part in making them, predicts the same direction "
            f"for {sum(told)} of {len(told)}."
        )
    if not stimulus_set.fresh:
        console.print("Everything was there and as the settings ask; nothing was made anew.")
    counts = positions(block_orders(study.settings.design.orders), 23)
    first = "/".join(str(counts[1, block]) for block in Block)
    console.print(f"Of 23 subjects, {first} would begin with each block.")
    console.print(
        f"Look at {study.stimuli / 'contact_sheet.png'} (to print: contact_sheet.pdf); next:"
    )
    console.print(f"  python -m experiment.run --study {study.root} --subject 01", style="bold")


if __name__ == "__main__":
    commands.run(main)
