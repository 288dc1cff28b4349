"""Frames and angles are judged by what a session needs of them."""

import re

import numpy as np
import pytest

from experiment.display.frames import frame_rate
from experiment.preflight.findings import Verdict
from experiment.preflight.judgements import judge_geometry, judge_luminance, judge_refresh
from stimuli.contract.settings import ScreenSettings, Settings


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
    finding = judge_refresh(frame_rate(intervals), 120.0)
    assert finding.verdict == verdict
    assert re.search(told, finding.found)
    assert bool(finding.repair) == (verdict != Verdict.OK)


@pytest.mark.parametrize(
    ("screen", "verdicts"),
    [
        ({}, ["ok", "ok"]),
        ({"width_cm": 60.0}, ["fail", "ok"]),
        ({"distance_cm": 160.0}, ["ok", "look"]),
    ],
)
def test_angles_are_checked_against_the_panel(screen, verdicts):
    found = list(judge_geometry(Settings(screen=ScreenSettings(**screen))))
    assert [one.verdict for one in found] == verdicts
    if not screen:
        assert "image 26.07 deg" in found[1].found


def test_a_screen_that_was_not_measured_is_said_and_a_measured_one_told():
    assert judge_luminance(Settings()).verdict == Verdict.WARN
    screen = ScreenSettings(grey=0.5, gamma=2.2, luminance_cd_m2=100.0)
    finding = judge_luminance(Settings(screen=screen))
    assert finding.verdict == Verdict.OK
    assert "background 21.8 cd/m2" in finding.found
