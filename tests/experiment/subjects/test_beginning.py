"""A session begins on the study's screen, under a free number, and goes on as it began."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from experiment import run
from experiment.display.virtual import VirtualDisplay
from experiment.laboratory import simulation
from experiment.laboratory.modes import EYELINK
from experiment.records import disk, set_aside
from experiment.records.earlier_runs import earlier_runs
from experiment.records.set_aside import set_subject_aside
from experiment.subjects.preparation import prepare_run
from experiment.subjects.recording import simulate_subject
from stimuli.contract.locking import using_tracker
from stimuli.contract.schemas import PARTICIPANTS
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError
from stimuli.support.files import write_image
from stimuli.support.tables import read_table
from tests.experiment.subjects.kept import ASC, all_rows, contents, journal_of

QUICK = "[session]\nimage_s = 0.2\n"


def record(study, subject=7, **choices):
    return simulate_subject(open_study(study), subject, **choices)


@pytest.fixture
def screen_of(monkeypatch):
    """Return a function that gives simulated sessions a screen of another rate."""

    def arrange(actual_hz, late_frames=None):
        def display(clock, refresh_hz, **choices):
            return VirtualDisplay(clock, actual_hz, late_frames=late_frames, **choices)

        monkeypatch.setattr(simulation, "VirtualDisplay", display)

    return arrange


@pytest.mark.parametrize("actual_hz", [60.0, 144.0, 2000.0])
def test_a_screen_of_another_rate_is_refused_before_anything_is_written(
    make_study, screen_of, actual_hz
):
    study = make_study(sources=1)
    screen_of(actual_hz)
    before = contents(study)
    with pytest.raises(InputError, match=rf"has {actual_hz:.2f} Hz.*refresh_hz is 120"):
        record(study)
    assert contents(study) == before


def test_stalls_are_in_the_events_and_every_frame_is_in_the_journal(
    make_study, screen_of, monkeypatch
):
    study = make_study(sources=1, settings="[screen]\nrefresh_hz = 60.0\n[session]\nimage_s = 3.0")
    screen_of(59.94, {60: 10, **dict.fromkeys(range(300, 900, 100), 10)})
    told = []
    monkeypatch.setattr(simulation.SimulatedOperator, "tell", lambda self, text: told.append(text))
    record(study)
    assert "1 of 90 frames late; close other programs" in told[0]
    # What the recording is told is measured, not asked.
    assert f"RETRACE_INTERVAL {1000 / 59.94:.6f}" in (study / ASC).read_text()
    rows = all_rows(study)
    assert sum(row["dropped_frames"] for row in rows) in range(20, 61, 10)
    assert [row["duration"] for row in rows] == pytest.approx([3.0] * 3, abs=0.5 / 59)
    assert [row["on_time"] for row in rows] == [True] * 3
    ended = [line for line in journal_of(study) if line["kind"] == "trial-ended"]
    assert all("1668" in line["intervals"] for line in ended)
    assert any("18352" in line["intervals"] for line in ended)  # eleven frames of 16.68 ms


def stopped(make_study, interrupt_at, monkeypatch, flip, **choices):
    """Return a study whose session was broken off at a flip."""
    study = make_study(**choices)
    for name in ("a", "b"):
        path = study / "practice" / f"{name}.png"
        if "practice" in choices.get("settings", ""):
            write_image(path, np.zeros((64, 64, 3), np.uint8))
    interrupt_at(flip)
    with pytest.raises(KeyboardInterrupt):
        record(study)
    monkeypatch.undo()
    return study


@pytest.mark.parametrize("resume", [True, False])
def test_a_number_under_which_no_image_was_shown_is_as_good_as_new(
    make_study, interrupt_at, monkeypatch, resume
):
    settings = QUICK + 'practice = "practice"'
    study = stopped(make_study, interrupt_at, monkeypatch, 140, settings=settings)
    first = contents(study)
    record(study, resume=resume)
    assert first.items() <= contents(study).items()
    assert [row["trial"] for row in all_rows(study)] == list(range(1, 13))
    (before,) = earlier_runs(open_study(study), "07")[:1]
    assert any(line["kind"] == "practice-started" for line in before.lines)
    again = earlier_runs(open_study(study), "07")[1].lines
    assert [line["kind"] for line in again].count("practice-ended") == 2


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("[screen]\ndistance_cm = 57.0\n", "screen.distance_cm was 60.0, now it is 57.0"),
        ("[session]\nimage_s = 0.3\n", "session.image_s was 0.2, now it is 0.3"),
    ],
)
def test_a_session_goes_on_with_the_screen_and_the_times_that_it_began_with(
    make_study, interrupt_at, monkeypatch, changed, told
):
    study = stopped(make_study, interrupt_at, monkeypatch, 900, settings=QUICK)
    text = (study / "study.toml").read_text()
    kept = text.replace(QUICK, "") if "session" in changed else text
    (study / "study.toml").write_text(changed + kept)
    with pytest.raises(InputError, match=told):
        record(study, resume=True)
    (study / "study.toml").write_text(text)
    record(study, resume=True)


def test_a_wrong_number_is_set_aside_with_all_that_is_kept_and_is_free(
    make_study, capsys, monkeypatch
):
    monkeypatch.setattr(set_aside, "time", SimpleNamespace(strftime=lambda form: "now"))
    study = make_study(sources=1, settings=QUICK)
    record(study, 7)
    record(study, 8)
    before = contents(study)
    assert run.main(["--study", str(study), "--subject", "7", "--set-aside"]) == 0
    assert "sub-07 is free again" in capsys.readouterr().out
    after = contents(study)
    moved = {name for name in before if "07" in name}
    assert not moved & set(after)
    aside = {name for name in after if name.startswith("sourcedata/set-aside/sub-07_")}
    assert sorted(after[name] for name in aside) == sorted(before[name] for name in moved)
    named = [row["participant_id"] for row in read_table(study / "participants.tsv", PARTICIPANTS)]
    assert named == ["sub-08"]
    record(study, 7)
    assert run.main(["--study", str(study), "--subject", "7", "--set-aside"]) == 0
    assert contents(study).items() >= {name: after[name] for name in aside}.items()
    with pytest.raises(InputError, match="nothing is recorded of sub-07"):
        set_subject_aside(open_study(study), 7)


def test_a_run_of_somebody_else_is_set_aside_and_the_session_goes_on_from_the_one_before(
    make_study, interrupt_at, monkeypatch, capsys
):
    study = stopped(make_study, interrupt_at, monkeypatch, 900, settings=QUICK)
    before = contents(study)
    record(study, resume=True)
    seen = contents(study)
    assert run.main(["--study", str(study), "--subject", "7", "--set-aside", "last"]) == 0
    told = capsys.readouterr().out
    assert "sub-07 has 1 earlier run(s), from which --resume goes on" in told
    assert "free" not in told
    after = contents(study)
    assert {name: after.get(name) for name in before} == before
    aside = {name: one for name, one in after.items() if "set-aside" in name}
    assert sorted(aside.values()) == sorted(seen[name] for name in set(seen) - set(before))
    record(study, resume=True)
    assert [row["trial"] for row in all_rows(study)] == list(range(1, 13))


def test_a_full_disk_is_found_before_a_person_sits_down(make_study, monkeypatch):
    study = open_study(make_study(sources=1))
    prepare_run(study, "07", EYELINK)
    usage = type("Usage", (), {"free": 2e8})
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda root: usage)
    with pytest.raises(InputError, match=r"has 0.2 GB left; expected 1 GB"):
        prepare_run(study, "07", EYELINK)


def test_a_tracker_is_one_sessions_at_a_time_and_says_whose():
    told = []

    def second():
        try:
            with using_tracker("100.1.1.1", "records sub-08"):
                pass
        except InputError as error:
            told.append(str(error))

    with using_tracker("100.1.1.1", "records sub-07"):
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert "records sub-07 since" in told[0]
    second()
    assert len(told) == 1


def test_a_crash_ends_with_what_is_kept_and_how_to_go_on(make_study, monkeypatch, capsys):
    study = make_study(sources=1, settings=QUICK)

    class Breaking(VirtualDisplay):
        """A window that is destroyed while an image is shown."""

        def flip(self):
            if self.flips > 400:
                raise RuntimeError("the window is gone")
            return super().flip()

    monkeypatch.setattr(simulation, "VirtualDisplay", Breaking)
    status = run.main(["--study", str(study), "--subject", "7", "--simulate"])
    told = capsys.readouterr()
    assert status == 1
    assert told.err.count("Traceback") == 1
    assert "error: a fault of the program ended the session (RuntimeError: the window" in told.err
    assert f"--study {study} --subject 07 --simulate --resume" in told.out
    monkeypatch.undo()
    record(study, resume=True)
    assert [row["trial"] for row in all_rows(study)] == [1, 2, 3]
