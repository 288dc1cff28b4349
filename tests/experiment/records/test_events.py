"""Events say of every trial what its run's journal says, cut off or not."""

import pytest

from experiment.records.events import ended_trials, event_rows
from experiment.schedules.schedule import scheduled_trials


def started(trial, time):
    return {"kind": "trial-started", "time": time, "trial": trial, "stim_id": "a"}


def ended(trial, status, onset=0.0, offset=0.0):
    return {
        "kind": "trial-ended", "time": offset, "trial": trial, "status": status, "onset": onset,
        "offset": offset, "frames": 360, "dropped_frames": 1,
    }  # fmt: skip


def records(trial, time):
    return {"kind": "recording-started", "time": time, "trial": trial, "first_sample": time + 0.25}


def test_a_trial_that_was_cut_off_counts_as_interrupted_when_it_was_started():
    lines = [started(1, 2.0), ended(1, "complete", 3.0, 6.0), started(2, 8.0), records(2, 8.5)]
    assert {number: line["status"] for number, line in ended_trials(lines).items()} == {
        1: "complete", 2: "interrupted",
    }  # fmt: skip
    assert ended_trials(lines)[2]["onset"] == ended_trials(lines)[2]["offset"] == 8.0


def test_a_trial_that_was_cut_off_at_its_drift_check_is_still_to_be_shown():
    lines = [started(1, 2.0), records(1, 2.5), ended(1, "withdrawn"), started(1, 8.0)]
    assert ended_trials([records(-1, 1.0), *lines]) == {}


def test_a_trial_that_is_withdrawn_is_in_no_table_until_it_was_run_again():
    lines = [started(1, 2.0), ended(1, "withdrawn")]
    assert ended_trials(lines) == {}
    lines += [started(1, 4.0), ended(1, "complete", 5.0, 8.0)]
    assert ended_trials(lines)[1]["onset"] == 5.0


def test_onsets_count_from_the_first_gaze_sample_of_the_run(paper_stimuli, paper_orders):
    schedule = scheduled_trials("01", paper_stimuli, paper_orders, seed=0, longest_run=4)
    lines = [
        started(2, 19.0),
        records(2, 20.0),
        ended(2, "complete", 21.0, 24.0),
    ]
    (row,) = event_rows(lines, schedule)
    assert (row["onset"], row["duration"]) == pytest.approx((0.75, 3.0))
    assert (row["trial"], row["stim_id"]) == (2, schedule[1].stimulus.stim_id)
    assert (row["frames"], row["dropped_frames"]) == (360, 1)
