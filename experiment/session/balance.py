"""How far the schedules of a number of subjects are balanced: counts, and what they say in words.

In come the schedules of subjects 1 to n; out come the rows of ``derivatives/balance.tsv``.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean

from experiment.session.schedule import longest_run
from stimuli.orders import Orders, balancing_subjects, carry_overs, positions
from stimuli.tables import Column, Schema, Value
from stimuli.vocabulary import Block, Condition, Direction, Trial

BALANCE = Schema(
    "balance",
    (
        Column(
            "measure",
            str,
            "What is counted",
            levels={
                "position": "Subjects who see the block in the position",
                "carry-over": "Subjects who see the block directly after the one before",
                "mean-trial": "Mean trial, over subjects, of stimuli of that condition and aim",
                "longest-run": "Most trials in a row of one condition and direction in the block",
            },
        ),
        Column("block", str, "Block"),
        Column("position", int, "1 for the block seen first"),
        Column("before", str, "Block seen directly before"),
        Column("condition", str, "How the stimuli came to be"),
        Column("direction", str, "Aim of the versions"),
        Column("value", float, "Count, mean or run, as the measure says"),
        Column(
            "balanced",
            float,
            "What the value would be if all were balanced; for longest-run, the most that "
            "design.longest_run of study.toml allows",
        ),
    ),
)

Rows = list[dict[str, Value]]


def balance_rows(
    orders: Orders, schedules: Sequence[Sequence[Trial]], longest: int
) -> list[dict[str, Value]]:
    """Return the rows of the balance table.

    Parameters
    ----------
    orders
        The rows of blocks.tsv.
    schedules
        Of subjects 1 to n.
    longest
        Most trials of one kind in a row that the study allows.
    """
    subjects = len(schedules)
    rows = []
    for (position, block), count in positions(orders, subjects).items():
        even = subjects / len(Block)
        rows.append(_row("position", count, even, block=block, position=position))
    for (before, block), count in carry_overs(orders, subjects).items():
        # Two blocks of three follow another, which is one of two.
        even = subjects / len(Block)
        rows.append(_row("carry-over", count, even, block=block, before=before))
    trials = defaultdict(list)
    for trial in (trial for schedule in schedules for trial in schedule):
        trials[trial.stimulus.condition, trial.stimulus.direction].append(trial.trial)
    middle = (len(schedules[0]) + 1) / 2
    for condition, direction in _KINDS:
        if numbers := trials[condition, direction]:
            value = mean(numbers)
            rows.append(_row("mean-trial", value, middle, condition=condition, direction=direction))
    for block in (Block.VERSIONS_1, Block.VERSIONS_2):
        runs = [
            longest_run(trial.stimulus for trial in schedule if trial.block == block)
            for schedule in schedules
        ]
        rows.append(_row("longest-run", max(runs), longest, block=block))
    return rows


def balance_in_words(orders: Orders, rows: Rows, subjects: int) -> list[str]:
    """Return what is balanced, what is not, and which number of subjects would do."""
    counts = {key: _values(rows, key) for key in ("position", "carry-over", "mean-trial")}
    first = [
        f"{row['block']} {row['value']:.0f}"
        for row in rows
        if row["measure"] == "position" and row["position"] == 1
    ]
    runs = [row for row in rows if row["measure"] == "longest-run"]
    trials = counts["mean-trial"]
    return [
        f"First block of {subjects} subjects: {', '.join(first)}.",
        _judged("A block stands in a position", counts["position"])
        + _repair(balancing_subjects(positions, orders, subjects), orders, subjects),
        _judged("A block directly follows another", counts["carry-over"])
        + _repair(balancing_subjects(carry_overs, orders, subjects), orders, subjects),
        f"Stimuli of a kind come at trial {min(trials):.2f} to {max(trials):.2f} on average; "
        f"{_even(rows, 'mean-trial'):.1f} is the middle.",
        f"At most {max(row['value'] for row in runs):.0f} trials of a kind come in a row; "
        f"design.longest_run allows {runs[0]['balanced']:.0f}.",
    ]


_KINDS = (
    (Condition.ORIGINAL, Direction.NONE),
    *((c, d) for c in (Condition.OBJECT, Condition.ENTROPY)
      for d in (Direction.INCREASE, Direction.DECREASE)),
)  # fmt: skip


def _row(measure: str, value: float, balanced: float, **named: Value) -> dict[str, Value]:
    row: dict[str, Value] = dict.fromkeys(BALANCE.names)
    return {**row, "measure": measure, "value": value, "balanced": balanced, **named}


def _values(rows: Rows, measure: str) -> list[float]:
    return [row["value"] for row in rows if row["measure"] == measure]


def _even(rows: Rows, measure: str) -> float:
    return next(row["balanced"] for row in rows if row["measure"] == measure)


def _judged(what: str, counts: Sequence[float]) -> str:
    low, high = min(counts), max(counts)
    return f"{what} {low:.0f} times" if low == high else f"{what} {low:.0f} to {high:.0f} times"


def _repair(balancing: tuple[int, ...], orders: Orders, subjects: int) -> str:
    if balancing == (subjects,):
        return ": balanced."
    if balancing:
        return f": not balanced; {' or '.join(map(str, balancing))} subjects would be."
    return (
        f": not balanced, nor would it be with another number of subjects in these {len(orders)} "
        f'orders; design.orders = "williams" balances it for every 6 subjects.'
    )
