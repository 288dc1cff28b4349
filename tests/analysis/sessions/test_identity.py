"""A file that is another's stops the analysis with the subject's name; what is whole passes."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.fixations.table import read_fixations
from analysis.report.data import unchecked_rows
from analysis.report.session_report import report_session
from analysis.sessions.runs import read_runs
from experiment.display.virtual import VirtualDisplay
from experiment.laboratory import simulation
from experiment.subjects.recording import simulate_subject
from stimuli.contract.catalogue import read_catalogue, write_catalogue
from stimuli.contract.study import Study, open_study
from stimuli.support.errors import InputError
from stimuli.support.files import sha256, write_image
from tests.experiment.conftest import build_study


class Interrupting(VirtualDisplay):
    """A display that ends the session after some trials."""

    def flip(self):
        if self.flips == 3000:
            raise KeyboardInterrupt
        return super().flip()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A study of two people who saw everything, and a third who left early."""
    study = open_study(build_study(tmp_path_factory.mktemp("identity") / "study"))
    for subject in (1, 2):
        simulate_subject(study, subject)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "VirtualDisplay", Interrupting)
        with pytest.raises(KeyboardInterrupt):
            simulate_subject(study, 3)
    return study.root


@pytest.fixture
def study(recorded, tmp_path):
    return open_study(shutil.copytree(recorded, tmp_path / "study"))


def asc(study, subject):
    return study.recording(subject, 1, ".asc")


def without_provenance(study):
    for path in study.root.glob("sourcedata/*/*_provenance.json"):
        path.unlink()


def stopped(study, says):
    """Check that the analysis stops with these words, and that it writes nothing."""
    before = {path: path.read_bytes() for path in study.root.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=says):
        read_fixations(study)
    with pytest.raises(InputError, match=says):
        report_session(study, 1)
    assert {path: path.read_bytes() for path in study.root.rglob("*") if path.is_file()} == before


def exchange(path, rows, column="stim_id"):
    """Exchange the stimuli of two rows, from 1, with all that is said of them."""
    header, *lines = [line.split("\t") for line in path.read_text().splitlines()]
    start, stop = header.index(column), header.index("direction") + 1
    first, second = lines[rows[0] - 1], lines[rows[1] - 1]
    first[start:stop], second[start:stop] = second[start:stop], first[start:stop]
    path.write_text("".join("\t".join(line) + "\n" for line in [header, *lines]))


def set_cell(path, row, column, value):
    header, *lines = [line.split("\t") for line in path.read_text().splitlines()]
    lines[row - 1][header.index(column)] = value
    path.write_text("".join("\t".join(line) + "\n" for line in [header, *lines]))


def test_a_whole_study_passes_and_nothing_is_left_unchecked(study, capsys):
    assert set(read_fixations(study)["subject"]) == {"01", "02", "03"}
    report_session(study, 1)
    assert "not checked" not in capsys.readouterr().err


def test_the_recording_of_another_subject_is_named_as_theirs(study):
    shutil.copy(asc(study, 2), asc(study, 1))
    stopped(study, r"s01r1\.asc: is not the file of sub-01.*but sourcedata/sub-02/s02r1\.asc.*put")


def test_without_provenance_the_recording_itself_says_whose_it_is(study):
    without_provenance(study)
    shutil.copy(asc(study, 2), asc(study, 1))
    stopped(study, r"s01r1\.asc: stim_id of trial 1 of sub-01 is photo.*expected photo.*events")


@pytest.mark.parametrize("provenance", [True, False])
def test_a_recording_that_is_followed_by_anothers(study, provenance):
    if not provenance:
        without_provenance(study)
    asc(study, 1).write_bytes(asc(study, 1).read_bytes() + asc(study, 2).read_bytes())
    stopped(study, "sub-01.*that the session left" if provenance else "stim_id of trial .* sub-01")


def test_stimuli_exchanged_between_two_rows(study):
    exchange(study.events(1), (1, 2))
    stopped(study, r"sub-01.*_events\.tsv: is not the file of sub-01 that the session left")
    without_provenance(study)
    stopped(study, "journal.jsonl: sub-01 was shown other stimuli, images or another order")
    for subject in (1, 2, 3):
        study.journal(subject).unlink()
    stopped(study, r"s01r1\.asc: stim_id of trial 1 of sub-01")


def test_a_session_that_was_cut_off_is_said_to_be_left_out(study, capsys):
    without_provenance(study)
    study.events(1).unlink()
    assert set(read_fixations(study)["subject"]) == {"02", "03"}
    said = capsys.readouterr().err
    assert "left out: sub-01_task-freeview_run-1: a journal without events" in said


@pytest.mark.parametrize("duration", ["-3.0", "nan", "inf"])
def test_a_duration_that_cannot_be(study, duration):
    without_provenance(study)
    set_cell(study.events(1), 3, "duration", duration)
    stopped(study, r"sub-01.*line 4: duration is .*; expected a number of seconds from 0; put")


@pytest.mark.parametrize("provenance", [True, False])
def test_events_cut_to_their_header(study, provenance):
    if not provenance:
        without_provenance(study)
    study.events(1).write_text(study.events(1).read_text().splitlines()[0] + "\n")
    stopped(study, "sub-01.*(is not the file|holds no trial)")


def test_a_subject_whose_events_are_gone_does_not_vanish(study):
    study.events(1).unlink()
    stopped(study, r"sub-01.*events\.tsv: no such table; expected the events that .* names")


def make_anew(study, *, seen_by_all):
    """Make a stimulus anew, in the catalogue too: one of the last or the first of subject 03."""
    stimuli = list(read_catalogue(study.catalogue))
    shown = study.events(3).read_text()
    at = next(at for at, one in enumerate(stimuli) if (one.stim_id in shown) == seen_by_all)
    path = study.root / stimuli[at].image
    write_image(path, np.full((64, 64, 3), 200, np.uint8))
    stimuli[at] = type(stimuli[at])(**{**vars(stimuli[at]), "image_sha256": sha256(path)})
    write_catalogue(study.catalogue, stimuli)


def test_stimuli_made_anew_after_the_session(study):
    make_anew(study, seen_by_all=True)
    stopped(study, "sub-01 was shown other stimuli, images or another order.*put events")


def test_stimuli_made_anew_after_a_session_that_was_broken_off(study):
    make_anew(study, seen_by_all=True)
    with pytest.raises(InputError, match=r"changed since sub-03_task-freeview_run-1 was recorded"):
        report_session(study, 3)


def test_an_image_that_is_not_the_one_of_the_catalogue(study):
    stimulus = read_catalogue(study.catalogue)[0]
    write_image(study.root / stimulus.image, np.full((64, 64, 3), 200, np.uint8))
    stopped(study, rf"has changed since {stimulus.stim_id} was made")


def test_the_files_of_a_subject_under_another_number(study):
    for kind in ("sourcedata", "."):
        shutil.rmtree(study.root / kind / "sub-01")
        shutil.copytree(study.root / kind / "sub-02", study.root / kind / "sub-01")
        for path in (study.root / kind / "sub-01").rglob("*02*"):
            path.rename(path.with_name(path.name.replace("02", "01")))
    stopped(study, r"provenance\.json: is of subject 2; expected that of sub-01")


def test_a_fault_of_one_subject_does_not_keep_another_from_its_report(study):
    shutil.copy(asc(study, 1), asc(study, 2))
    assert report_session(study, 1).complete_trials == 12
    with pytest.raises(InputError, match="sub-02"):
        report_session(study, 2)


def test_what_was_made_elsewhere_is_analysed_and_said_to_be_unchecked(study, capsys):
    without_provenance(study)
    for subject in (1, 2, 3):
        study.journal(subject).unlink()
        lines = asc(study, subject).read_text().splitlines(keepends=True)
        asc(study, subject).write_text("".join(one for one in lines if "TRIAL_VAR" not in one))
    assert set(read_fixations(study)["subject"]) == {"01", "02", "03"}
    said = capsys.readouterr().err
    assert "not checked: sub-01_task-freeview_run-1, sub-02" in said
    assert "without provenance" in said
    assert "sub-03_task-freeview_run-1: no hash of what was shown in a journal" in said
    page = report_session(study, 1).page.read_text()
    assert "not checked, sub-01_task-freeview_run-1: without provenance" in page
    assert "not checked, sub-01_task-freeview_run-1: no hash of what was shown" in page


def test_one_run_without_the_records_that_others_have_is_refused_unless_it_is_named(study):
    study.session_provenance(1).unlink()
    study.journal(1).unlink()
    stopped(study, r"sub-01.*_provenance\.json: no such provenance, and no journal .*recorded_else")
    assert report_session(study, 2).complete_trials == 12
    settings = study.settings
    known = replace(settings, analysis=replace(settings.analysis, recorded_elsewhere=("1",)))
    runs = read_runs(Study(study.root, known), read_catalogue(study.catalogue))
    rows = unchecked_rows(SimpleNamespace(runs=runs)).rows
    assert [name for _, name in rows] == ["sub-01_task-freeview_run-1"] * 2


def test_what_was_changed_on_purpose_is_taken_out_of_the_provenance(study, capsys):
    set_cell(study.events(1), 3, "status", "interrupted")
    stopped(study, "if it was changed on purpose, take its line out of .*provenance")
    path = study.session_provenance(1)
    content = json.loads(path.read_text())
    del content["outputs"][study.events(1).relative_to(study.root).as_posix()]
    path.write_text(json.dumps(content))
    read_fixations(study)
    said = capsys.readouterr().err
    assert "sub-01_task-freeview_run-1: no SHA-256 of .tsv in the provenance" in said


def test_a_damaged_journal_stops_its_subject(study):
    whole = study.journal(1).read_text()
    study.journal(1).write_text(whole.replace("complete", "cOmplete", 1))
    stopped(study, r"sub-01.*journal\.jsonl, line .*: is damaged: .*move it and .* away")
    study.journal(1).write_text("")
    stopped(study, r"sub-01.*journal\.jsonl: does not say what was shown")
    study.journal(1).unlink()
    stopped(study, r"sub-01.*journal\.jsonl: no such journal; .*analysis\.recorded_elsewhere")
