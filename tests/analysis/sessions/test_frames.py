"""The frames of every image are read from the journals of all runs."""

import pytest

from analysis.sessions.frames import frame_intervals
from stimuli.contract.journal import journal_line, packed_intervals
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study


def test_intervals_come_by_trial_from_every_journal_that_has_them(tmp_path):
    kept = Study(tmp_path, Settings())
    shown_s = {1: [0.00833] * 300 + [0.01667], 2: [0.0083] * 5}
    for run, trial in ((1, 1), (2, 2)):
        path = kept.journal("07", run)
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {"time": 1.0, "kind": "trial-ended", "trial": trial}
        lines = [
            journal_line(1, {**facts, "intervals": packed_intervals(shown_s[trial])}),
            journal_line(2, {**facts, "trial": trial + 10}),  # as of an earlier version
        ]
        path.write_text("\n".join(lines) + "\n")
    found = frame_intervals(kept, "07", [1, 2, 3])
    assert {trial: pytest.approx(one) for trial, one in shown_s.items()} == found
