"""A session that is killed at any moment loses at most the trial under way."""

import os
import time

import numpy as np
import pytest

from analysis import session as analysis
from tests.experiment.subjects.killing import check_whole, forked, killed_session, session

KILLS = 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_sessions_killed_at_random_moments_are_resumed_and_whole(make_study):
    study = make_study(settings="[session]\nimage_s = 0.5")
    began_s = time.monotonic()
    assert forked(session(study, 99)) == 0
    usual_s = time.monotonic() - began_s
    generator, kills = np.random.default_rng(3), 0
    for subject in range(1, KILLS + 1):
        struck = killed_session(study, subject, usual_s, generator)
        _, interrupted = check_whole(study, subject, trials=12)
        assert interrupted <= struck
        kills += struck
    assert kills >= KILLS // 2
    analysis.main([str(study), "--subject", "1"])
    assert (study / "derivatives" / "quality" / "sub-01.html").is_file()
