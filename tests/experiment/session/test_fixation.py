"""Gaze must rest on the target without a break before an image appears."""

import numpy as np
import pytest

from experiment.protocols.operator import Decision
from experiment.session.fixation import await_fixation
from stimuli.contract.settings import SessionSettings, Settings


def at_centre(scene):
    return np.zeros(2)


def test_a_lost_eye_does_not_count_as_fixating(make_lab):
    settings = Settings()
    lab = make_lab(at_centre, settings)
    lab.tracker.gaze = lambda: None
    lab.tracker.start_recording()
    assert await_fixation(lab, settings) == Decision.DRIFT_CHECK


@pytest.mark.parametrize(("radius_deg", "decision"), [(1.5, Decision.DRIFT_CHECK), (9.0, None)])
def test_gaze_counts_within_the_radius_of_the_settings(make_lab, radius_deg, decision):
    settings = Settings(session=SessionSettings(fixation_radius_deg=radius_deg))
    lab = make_lab(lambda scene: np.array([6.0, 4.0]), settings)
    lab.tracker.start_recording()
    lab.clock.wait(1.0)  # by then the eye has gone where it wants to look, 7.2 degrees away
    assert await_fixation(lab, settings) == decision
