"""Count how a number of subjects balances blocks and trials: ``python -m experiment.balance``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from experiment.schedules.balance import BALANCE, Count, balance_in_words, block_balance
from stimuli.contract.orders import read_blocks
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Block
from stimuli.support import commands
from stimuli.support.console import patient_progress
from stimuli.support.tables import Row, write_table

MODULE = "experiment.balance"


def main(argv: Sequence[str] | None = None) -> None:
    """Schedule subjects 1 to n, count, print, and write the table into the study."""
    arguments = _arguments(argv)
    subjects, study = arguments.subjects, open_study(arguments.study)
    with patient_progress(subjects, "Scheduling subjects") as advance:
        rows = block_balance(study, subjects, subject_done=advance)
    table = study.derivatives / "balance.tsv"
    write_table(table, BALANCE, rows, sidecar={"Subjects": subjects})
    show(rows, Console())
    for sentence in balance_in_words(read_blocks(study.blocks), rows, subjects):
        print(sentence)
    print(f"Written to {table}")


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the counts as tables."""
    counts = {(r["measure"], r["block"], r["position"] or r["before"]): r["value"] for r in rows}
    blocks = [b for b in Block if (Count.POSITION, b, 1) in counts]
    places = ("1st", "2nd", "3rd", "4th")[: len(blocks)]
    by_position = Table("block", *places, title="Subjects who see a block in a position")
    after = Table("", *(f"then {block}" for block in blocks), title="Block after block")
    for block in blocks:
        seen = [counts[Count.POSITION, block, place] for place in range(1, len(blocks) + 1)]
        by_position.add_row(block, *(f"{count:.0f}" for count in seen))
        followed = [counts.get((Count.CARRY_OVER, other, block)) for other in blocks]
        after.add_row(block, *("" if n is None else f"{n:.0f}" for n in followed))
    kinds = Table("condition", "direction", "mean trial", title="Mean trial of a kind")
    for row in rows:
        if row["measure"] == Count.MEAN_TRIAL:
            kinds.add_row(row["condition"], row["direction"], f"{row['value']:.2f}")
    for one in (by_position, after, kinds):
        console.print(one)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(
        MODULE,
        "Count how subjects 1 to N balance the study: each block in each position, each block\n"
        "after each other, the mean trial of each kind of stimulus, and the longest run of one\n"
        "kind. Says which number of subjects would balance what is not, and writes\n"
        "STUDY/derivatives/balance.tsv.",
        f"python -m {MODULE} --study my-study --subjects 23",
    )
    parser.add_argument(
        "--study", default=Path(), type=Path, help="the study folder (default: this folder)"
    )
    parser.add_argument("--subjects", required=True, type=int, metavar="N", help="subjects 1 to N")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
