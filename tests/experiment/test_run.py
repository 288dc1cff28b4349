"""The command lists, records, says what is kept, and ends with the status that it tells of."""

import subprocess

import pytest

from experiment import run
from stimuli.contract.schemas import EVENTS
from stimuli.support import commands
from stimuli.support.errors import InputError
from stimuli.support.tables import read_table
from tests.experiment.subjects.kept import EVENTS_TSV, contents


def record(study, *options):
    return run.main(["--study", str(study), "--subject", "07", "--simulate", *options])


@pytest.mark.parametrize("doing", [("--list", "--resume"), ("--resume", "--set-aside")])
def test_what_cannot_be_done_at_once_is_refused(make_study, doing, capsys):
    with pytest.raises(SystemExit, match="2"):
        record(make_study(sources=1), *doing)
    assert "not allowed with argument" in capsys.readouterr().err


def test_a_session_that_is_interrupted_says_what_is_kept_and_how_to_go_on(
    make_study, interrupt_at, monkeypatch, capsys
):
    study = make_study()
    interrupt_at(5000)
    words = ["--study", str(study), "--subject", "07", "--simulate", "--language", "de"]
    with pytest.raises(SystemExit) as left:
        commands.run(run.main, words)
    assert left.value.code == commands.EXIT_INTERRUPTED
    told = capsys.readouterr()
    assert "sub-07: of 12 trials" in told.out
    assert f"--study {study} --subject 07 --simulate --language de --resume" in told.out
    assert "interrupted; what was finished before is kept" in told.err
    monkeypatch.undo()
    assert record(study, "--resume") == commands.EXIT_OK
    assert "--resume" not in capsys.readouterr().out


def test_an_interruption_before_the_session_has_nothing_to_tell(make_study, monkeypatch, capsys):
    def interrupted(*arguments, **choices):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "record_subject", interrupted)
    with pytest.raises(KeyboardInterrupt):
        record(make_study())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("installed", [True, False])
def test_the_report_is_made_at_the_end_or_its_command_is_printed(
    make_study, monkeypatch, capsys, installed
):
    study, called, real = make_study(sources=1), [], subprocess.run

    def noted(words, **options):
        return called.append(words[1:]) if "analysis.session" in words else real(words, **options)

    monkeypatch.setattr(subprocess, "run", noted)
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: installed or None)
    record(study, "--report")
    command = ["-m", "analysis.session", str(study), "--subject", "07"]
    assert called[-1:] == ([["-P", *command]] if installed else [])
    assert ("analysis.session" in capsys.readouterr().out) != installed


def test_wrong_input_ends_with_status_2_and_one_line(make_study, capsys):
    study = make_study()
    with pytest.raises(SystemExit) as left:
        commands.run(run.main, ["--study", str(study), "--subject", "07"])
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_list_prints_the_schedule_and_writes_nothing(make_study, capsys):
    study = make_study()
    before = contents(study)
    run.main(["--study", str(study), "--subject", "07", "--list"])
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.startswith("trial\tblock_position\tblock\tstim_id")
    assert len(lines) == 12
    assert contents(study) == before


def test_the_list_is_what_is_shown(make_study, capsys):
    study = make_study()
    run.main(["--study", str(study), "--subject", "07", "--list"])
    listed = [line.split("\t")[3] for line in capsys.readouterr().out.splitlines()[1:]]
    record(study)
    assert [row["stim_id"] for row in read_table(study / EVENTS_TSV, EVENTS)] == listed


def test_a_screen_that_lies_is_told_and_one_that_is_not_there_is_named(
    make_study, monkeypatch, capsys
):
    monkeypatch.setenv("DISPLAY", ":987")
    study = make_study(settings="[screen]\nwidth_cm = 100")
    before = contents(study)
    with pytest.raises(InputError, match=r"no screen: .* DISPLAY is ':987'; .* add --simulate"):
        run.main(["--study", str(study), "--subject", "07", "--mouse"])
    assert "pixels: 0.5208 mm wide, 0.2713 mm high; they are not square" in capsys.readouterr().err
    assert contents(study) == before
