"""``python -m analysis.share STUDY --out FOLDER``: a copy of a study that is fit to be published.

No names, no dates, no free text; photographs bare and on terms that allow it; a valid BIDS dataset
that says who made it, which `analysis.run` analyses to the same numbers. Nothing is written into
the study.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from analysis.sharing.people import OLDEST
from analysis.sharing.share import SharedStudy, share_study
from stimuli.contract.study import open_study
from stimuli.support.commands import parser, run


def main(argv: Sequence[str] | None = None) -> None:
    """Copy a study; see the module's first lines."""
    arguments = _arguments(argv)
    shared = share_study(
        open_study(arguments.study), arguments.out, authors=arguments.author or (),
        licence=arguments.licence or "", leave_out_pictures=arguments.leave_out_pictures,
        permitted=arguments.permitted or (), keep_columns=arguments.keep_column or (),
        with_edf=arguments.with_edf,
    )  # fmt: skip
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for sentence in _sentences(shared, with_edf=arguments.with_edf):
        console.print(sentence)


def _sentences(shared: SharedStudy, *, with_edf: bool) -> list[str]:
    told = [f"{shared.root}: look through it before you publish it."]
    if shared.without:
        told.append(f"Grey takes the place of the pictures of {', '.join(shared.without)}.")
    people = shared.people
    if people and people.dropped:
        told.append(
            f"Left out of participants.tsv: {', '.join(people.dropped)}; --keep-column keeps one."
        )
    if people and people.grouped:
        told.append(f"{people.grouped} participants are {OLDEST} or older, and have the age "
                    f"{OLDEST}+.")  # fmt: skip
    if columns := sorted({name for one in shared.runs for name in one.columns_left_out}):
        told.append(f"Left out of events: {', '.join(columns)}.")
    if messages := sum(one.messages_left_out for one in shared.runs):
        told.append(f"{messages} messages of recordings may hold free text and were left out.")
    if edf := sum(one.edf for one in shared.runs):
        told.append(
            f"{edf} EDF files were copied as they are, with the time of recording in them."
            if with_edf else
            f"{edf} EDF files hold the time of recording and cannot be written anew: they were "
            f"left out, and their content stands in ASC files; --with-edf copies them too."
        )  # fmt: skip
    if shared.left_out:
        told.append(
            f"{len(shared.left_out)} other files stay at home; add by hand what may be published: "
            f"{', '.join(shared.left_out)}."
        )
    return told


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.share",
        "Copy a study so that it can be published: without dates, names, journals and free text, "
        "with\nbare photographs, a list of whom these are owed to, and a description that a DOI "
        "can be given\nto. The copy is a valid BIDS dataset and analysed to the same numbers; the "
        "study stays as it is.",
        'python -m analysis.share my-study --out to-publish --author "Mustermann, E." '
        "--licence CC0",
    )
    command.add_argument("study", metavar="STUDY", help="study folder")
    command.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="new or empty folder"
    )
    command.add_argument(
        "--author", action="append", metavar="NAME", help="an author of the dataset, once for each "
        "(default: Authors in dataset_description.json)",
    )  # fmt: skip
    command.add_argument(
        "--licence", metavar="NAME", help="terms of the data, such as CC0 or CC-BY-4.0 (default: "
        "License in dataset_description.json); photographs keep their own",
    )  # fmt: skip
    command.add_argument(
        "--leave-out-pictures", action="store_true", help="put grey in the place of photographs "
        "whose licence forbids versions (NoDerivatives), reserves all rights or is unknown "
        "(default: they are named, and nothing is written)",
    )  # fmt: skip
    command.add_argument(
        "--permitted", action="append", metavar="SOURCE", help="a photograph that you know you may "
        "publish, once for each; all for every one, such as your own",
    )  # fmt: skip
    command.add_argument(
        "--keep-column", action="append", metavar="NAME", help="a column of participants.tsv that "
        "tells nobody who somebody is, once for each (default: order, observer, age, sex, "
        "handedness and the like)",
    )  # fmt: skip
    command.add_argument(
        "--with-edf", action="store_true", help="copy EDF files as they are, though they hold the "
        "time of recording (default: their content as ASC alone)",
    )  # fmt: skip
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
