"""The files of a run have names that trackers, hosts and BIDS take."""

import re

import pytest

from experiment.records.run_files import RunFiles
from experiment.trackers.eyelink_names import host_file_name
from stimuli.contract.study import open_study


def test_names_on_the_host_are_new_and_short():
    names = {host_file_name(subject, time_s) for subject in ("07", "123456")
             for time_s in range(1_790_000_000, 1_790_000_100)}  # fmt: skip
    assert len(names) == 200
    assert all(re.fullmatch(r"[a-z0-9]{8}", name) for name in names)
    assert host_file_name("07", 1_577_836_800 + 36**6 - 1) == "07zzzzzz"


@pytest.mark.parametrize(
    ("subject", "run", "name"), [("07", 1, "s07r1.asc"), ("123456", 1, "123456r1.asc")]
)
def test_recordings_have_names_that_the_host_takes(make_study, subject, run, name):
    recording = RunFiles(open_study(make_study()), subject, run).recording(".asc")
    assert recording.name == name
    assert len(recording.stem) <= 8
