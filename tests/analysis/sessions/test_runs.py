"""Which sessions a study holds, and what is wrong with those that do not fit."""

import shutil

import pytest

from analysis.sessions.runs import read_participant_kinds, read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError


@pytest.fixture
def opened(make_study, tmp_path):
    root = make_study(tmp_path / "study", n_sources=2, n_subjects=2, n_fixations=2)
    study = open_study(root)
    return study, read_catalogue(study.catalogue)


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_runs_come_by_subject_with_their_recordings(opened):
    study, stimuli = opened
    runs = read_runs(study, stimuli)
    assert [(run.subject, run.run, run.recording.name) for run in runs] == [
        ("01", 1, "s01r1.asc"), ("02", 1, "s02r1.asc"),
    ]  # fmt: skip
    assert [len(run.complete) for run in runs] == [6, 6]
    assert read_participant_kinds(study, ["01", "02"]) == {"01": "simulated", "02": "simulated"}


def test_a_run_without_a_complete_trial_needs_no_recording(opened):
    study, stimuli = opened
    change(study.events("02"), "complete", "interrupted")
    (study.sourcedata("02") / "s02r1.asc").unlink()
    assert read_runs(study, stimuli)[1].recording is None


def test_a_packed_recording_is_found(opened):
    study, stimuli = opened
    (study.sourcedata("02") / "s02r1.asc").rename(study.sourcedata("02") / "s02r1.asc.gz")
    assert read_runs(study, stimuli)[1].recording.name == "s02r1.asc.gz"


def test_nobody_recorded_yet(opened):
    study, stimuli = opened
    for subject in ("01", "02"):
        shutil.rmtree(study.root / f"sub-{subject}")
    with pytest.raises(InputError, match=r"no subject is recorded yet.*experiment\.run"):
        read_runs(study, stimuli)


def test_a_missing_recording_names_what_was_found_instead(opened):
    study, stimuli = opened
    asc = study.sourcedata("02") / "s02r1.asc"
    asc.rename(asc.with_name("s02r2.edf"))
    with pytest.raises(InputError, match=r"s02r1\.asc.*found s02r2\.edf.*copy it"):
        read_runs(study, stimuli)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("photo-01-increase", "photo-1-increase", "not in the catalogue.*did you mean"),
        ("\tphoto-01\tobject\tdecrease\t", "\tphoto-01\tobject\tincrease\t", "expected decrease"),
        ("\t1\toriginals", "\tn/a\toriginals", "trial is n/a"),
    ],
)
def test_events_that_do_not_fit_the_catalogue(opened, old, new, says):
    study, stimuli = opened
    change(study.events("01"), old, new)
    with pytest.raises(InputError, match=says):
        read_runs(study, stimuli)


def test_a_trial_that_is_complete_twice(opened):
    study, stimuli = opened
    shutil.copy(study.events("01"), study.events("01", run=2))
    asc = study.sourcedata("01") / "s01r1.asc"
    shutil.copy(asc, asc.with_name("s01r2.asc"))
    with pytest.raises(InputError, match="trial 1 of sub-01 is complete in run 1 and in run 2"):
        read_runs(study, stimuli)


def test_a_subject_of_whom_nobody_knows_who_it_was(opened):
    study, _ = opened
    with pytest.raises(InputError, match="sub-03 was recorded but has no observer"):
        read_participant_kinds(study, ["01", "03"])
