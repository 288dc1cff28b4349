"""The schedule is balanced, keeps its bound on runs, and is the same for ever."""

import dataclasses
from collections import Counter

import pytest

from experiment.schedules.schedule import longest_run_of, scheduled_trials, subject_schedule
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.orders import order_number, read_blocks
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Block, Direction
from stimuli.support.errors import InputError


def schedule(subject, stimuli, orders, *, seed=0, bound=4):
    return scheduled_trials(subject, stimuli, orders, seed=seed, longest_run=bound)


# Computed once. If it changes, schedules of recorded subjects can no longer be reproduced.
# Subjects 07 and 23, seed 2017, the first four trials of each block.
FROZEN = {
    "07": (
        "photo15-original photo21-original photo10-original photo17-original "
        "photo07-increase photo10-decrease photo13-increase photo16-decrease "
        "photo23-decrease photo19-decrease photo12-increase photo13-decrease"
    ),
    "23": (
        "photo05-increase photo04-decrease photo11-increase photo21-increase "
        "photo12-increase photo14-increase photo02-increase photo13-decrease "
        "photo24-original photo22-original photo06-original photo04-original"
    ),
}


@pytest.mark.parametrize("subject", FROZEN)
def test_the_schedule_is_that_of_earlier_versions(subject, paper_stimuli, paper_orders):
    trials = schedule(subject, paper_stimuli, paper_orders, seed=2017)
    starts = [trial for trial in trials if (trial.trial - 1) % 24 < 4]
    assert " ".join(trial.stimulus.stim_id for trial in starts) == FROZEN[subject]


def test_23_subjects_have_the_three_orders_8_8_and_7_times(paper_orders):
    numbers = Counter(order_number(f"{n:02d}", paper_orders) for n in range(1, 24))
    assert numbers == {1: 8, 2: 8, 3: 7}


@pytest.mark.parametrize("subject", ["01", "02", "03"])
def test_blocks_come_in_the_subjects_order_with_every_source_once(
    subject, paper_stimuli, paper_orders
):
    trials = schedule(subject, paper_stimuli, paper_orders)
    assert [trial.trial for trial in trials] == list(range(1, 73))
    for position, block in enumerate(paper_orders[int(subject) - 1], start=1):
        held = trials[24 * (position - 1) : 24 * position]
        assert {(trial.block, trial.block_position) for trial in held} == {(block, position)}
        assert {trial.stimulus.block for trial in held} == {block}
        assert len({trial.stimulus.source_id for trial in held}) == 24


@pytest.mark.parametrize("bound", [2, 3, 4])
def test_no_run_of_one_condition_and_direction_is_longer_than_the_bound(
    bound, paper_stimuli, paper_orders
):
    for number in range(1, 24):
        trials = schedule(f"{number:02d}", paper_stimuli, paper_orders, bound=bound)
        for block in (Block.VERSIONS_1, Block.VERSIONS_2):
            assert longest_run_of([one.stimulus for one in trials if one.block == block]) <= bound


def test_the_order_of_the_catalogue_does_not_matter(paper_stimuli, paper_orders):
    forwards = schedule("05", paper_stimuli, paper_orders)
    backwards = schedule("05", paper_stimuli[::-1], paper_orders)
    assert forwards == backwards


def test_subjects_and_seeds_have_orders_of_their_own(paper_stimuli, paper_orders):
    orders = {
        tuple(
            trial.stimulus.stim_id
            for trial in schedule(subject, paper_stimuli, paper_orders, seed=seed)
        )
        for subject in ("01", "04", "07")
        for seed in (0, 1)
    }
    assert len(orders) == 6


def test_a_bound_that_cannot_be_kept_names_the_setting(paper_stimuli, paper_orders):
    all_up = [
        stimulus
        if stimulus.block == Block.ORIGINALS
        else dataclasses.replace(stimulus, direction=Direction.INCREASE)
        for stimulus in paper_stimuli
    ]
    with pytest.raises(InputError, match=r"design\.longest_run is 2; .* larger"):
        schedule("01", all_up, paper_orders, bound=2)


def test_the_schedule_of_a_study_follows_its_settings_and_takes_any_form_of_the_number(make_study):
    study = open_study(make_study(settings="[study]\nseed = 5\n[design]\nlongest_run = 3"))
    stimuli, orders = read_catalogue(study.catalogue), read_blocks(study.blocks)
    expected = schedule("07", stimuli, orders, seed=5, bound=3)
    assert subject_schedule(study, 7) == subject_schedule(study, "07") == expected
    assert schedule("07", stimuli, orders, seed=0, bound=3) != expected
