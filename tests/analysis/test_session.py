"""The command that writes one subject's gaze and the page on its quality."""

import json

import pytest

from analysis import session
from stimuli.contract.schemas import EVENTS
from stimuli.support.errors import InputError
from stimuli.support.files import sha256
from stimuli.support.tables import read_table, write_table


@pytest.fixture(scope="module")
def study(tmp_path_factory, make_study):
    """A study of three people with samples, with subject 02 reported on."""
    root = make_study(
        tmp_path_factory.mktemp("session") / "study", n_subjects=3, samples=True, observer="human"
    )
    session.main([str(root), "--subject", "02"])
    return root


def test_the_page_holds_everything_and_the_recording_is_untouched(study):
    page = (study / "derivatives/quality/sub-02.html").read_text()
    assert "<script" not in page
    assert not [part for part in page.split('src="')[1:] if not part.startswith("data:")]
    assert "No person was recorded" not in page
    assert "12 complete" in page
    record = json.loads((study / "derivatives/quality/sub-02_provenance.json").read_text())
    for name, made in {**record["inputs"], **record["outputs"]}.items():
        assert sha256(study / name) == made
    assert "sourcedata/sub-02/s02r1.asc" in record["inputs"]


def test_running_again_gives_the_same_files(study):
    before = {path: path.read_bytes() for path in study.glob("sub-02/beh/*")}
    session.main([str(study), "--subject", "2"])
    assert {path: path.read_bytes() for path in study.glob("sub-02/beh/*")} == before


def test_a_subject_who_was_not_recorded_is_wrong_input(study):
    with pytest.raises(InputError, match="sub-40 is not recorded"):
        session.main([str(study), "--subject", "40"])
    with pytest.raises(InputError, match="participant's number"):
        session.main([str(study), "--subject", "../01"])


def test_a_trial_that_was_interrupted_is_marked_on_the_page(study):
    events = study / "sub-03/beh/sub-03_task-freeview_run-1_events.tsv"
    rows = read_table(events, EVENTS)
    rows[4]["status"] = "interrupted"
    write_table(events, EVENTS, rows)
    session.main([str(study), "--subject", "03"])
    page = (study / "derivatives/quality/sub-03.html").read_text()
    assert "11 complete, 1 interrupted" in page
