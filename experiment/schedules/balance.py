"""How far the schedules of a number of subjects are balanced: counts, and what they say in words.

In come the schedules of subjects 1 to n; out come the rows of ``derivatives/balance.tsv``.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from enum import StrEnum
from statistics import mean

from experiment.schedules.schedule import longest_run_of, scheduled_trials
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.orders import (
    Orders,
    balancing_subjects,
    blocks_of,
    carry_overs,
    positions,
    read_blocks,
)
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Condition, Direction, Trial, subject_label
from stimuli.support.errors import InputError
from stimuli.support.tables import Column, Row, Schema, Value

MOST_SUBJECTS = 10_000


class Count(StrEnum):
    """What is counted: the column ``measure`` of the balance table."""

    POSITION = "position"
    CARRY_OVER = "carry-over"
    MEAN_TRIAL = "mean-trial"
    LONGEST_RUN = "longest-run"


BALANCE = Schema(
    "balance",
    (
        Column(
            "measure",
            Count,
            "What is counted",
            levels={
                Count.POSITION: "Subjects who see the block in the position",
                Count.CARRY_OVER: "Subjects who see the block directly after the one before",
                Count.MEAN_TRIAL: "Mean trial, over subjects, of stimuli of that condition and aim",
                Count.LONGEST_RUN: "Most trials in a row of one condition and direction "
                "in the block",
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

# The kinds of stimuli, in the order of the table.
_KINDS = (
    (Condition.ORIGINAL, Direction.NONE),
    (Condition.OBJECT, Direction.INCREASE),
    (Condition.OBJECT, Direction.DECREASE),
    (Condition.OBJECT, Direction.CONTROL),
    (Condition.ENTROPY, Direction.INCREASE),
    (Condition.ENTROPY, Direction.DECREASE),
)


def block_balance(
    study: Study, subjects: int, *, subject_done: Callable[[], None] = lambda: None
) -> list[Row]:
    """Count how subjects 1 to `subjects` of a study balance its blocks and trials.

    Parameters
    ----------
    subjects
        From 1 to `MOST_SUBJECTS`.
    subject_done
        Called after every subject, to show progress.

    Returns
    -------
    list of dict
        Rows of the table `BALANCE`: the subjects who see each block in each position, and each
        block directly after each other; the mean trial of each kind of stimulus; the longest run.

    Raises
    ------
    InputError
        If the number of subjects cannot be, or the study's tables are absent or wrong.

    Examples
    --------
    >>> from experiment import block_balance
    >>> from stimuli import open_study
    >>> counts = block_balance(open_study("demo-study"), 23)
    >>> [row["value"] for row in counts if row["position"] == 1]
    [8, 8, 7]
    """
    if not 1 <= subjects <= MOST_SUBJECTS:
        raise InputError(f"subjects is {subjects}; expected 1 to {MOST_SUBJECTS}")
    settings = study.settings
    stimuli, orders = read_catalogue(study.catalogue), read_blocks(study.blocks)
    schedules = []
    for number in range(1, subjects + 1):
        schedules.append(
            scheduled_trials(
                subject_label(number),
                stimuli,
                orders,
                seed=settings.study.seed,
                longest_run=settings.design.longest_run,
            )
        )
        subject_done()
    return balance_rows(orders, schedules, settings.design.longest_run)


def balance_rows(orders: Orders, schedules: Sequence[Sequence[Trial]], longest: int) -> list[Row]:
    """Return the rows of the balance table.

    Parameters
    ----------
    orders
        The rows of blocks.tsv.
    schedules
        The schedules of subjects 1 to n.
    longest
        Most trials of one kind in a row that the study allows.
    """
    subjects, blocks, rows = len(schedules), blocks_of(orders), []
    # Of n blocks n - 1 follow another, which is one of n - 1: as often as a block has a position.
    even = subjects / len(blocks)
    for (position, block), count in positions(orders, subjects).items():
        rows.append(_row(Count.POSITION, count, even, block=block, position=position))
    for (before, block), count in carry_overs(orders, subjects).items():
        rows.append(_row(Count.CARRY_OVER, count, even, block=block, before=before))
    trials = defaultdict(list)
    for trial in (trial for schedule in schedules for trial in schedule):
        trials[trial.stimulus.condition, trial.stimulus.direction].append(trial.trial)
    middle = (len(schedules[0]) + 1) / 2
    for condition, direction in _KINDS:
        if numbers := trials[condition, direction]:
            value = mean(numbers)
            kind = {"condition": condition, "direction": direction}
            rows.append(_row(Count.MEAN_TRIAL, value, middle, **kind))
    for block in blocks[1:]:
        runs = [
            longest_run_of(trial.stimulus for trial in schedule if trial.block == block)
            for schedule in schedules
        ]
        rows.append(_row(Count.LONGEST_RUN, max(runs), longest, block=block))
    return rows


def balance_in_words(orders: Orders, rows: Sequence[Row], subjects: int) -> list[str]:
    """Return what is balanced, what is not, and which number of subjects would do.

    Parameters
    ----------
    orders
        The rows of blocks.tsv.
    rows
        The balance table of `subjects` subjects.

    Examples
    --------
    >>> from experiment import balance_in_words, block_balance
    >>> from stimuli import open_study, read_blocks
    >>> study = open_study("demo-study")
    >>> rows = block_balance(study, 23)
    >>> balance_in_words(read_blocks(study.blocks), rows, 23)[0]
    'First block of 23 subjects: originals 8, versions-1 8, versions-2 7.'
    """
    first = [
        f"{row['block']} {row['value']:.0f}"
        for row in _counted(rows, Count.POSITION)
        if row["position"] == 1
    ]
    trials, runs = _counted(rows, Count.MEAN_TRIAL), _counted(rows, Count.LONGEST_RUN)
    earliest, latest = min(_values(trials)), max(_values(trials))
    return [
        f"First block of {subjects} subjects: {', '.join(first)}.",
        _times("A block stands in a position", _counted(rows, Count.POSITION))
        + _repair(balancing_subjects(positions, orders, subjects), orders, subjects),
        _times("A block directly follows another", _counted(rows, Count.CARRY_OVER))
        + _repair(balancing_subjects(carry_overs, orders, subjects), orders, subjects),
        f"Stimuli of a kind come at trial {earliest:.2f} to {latest:.2f} on average; "
        f"{trials[0]['balanced']:.1f} is the middle.",
        f"At most {max(_values(runs)):.0f} trials of a kind come in a row; "
        f"design.longest_run allows {runs[0]['balanced']:.0f}.",
    ]


def _row(count: Count, value: float, balanced: float, **named: Value) -> Row:
    row: Row = dict.fromkeys(BALANCE.names)
    return {**row, "measure": count, "value": value, "balanced": balanced, **named}


def _counted(rows: Sequence[Row], count: Count) -> list[Row]:
    return [row for row in rows if row["measure"] == count]


def _values(rows: Sequence[Row]) -> list[float]:
    return [row["value"] for row in rows]


def _times(what: str, rows: Sequence[Row]) -> str:
    low, high = min(_values(rows)), max(_values(rows))
    return f"{what} {low:.0f} times" if low == high else f"{what} {low:.0f} to {high:.0f} times"


def _repair(balancing: tuple[int, ...], orders: Orders, subjects: int) -> str:
    if balancing == (subjects,):
        return ": balanced."
    if balancing:
        return f": not balanced; {' or '.join(map(str, balancing))} subjects would be."
    n = len(blocks_of(orders))
    return (
        f": not balanced, nor would it be with another number of subjects in these {len(orders)} "
        f'orders; design.orders = "williams" balances it for every {n if n % 2 == 0 else 2 * n} '
        f"subjects."
    )
