"""What a run of ``manipulation.generate`` says of photographs before it makes a study of them."""

from rich.markup import escape

from manipulation.new_study.candidates import CandidatePhotographs, unchangeable
from manipulation.new_study.drawn_masks import DrawnOn
from manipulation.new_study.objects import UNREADABLE
from manipulation.new_study.odd_shapes import what_people_would_see
from manipulation.new_study.proposal_table import LEFT_OUT
from manipulation.new_study.source_names import one_line
from manipulation.runs.left_out import left_out_in_words, missing_in_words
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.schemas import PROPOSALS
from stimuli.contract.study import Study
from stimuli.support.console import messages
from stimuli.support.files import image_size
from stimuli.support.tables import read_table
from stimuli.support.words import counted

console = messages()


def print_others(photographs: CandidatePhotographs, folder: str) -> None:
    """Print which files of a folder are no photographs, and which folders are not looked into."""
    if photographs.others:
        console.print(
            f"[yellow]Left out of {escape(str(folder))}, since no photographs: "
            f"{counted(len(photographs.others), 'file')}, such as "
            f"{escape(one_line(photographs.others[0]))}[/]"
        )
    if photographs.folders:
        number = counted(len(photographs.folders), "folder")
        console.print(
            f"[yellow]Not looked into: {number} in {escape(str(folder))}, such as "
            f"{escape(one_line(photographs.folders[0]))}; put photographs from there beside the "
            f"others[/]"
        )


def print_of_photographs(
    photographs: CandidatePhotographs, folder: str, drawn_on: DrawnOn, no_derivatives: bool
) -> None:
    """Print what of annotated photographs is not clear, is missing, or may not be changed."""
    if photographs.ambiguous:
        other = next(one for one in DrawnOn if one != drawn_on)
        console.print(
            escape(
                f"EXIF turns {counted(len(photographs.ambiguous), 'photograph')}, such as "
                f"{photographs.ambiguous[0]}, and sizes do not tell what masks were drawn "
                f"on; taken is {drawn_on}. Where masks miss the objects in proposals.png, make "
                f"the study again with --masks-drawn-on {other}."
            ),
            style="yellow",
        )
    for line in missing_in_words(photographs.missing, folder):
        console.print(escape(line), style="yellow")
    if bound := unchangeable(photographs):
        what = (
            "taken all the same, so do not publish versions" if no_derivatives
            else "left out unless --no-derivatives is given"
        )  # fmt: skip
        console.print(
            f"[yellow]The licence of {counted(len(bound), 'photograph')}, such as {bound[0]}, "
            f"forbids changes (NoDerivatives): {what}[/]"
        )


def print_unused(study: Study, photographs: CandidatePhotographs) -> None:
    """Print which photographs are no sources."""
    used = {source.source_id for source in study.settings.sources}
    unused = [one.path.name for one in photographs.candidates if one.source_id not in used]
    if unused:
        named = f"{', '.join(unused[:5])}{', ...' if len(unused) > 5 else ''}"
        of = counted(len(photographs.candidates), "photograph")
        console.print(escape(f"No sources are {len(unused)} of {of}: {named}."))


def print_odd_shapes(study: Study) -> None:
    """Print of which sources people would notice the size or the shape."""
    for source in study.settings.sources:
        size = image_size(study.root / source.photograph)
        if odd := what_people_would_see(size, study.settings.images):
            console.print(f"[yellow]{source.source_id}: {odd}[/]")


def print_left_out(study: Study) -> None:
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
