"""The rate of a screen is measured, and one that is not the study's is refused."""

import numpy as np
import pytest

from experiment.display.frames import (
    check_frame_rate,
    frame_rate,
    frame_times,
    measure_frame_rate,
)
from experiment.display.virtual import VirtualClock, VirtualDisplay
from stimuli.support.errors import InputError


def test_the_measurement_sees_the_late_frames_of_a_display():
    display = VirtualDisplay(VirtualClock(), 120.0, late_frames={5: 3, 100: 1, 120: 2})
    intervals = np.diff(frame_times(display, 200)) * 120
    assert sorted(intervals.round(6))[-3:] == [1.0, 2.0, 3.0]  # flip 5 was before it had settled
    measured = frame_rate(intervals / 120)
    assert (measured.late, measured.early, round(measured.hz, 6)) == (2, 0, 120.0)


@pytest.mark.parametrize("actual_hz", [59.94, 60.0, 60.5])
def test_the_studys_rate_is_taken(actual_hz):
    check_frame_rate(measure_frame_rate(VirtualDisplay(VirtualClock(), actual_hz)), 60.0)


@pytest.mark.parametrize("actual_hz", [30.0, 61.0, 75.0, 144.0, 1200.0])
def test_another_rate_is_refused_and_told(actual_hz):
    measured = measure_frame_rate(VirtualDisplay(VirtualClock(), actual_hz))
    with pytest.raises(InputError, match=rf"has {actual_hz:.2f} Hz.*refresh_hz is 60"):
        check_frame_rate(measured, 60.0)


def test_flips_of_no_length_are_a_rate_too():
    assert frame_rate(np.zeros(90)).hz > 1e5
