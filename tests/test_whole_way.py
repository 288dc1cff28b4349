"""From photographs to a report: the stages fit together, and a known effect is found again."""

import csv
import json
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis import run as analysis
from experiment import run as experiment
from manipulation.study_stimuli.generation import generate_stimuli
from stimuli.contract.catalogue import read_catalogue
from tests.small_study import propose_small_study

SUBJECTS, SOURCES = 6, 6
HOST, USER = "computer-of-erika", "user-erika"


@pytest.fixture(scope="module")
def named_computer():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "gethostname", lambda: HOST)
        for name in ("USER", "LOGNAME", "USERNAME"):
            patch.setenv(name, USER)
        yield


@pytest.fixture(scope="module")
def study(tmp_path_factory, named_computer):
    """A study whose simulated observers look where the model says, and nowhere else."""
    root = tmp_path_factory.mktemp("whole") / "study"
    study = propose_small_study(
        root, sources=SOURCES, follows_model=1.0, follows_centre=0.0, steps=10, step_size=0.6,
        strength=2.0, resamples=1000, sample_rate_hz=250.0,
    )  # fmt: skip
    generate_stimuli(study)
    for subject in range(1, SUBJECTS + 1):
        experiment.main(["--study", str(root), "--simulate", "--subject", str(subject)])
    analysis.main([str(root)])
    return study


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_observers_who_follow_the_model_move_as_the_model_says(study):
    table = rows(study.derivatives / "effects" / "effects.csv")
    model = [row for row in table if row["observer"] == "model" and row["measure"] == "p_obj"]
    people = {
        (row["stim_id"], row["annotation_ids"]): float(row["change"])
        for row in table
        if row["observer"] == "people" and row["measure"] == "p_obj"
    }
    targets = [one for row in read_catalogue(study.catalogue) for one in row.targets]
    assert len(model) == len(people) == len(targets) >= 16
    found = np.array([people[row["stim_id"], row["annotation_ids"]] for row in model])
    predicted = np.array([float(row["change"]) for row in model])
    large = np.abs(predicted) > 0.05
    assert large.sum() >= 4
    assert (np.sign(found[large]) == np.sign(predicted[large])).mean() >= 0.75
    assert np.corrcoef(found, predicted)[0, 1] > 0.5


def test_every_trial_of_every_subject_is_in_the_fixation_table(study):
    table = rows(study.derivatives / "fixations" / "fixations.csv")
    trials = {(row["subject"], row["trial"]) for row in table}
    assert len(trials) == SUBJECTS * 3 * SOURCES
    starts = [row for row in table if row["fixation"] == "0"]
    assert all(float(row["onset_ms"]) < 0 for row in starts)
    later = [row for row in table if row["fixation"] != "0"]
    assert all(0 <= float(row["onset_ms"]) < 3000 for row in later)
    assert 5 < len(later) / len(trials) < 15


def test_a_subset_of_the_paper_has_a_report_of_its_own(study):
    subset = "first-fixation"
    before = (study.derivatives / "effects" / "effects.csv").read_bytes()
    analysis.main([str(study.root), "--subset", subset])
    assert (study.derivatives / "effects" / "effects.csv").read_bytes() == before
    table = rows(study.derivatives / "effects" / f"effects_{subset}.csv")
    assert {row["subset"] for row in table} == {subset}


def test_the_report_is_one_page_that_says_who_looked(study):
    page = (study.derivatives / "report" / "index.html").read_text()
    assert "Simulated observers, not people" in page
    assert "<script" not in page
    assert not [part for part in page.split('src="')[1:] if not part.startswith("data:")]


def test_the_study_is_a_valid_bids_dataset(study):
    result = subprocess.run(
        ["bids-validator-deno", str(study.root), "--format", "json"], capture_output=True, text=True
    )
    issues = json.loads(result.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    events = study.events("01").with_suffix(".json")
    screen = json.loads(events.read_text())["StimulusPresentation"]
    assert screen["ScreenDistance"] == 0.6
    assert screen["ScreenSize"] == [0.521, 0.293]
    assert screen["ScreenResolution"] == [1920, 1080]


def test_nothing_in_a_study_says_whose_computer_made_it(study):
    named = (str(study.root.parent), f"{Path.home()}/", HOST, USER)
    for path in study.root.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        found = [one for one in named if one.encode() in content or one in path.name]
        assert not found, f"{path}: {found}"


def test_the_demo_says_what_it_runs_and_refuses_a_folder_in_use(study, tmp_path):
    demo = [sys.executable, "demo.py", "--out", str(study.root)]
    result = subprocess.run(demo, capture_output=True, text=True)
    assert result.returncode == 2
    assert "exists; name a new folder" in result.stderr
    failed = subprocess.run(
        [sys.executable, "demo.py", "--out", str(tmp_path / "a b"), "--subjects", "0"],
        capture_output=True,
        text=True,
    )
    assert failed.returncode == 2
    assert "--subjects is 0" in failed.stderr
