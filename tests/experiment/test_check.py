"""The table before a session finds what is wrong, and says what to do."""

import re

import numpy as np
import pytest

from experiment import check
from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.preflight import Verdict, frame_times, geometry, refresh
from stimuli import commands
from stimuli.settings import ScreenSettings, Settings
from tests.experiment.screen import Command, open_screen


def frames(late=(), rate_hz=120.0, jitter_s=0.0):
    generator = np.random.default_rng(0)
    intervals = np.full(240, 1 / rate_hz) + generator.normal(0, jitter_s, 240)
    intervals[list(late)] += 1 / rate_hz
    return intervals


@pytest.mark.parametrize(
    ("intervals", "verdict", "told"),
    [
        (frames(), Verdict.OK, "120.00 Hz, standard deviation 0.00 ms, 0 of 240"),
        (frames(late=[3, 50]), Verdict.WARN, "2 of 240 frames late"),
        (frames(jitter_s=0.0012), Verdict.WARN, r"deviation 1\.[12]\d ms"),
        (frames(rate_hz=60.0), Verdict.FAIL, "60.00 Hz"),
        (frames(rate_hz=119.9), Verdict.OK, "119.90 Hz"),
    ],
)
def test_frames_are_judged_by_rate_jitter_and_late_ones(intervals, verdict, told):
    finding = refresh(intervals, 120.0)
    assert finding.verdict == verdict
    assert re.search(told, finding.found)
    assert bool(finding.repair) == (verdict != Verdict.OK)


def test_the_measurement_sees_the_late_frames_of_a_display():
    display = VirtualDisplay(VirtualClock(), 120.0, late_frames={5: 3, 100: 1, 120: 2})
    intervals = np.diff(frame_times(display, 200)) * 120
    assert sorted(intervals.round(6))[-3:] == [1.0, 2.0, 3.0]  # flip 5 was before it had settled


@pytest.mark.parametrize(
    ("screen", "verdicts"),
    [
        ({}, ["ok", "ok"]),
        ({"width_cm": 60.0}, ["fail", "ok"]),
        ({"distance_cm": 160.0}, ["ok", "look"]),
    ],
)
def test_angles_are_checked_against_the_panel(screen, verdicts):
    found = list(geometry(Settings(screen=ScreenSettings(**screen))))
    assert [one.verdict for one in found] == verdicts
    if not screen:
        assert "image 26.07 deg" in found[1].found


def test_without_screen_and_tracker_the_table_is_whole_and_says_so(make_study, monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    study = make_study(settings='[tracker]\naddress = "127.0.0.1"')
    image = next((study / "stimuli" / "images").iterdir())
    image.write_bytes(image.read_bytes() + b"\0")
    before = sorted(path.name for path in study.rglob("*"))
    assert check.main(["--study", str(study)]) == commands.EXIT_FAILED
    told = capsys.readouterr().out
    assert "has changed since" in told
    assert "screen:" in told
    assert "tracker: no EyeLink at 127.0.0.1" in told
    assert "study folder can be written" in " ".join(told.split()) or "can be written" in told
    assert sorted(path.name for path in study.rglob("*")) == before


def test_a_disk_that_is_full_and_a_folder_that_cannot_be_written_fail(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 5e8})
    monkeypatch.setattr(check.shutil, "disk_usage", lambda root: usage)
    assert check.disk(tmp_path).verdict == Verdict.FAIL
    assert check.writable(tmp_path / "absent").verdict == Verdict.FAIL
    assert check.writable(tmp_path).verdict == Verdict.OK


def test_screen_resolution_and_keyboard_are_checked_in_the_real_window(make_study, tmp_path):
    study = make_study()
    with open_screen(1280, 1080) as screen:
        words = ["--study", str(study), "--no-tracker"]
        small = Command(screen, tmp_path, "experiment.check", *words)
        assert small.end() == commands.EXIT_FAILED
        assert "gives 1280 x 1080 pixels" in small.said()
    with open_screen(1920, 1080) as screen:
        checked = Command(screen, tmp_path, "experiment.check", *words)
        checked.wait_to_hear("refresh rate:")
        pressed = 0
        while "keyboard:" not in checked.said() and pressed < 50:
            screen.press("space")
            pressed += 1
        checked.end()
        assert "the space bar was seen" in checked.said()
        assert "1920 x 1080 pixels, as in study.toml" in checked.said()
