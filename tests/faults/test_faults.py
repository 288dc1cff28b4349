"""Kills at random moments and full disks: every file whole, every trial once, nothing left over."""

import os
import subprocess
import sys

import numpy as np
import pytest

from analysis import run as analysis_run
from tests.analysis.conftest import build_study as build_analysed_study
from tests.experiment.conftest import build_study
from tests.faults import cases
from tests.faults.processes import command, said_by, with_full_disk


@pytest.fixture
def random():
    return np.random.default_rng(16)


@pytest.mark.parametrize(
    ("case", "times"),
    [
        (cases.killed_write, 10),
        (cases.killed_journal, 10),
        (cases.killed_lock, 10),
        (cases.contended_lock, 2),
    ],
)
def test_a_kill_at_any_moment_leaves_whole_files_and_free_locks(tmp_path, random, case, times):
    assert sum(case(tmp_path, random) for _ in range(times)) >= times / 2


def test_a_full_disk_ends_a_session_in_one_line_and_loses_no_trial(tmp_path, random):
    study = build_study(tmp_path / "study")
    struck = [cases.full_disk_while_recording(study, n, random) for n in range(1, 5)]
    assert sum(struck) >= 2


def test_a_session_says_what_became_of_the_trial_under_way(tmp_path):
    study = build_study(tmp_path / "study")
    run = cases.experiment_run.main
    work = command(run, "--study", study, "--subject", 7, "--simulate")
    status, said = said_by(with_full_disk(150_000, work))
    assert status == 1
    (line,) = (one for one in said.splitlines() if one.startswith("error: "))
    assert line.startswith(f"error: {study}/sourcedata/sub-07/host/07"), line
    assert ".asc: File too large; " in line
    assert "is interrupted, not complete, and is not shown again; go on with --resume" in line


def test_texts_that_are_damaged_anywhere_are_read_or_refused_by_errors_of_ours(tmp_path, random):
    study = cases.hashed_study(tmp_path / "study")
    refused = sum(cases.damaged_text(study, random) for _ in range(200))
    assert 100 < refused < 200


def test_an_analysis_that_is_killed_is_run_again_to_the_same_tables(tmp_path, random):
    study = build_analysed_study(tmp_path / "study", n_sources=2, n_subjects=3, size_px=64)
    (study / "derivatives" / "fixations").mkdir(parents=True)
    (study / "derivatives" / "fixations" / ".writing-abc.csv").write_text("of an earlier version")
    status, said = said_by(command(analysis_run.main, study))
    assert status == 0, said
    assert cases.leftovers(study) == []
    assert cases.killed_analysis(study, cases.tables(study), 0.3, random)


@pytest.mark.parametrize("to", ["out", "err"])
def test_an_output_that_cannot_be_written_is_told_in_one_line(tmp_path, to):
    study = build_study(tmp_path / "study", sources=1)
    arguments = ["-m", "experiment.run", "--study", str(study), "--subject", "7", "--list"]
    if to == "err":
        arguments.remove("--list")
        (study / "blocks.tsv").unlink()
    with open("/dev/full", "w") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, f"std{to}": full}
        done = subprocess.run([sys.executable, *arguments], text=True, check=False, **streams)
    if to == "err":
        assert done.returncode == 2  # the wrong input that it cannot tell of
    else:
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: standard output: No space left on device; make room")


def test_a_copy_that_fails_blames_the_file_that_is_written(tmp_path):
    from manipulation.new_study import folder
    from tests.small_study import propose_small_study

    def copied():
        propose_small_study(tmp_path / "study", sources=1)

    def main(_):
        copied()

    assert folder  # imported before the disk is full
    status, said = said_by(with_full_disk(20_000, command(main)))
    assert status == 1, said
    (line,) = said.strip().splitlines()
    assert line.startswith(f"error: {tmp_path}/study/stimuli/sources/"), line
    assert "File too large" in line
    assert os.listdir(tmp_path) == []
