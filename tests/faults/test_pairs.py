"""Two processes on one study: one works, the other is told who does, and neither loses anything."""

import os
import re
import signal

import pytest

from analysis.report import session_report, study_report
from analysis.sessions.runs import read_runs
from analysis.sharing.share import share_study
from experiment import simulate_subject
from experiment.records import storage
from experiment.subjects import recording
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.orders import write_blocks
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError
from tests.analysis.conftest import ORDERS
from tests.analysis.conftest import build_study as build_analysed_study
from tests.experiment.conftest import build_study
from tests.experiment.subjects.killing import check_whole, journals
from tests.faults.processes import ended, halted, leftovers, start


@pytest.fixture
def study(tmp_path):
    return open_study(build_study(tmp_path / "study"))


def session(study, subject):
    """Return a session that stops before its first trial until it may go on."""

    def work(halt):
        run_session = recording.run_session

        def halting(*arguments, **named):
            halt()
            return run_session(*arguments, **named)

        recording.run_session = halting
        simulate_subject(study, subject)

    return work


def half_stored(study, subject):
    """Return a session that stops when its events are written and nothing else is yet."""

    def work(halt):
        add_participant = storage.add_participant

        def halting(*arguments):
            halt()
            return add_participant(*arguments)

        storage.add_participant = halting
        simulate_subject(study, subject)

    return work


def analysis(study):
    def work(halt):
        analyse = study_report.analyse_study

        def halting(*arguments, **named):
            halt()
            return analyse(*arguments, **named)

        study_report.analyse_study = halting
        study_report.report_study(study)

    return work


def generate(study):
    def work(halt):
        with changing_stimuli(study.root, "makes the stimuli"):
            halt()

    return work


def is_told(what, process, work):
    with pytest.raises(InputError) as refused:
        work()
    text = str(refused.value)
    assert re.search(rf"process {process} on \S+ {what} since 20\d\d-\d\d-\d\d \d\d:", text), text
    assert "--resume" not in text


@pytest.mark.parametrize("resume", [False, True])
def test_a_session_that_runs_keeps_every_other_of_its_subject_out(study, resume):
    with halted(session(study, 7)) as process:
        is_told("records sub-07", process, lambda: simulate_subject(study, 7, resume=resume))
        assert len(journals(study.root, 7)) == 1
        simulate_subject(study, 8)  # of another subject
    assert check_whole(study.root, 7, 12) == check_whole(study.root, 8, 12) == (12, 0)
    assert leftovers(study.root) == []


def test_stimuli_stay_as_they_are_while_sessions_run(study):
    with halted(session(study, 7)) as first, halted(session(study, 8)) as second:
        is_told("records sub-07", first, lambda: generate(study)(lambda: None))
        is_told("records sub-08", second, lambda: generate(study)(lambda: None))
    generate(study)(lambda: None)
    assert leftovers(study.root) == []


def test_no_session_begins_while_the_stimuli_are_made(study):
    with halted(generate(study)) as process:
        is_told("makes the stimuli", process, lambda: simulate_subject(study, 7))
        is_told("makes the stimuli", process, lambda: generate(study)(lambda: None))
    assert not study.sourcedata(7).exists()


def test_a_lock_ends_with_its_process_and_is_not_asked_for_by_what_is_left_of_it(study):
    def work(halt):
        with changing_stimuli(study.root, "makes the stimuli"):
            halt()
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(AssertionError), halted(work):
        assert (study.root / ".stimuli.lock").is_file()
    assert leftovers(study.root) == [".stimuli.lock"]
    generate(study)(lambda: None)
    assert leftovers(study.root) == []


def test_what_a_living_process_writes_is_left_to_it_and_what_a_dead_one_wrote_goes(tmp_path):
    from stimuli.support.files import atomic_path
    from stimuli.support.unfinished import remove_unfinished

    def work(halt):
        with atomic_path(tmp_path / "of-another.txt") as temporary:
            temporary.write_text("whole")
            halt()

    with halted(work) as process:
        dead = start(lambda: None)
        assert ended(dead) == 0
        (name,) = leftovers(tmp_path)
        assert f".writing-{process}-" in name
        (tmp_path / name.replace(str(process), str(dead), 1)).write_text("half")
        (tmp_path / name.replace(str(process), str(os.getpid()), 1)).write_text("of our number")
        with atomic_path(tmp_path / "ours.txt") as ours:
            remove_unfinished(tmp_path)
            assert leftovers(tmp_path) == sorted([name, ours.name])
    assert (tmp_path / "of-another.txt").read_text() == "whole"
    assert sorted(os.listdir(tmp_path)) == ["of-another.txt", "ours.txt"]


def test_a_run_under_way_is_left_out_of_an_analysis_and_named(tmp_path, capsys):
    study = open_study(build_study(tmp_path / "study", sources=1))
    simulate_subject(study, 7)
    stimuli = read_catalogue(study.catalogue)
    with halted(half_stored(study, 8)) as process:
        runs = read_runs(study, stimuli)
        said = capsys.readouterr().err
        own = rf"sub-08_task-freeview_run-1: is being recorded \(process {process} on "
        assert re.search(f"left out: {own}", said), said
        with pytest.raises(InputError, match=own):
            read_runs(study, stimuli, "08")
        assert {run.subject for run in runs} == {"07"}
        assert "--resume" not in said
    assert [run.subject for run in read_runs(study, stimuli)] == ["07", "08"]
    assert "left out" not in capsys.readouterr().err


def report(study):
    def work(halt):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session_report, "_report", halt)
            session_report.report_session(study, 1)

    return work


def test_analyses_pages_and_copies_meet_neither_each_other_nor_new_stimuli(tmp_path):
    root = build_analysed_study(
        tmp_path / "study", n_sources=2, n_subjects=3, size_px=64, samples=True
    )
    write_blocks(root / "blocks.tsv", ORDERS)
    study = open_study(root)
    with halted(report(study)) as process:
        is_told("reports on sub-01", process, lambda: report(study)(lambda: None))
        is_told("reports a session", process, lambda: generate(study)(lambda: None))
    with halted(session(study, 4)) as first, halted(analysis(study)) as second:
        is_told("records sub-04", first, lambda: generate(study)(lambda: None))
        is_told("analyses the study", second, lambda: analysis(study)(lambda: None))
        session_report.report_session(study, 2)
        share_study(
            study, tmp_path / "shared", authors=["Doe, J."], licence="CC0", permitted=["all"]
        )
    assert (study.derivatives / "quality" / "sub-02.html").is_file()
    assert (study.derivatives / "report" / "index.html").is_file()
    assert (tmp_path / "shared" / "sub-03").is_dir()
    assert leftovers(tmp_path) == []
