"""The counts of the balance table are those of the schedules."""

import pytest

from experiment.schedules.balance import (
    Count,
    balance_in_words,
    balance_rows,
    block_balance,
)
from experiment.schedules.schedule import scheduled_trials
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Block
from stimuli.support.errors import InputError


def values(rows, count, **named):
    return [
        row["value"]
        for row in rows
        if row["measure"] == count and all(row[key] == value for key, value in named.items())
    ]


def test_every_subject_is_counted_once_and_progress_is_told_after_each(make_study):
    done = []
    rows = block_balance(open_study(make_study()), 7, subject_done=lambda: done.append(len(done)))
    assert done == list(range(7))
    for position in (1, 2, 3):
        assert sum(values(rows, Count.POSITION, position=position)) == 7
    assert sum(values(rows, Count.CARRY_OVER)) == 2 * 7


@pytest.mark.parametrize("bound", [1, 2, 3])
def test_the_longest_run_is_that_of_the_worst_subject(paper_stimuli, paper_orders, bound):
    schedules = [
        scheduled_trials(f"{n:02d}", paper_stimuli, paper_orders, seed=0, longest_run=bound + 1)
        for n in range(1, 13)
    ]
    rows = balance_rows(paper_orders, schedules, bound + 1)
    for block in (Block.VERSIONS_1, Block.VERSIONS_2):
        worst = 0
        for schedule in schedules:
            kinds = [
                (trial.stimulus.condition, trial.stimulus.direction)
                for trial in schedule
                if trial.block == block
            ]
            while any(
                len(set(kinds[start : start + worst + 1])) == 1
                for start in range(len(kinds) - worst)
            ):
                worst += 1
        assert values(rows, Count.LONGEST_RUN, block=block) == [worst]
    assert f"design.longest_run allows {bound + 1}." in balance_in_words(paper_orders, rows, 12)[-1]


@pytest.mark.parametrize("subjects", [0, 10_001])
def test_a_number_of_subjects_that_cannot_be_is_named(make_study, subjects):
    with pytest.raises(InputError, match=rf"subjects is {subjects}; expected 1 to 10000"):
        block_balance(open_study(make_study()), subjects)
