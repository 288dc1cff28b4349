"""Times in whole milliseconds: the rate is the tracker's, and no hole lies between its samples."""

import numpy as np
import pandas as pd
import pytest

from analysis.fixations.detection import detect_fixations
from analysis.recordings.intervals import sample_places, sampling_interval_ms
from stimuli.contract.settings import AnalysisSettings

PER_DEGREE = np.full(2, 40.0)


def stamps(rate_hz, n=1200):
    """Times that a program writes down in whole milliseconds, a second of them left out."""
    times = np.floor(1000 / rate_hz * np.arange(n) + 0.3)
    times[n // 2 :] += 1000
    return times


@pytest.mark.parametrize("rate_hz", [60, 120, 300, 600, 1200])
def test_the_rate_is_the_trackers_though_its_times_are_rounded(rate_hz):
    times = stamps(rate_hz)
    assert 1000 / sampling_interval_ms(times) == pytest.approx(rate_hz, rel=0.01)
    places = sample_places(times, sampling_interval_ms(times))
    steps = np.diff(places)
    assert (np.delete(steps, 599) == 1).all()
    assert steps[599] == pytest.approx(rate_hz + 1, abs=1 + rate_hz / 100)


@pytest.mark.parametrize(
    ("rate_hz", "detector"), [(120, "velocity"), (300, "velocity"), (300, "dispersion")]
)
def test_fixations_of_rounded_times_are_whole(rate_hz, detector):
    times = stamps(rate_hz)
    x = np.repeat([400.0, 900.0, 600.0, 1100.0], 300)
    samples = pd.DataFrame({"block": 1, "time_ms": times, "x_left_px": x, "y_left_px": 500.0,
                            "pupil_left": 3.0})  # fmt: skip
    found = detect_fixations(samples, PER_DEGREE, AnalysisSettings(detector=detector))
    np.testing.assert_allclose(found["x_px"], [400, 900, 600, 1100], atol=3)
    np.testing.assert_allclose(found["duration_ms"], 300 * 1000 / rate_hz, atol=6000 / rate_hz)
    np.testing.assert_allclose(found["start_ms"], times[::300], atol=5000 / rate_hz)
