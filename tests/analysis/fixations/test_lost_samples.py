"""Lost samples are found where in time, and on which trial, they are."""

import numpy as np
import pytest

from analysis.fixations.lost_samples import trial_losses
from analysis.recordings.asc import parse_asc

TRIALS = [{"trial": 1, "duration": 0.1}, {"trial": 2, "duration": 0.1}]


def recording(change=lambda time, line: line):
    """Two trials of 100 ms at 500 Hz from 1000 and 2000, each line as `change` leaves it."""
    lines = []
    for number, onset in enumerate((1000, 2000), start=1):
        lines += [
            f"MSG\t{onset - 20} TRIALID {number}",
            f"START\t{onset - 10} \tLEFT\tSAMPLES\tEVENTS",
            "SAMPLES\tGAZE\tLEFT\tRATE\t 500.00\tTRACKING\tCR", f"MSG\t{onset} SYNCTIME",
        ]  # fmt: skip
        for time in range(onset - 10, onset + 120, 2):
            lines += filter(None, [change(time, f"{time}\t  400.0\t  300.0\t 900.0\t...")])
        lines.append(f"END\t{onset + 120} \tSAMPLES\tEVENTS")
    return parse_asc("\n".join([*lines, ""]).encode())


def losses(change):
    found = recording(change)
    return trial_losses(found, found.samples(), TRIALS, "left")


def test_nothing_is_lost_of_a_whole_recording():
    for one in losses(lambda time, line: line):
        assert one.share == 0
        assert not len(one.unreadable_ms)


def test_an_eye_that_was_lost_is_lost_from_its_first_sample_to_its_last():
    first, second = losses(
        lambda time, line: f"{time}\t   .\t   .\t    0.0\t..." if 2020 <= time < 2050 else line
    )
    assert first.share == 0
    assert second.lost_ms.tolist() == [[20, 50]]
    assert second.share == pytest.approx(0.3)


def test_samples_that_the_file_lacks_are_missing_and_not_lost():
    first, second = losses(lambda time, line: None if 1040 <= time < 1060 or time > 2080 else line)
    assert first.missing_ms.tolist() == [[40, 60]]
    assert second.missing_ms.tolist() == [[82, 100]]
    assert not len(first.lost_ms) + len(second.lost_ms)


def test_a_line_that_cannot_be_read_stands_at_its_time():
    first, second = losses(
        lambda time, line: line.replace("400.0", "4o0") if time == 2030 else line
    )
    np.testing.assert_array_equal(second.unreadable_ms, [30])
    assert not len(first.unreadable_ms)
