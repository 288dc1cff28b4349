"""A study folder that somebody sent is data: none of its files runs as code."""

import subprocess
import sys
from pathlib import Path

import pytest

import experiment.run
import guiding_gaze
from stimuli.contract.study import open_study

ROOT = Path(guiding_gaze.__file__).parent
EVIL = "from pathlib import Path; Path(__file__).with_name('ran').touch(); raise SystemExit(9)"


@pytest.fixture
def study(tmp_path):
    (tmp_path / "stimuli").mkdir()
    for name in ("stimuli/__init__.py", "numpy.py", "lazy_loader.py", "rich.py", "argparse.py"):
        (tmp_path / name).write_text(EVIL)
    (tmp_path / "study.toml").write_text("")
    return tmp_path


def run(command, folder):
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, text=True, capture_output=True
    )


@pytest.mark.parametrize("module", ["experiment.balance", "analysis.events", "manipulation.studio"])
def test_a_command_started_in_a_study_runs_nothing_of_it(module, study):
    done = run(["-m", module, "--help"], study)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout
    assert list(study.rglob("ran")) == []


def test_a_command_started_in_a_folder_of_a_study_runs_nothing_of_it(study):
    (study / "stimuli" / "numpy.py").write_text(EVIL)
    done = run(["-m", "experiment.balance", "--help"], study / "stimuli")
    assert done.returncode == 0, done.stderr
    assert list(study.rglob("ran")) == []


def test_the_report_after_a_session_runs_nothing_of_its_study(study, monkeypatch):
    (study / "analysis").mkdir()
    for name in ("__init__.py", "session.py"):
        (study / "analysis" / name).write_text(EVIL)
    monkeypatch.chdir(study)
    experiment.run._run_report(open_study(study), "07")
    assert list(study.rglob("ran")) == []


def test_the_console_script_runs_nothing_of_a_study_either(study):
    (study / "experiment.py").write_text(EVIL)
    done = run([str(ROOT / "guiding_gaze.py"), "balance", "--help"], study)
    assert done.returncode == 0, done.stderr
    assert "experiment.balance" in done.stdout
    assert list(study.rglob("ran")) == []


def test_the_console_script_names_every_command_and_refuses_others():
    modules = {
        f"{package}.{path.stem}"
        for package in ("manipulation", "experiment", "analysis")
        for path in (ROOT / package).glob("*.py")
        if path.stem != "__init__"
    }
    assert set(guiding_gaze.COMMANDS.values()) == modules
    with pytest.raises(SystemExit, match="2"):
        guiding_gaze.main(["runn"])
