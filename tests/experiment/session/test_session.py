"""A session has its blocks, calibrations, rests and blanks where the paper has them."""

import json

import numpy as np
import pytest

from experiment.records.journal import Journal
from experiment.schedules.schedule import scheduled_trials
from experiment.session.session import SessionPlan, run_session
from experiment.session.texts import TEXTS
from stimuli.contract.settings import Settings


def at_centre(scene):
    return np.zeros(2)


def test_blocks_are_calibrated_parted_by_rests_and_blanks_last_two_seconds(
    make_lab, paper_stimuli, paper_orders, tmp_path
):
    schedule = scheduled_trials("01", paper_stimuli[:12], paper_orders, seed=0, longest_run=4)
    lab = make_lab(at_centre, Settings())
    plan = SessionPlan(
        schedule=schedule, practice=(), blocks=3, areas={}, texts=TEXTS["en"], root=tmp_path
    )
    with Journal(tmp_path / "journal.jsonl", lab.clock) as journal:
        run_session(plan, lab, Settings(), journal)
    lab.tracker.save(tmp_path / "s01r1.asc")
    text = (tmp_path / "s01r1.asc").read_text()
    assert text.count("!CAL CALIBRATION HV9") == 3
    # A validation after each calibration, and one at the end of each block.
    assert text.count("!CAL VALIDATION HV9 L LEFT  GOOD ERROR") == 6
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    kinds = [line["kind"] for line in lines]
    assert (kinds.count("rested"), kinds.count("validated")) == (2, 3)
    assert kinds[-1] == "session-finished"
    ended = {line["trial"]: line for line in lines if line["kind"] == "trial-ended"}
    assert list(ended) == list(range(1, 13))
    started = {line["trial"]: line["time"] for line in lines if line["kind"] == "trial-started"}
    for number, line in ended.items():
        if number + 1 in started and number + 1 not in (5, 9):  # rest and calibration between
            assert started[number + 1] - line["offset"] == pytest.approx(2.0, abs=0.01)
