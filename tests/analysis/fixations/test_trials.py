"""Which fixations belong to an image, and their numbers."""

import numpy as np
import pandas as pd
import pytest

from analysis.fixations.trials import block_eyes, during_image, of_one_eye
from analysis.recordings.reading import read_recording
from tests.analysis.recordings.cases import case

NO_BLOCKS = pd.DataFrame({"block": [], "start_ms": [], "end_ms": [], "eyes": []})


def fixations(*spans: tuple[float, float], eye: str = "L", block: int = 1) -> pd.DataFrame:
    rows = [(block, eye, start, end, end - start + 2, start, end, 900) for start, end in spans]
    names = ["block", "eye", "start_ms", "end_ms", "duration_ms", "x_px", "y_px", "pupil"]
    return pd.DataFrame(rows, columns=names)


def used(table, preferred="left", blocks=NO_BLOCKS):
    return of_one_eye(table, block_eyes(table, blocks, preferred))


@pytest.mark.parametrize(
    ("spans", "numbers", "first"),
    [
        ([(900, 1100), (1200, 1400), (1500, 4100)], [0, 1, 2], 900),  # under way at onset
        ([(800, 990), (1200, 1400)], [1], 1200),  # ended before onset
        ([(1000, 1200), (1300, 1500)], [1, 2], 1000),  # began with the image
        ([(900, 1000), (1300, 1500)], [0, 1], 900),  # last sample at onset
        ([(900, 4100), (4000, 4200)], [0], 900),  # the next began when the image had gone
        ([(4001, 4200)], [], None),
        ([], [], None),
    ],
)
def test_numbers_count_from_one_and_zero_is_under_way(spans, numbers, first):
    eye = used(fixations(*spans))
    which, found = during_image(eye, 1000, 3000)
    assert found.tolist() == numbers
    assert (eye.start_ms[which[0]] if len(which) else None) == first


def test_the_recorded_eye_is_used_and_the_other_only_if_there_is_no_more():
    both = pd.concat([fixations((1, 2)), fixations((3, 4), eye="R")])
    assert used(both, "right").start_ms.tolist() == [3]
    assert used(fixations((3, 4), eye="R")).start_ms.tolist() == [3]


def test_a_fixation_without_a_position_or_a_start_is_not_used():
    table = fixations((1, 2), (3, 4), (5, 6))
    table.loc[0, "x_px"] = np.nan
    table.loc[1, "start_ms"] = np.nan
    assert used(table).start_ms.tolist() == [5]


@pytest.mark.parametrize(
    ("preferred", "eyes", "x_px"),
    [("left", ["L", "R", "L"], [100, 300, 10]), ("right", ["L", "R", "R"], [100, 300, 40])],
)
def test_every_block_has_the_eye_that_was_recorded_in_it(preferred, eyes, x_px):
    recording = read_recording(case("eye_change"))
    chosen = block_eyes(recording.fixations, recording.blocks, preferred)
    found = of_one_eye(recording.fixations, chosen)
    assert found.eye.tolist() == eyes
    assert found.xy_px[:, 0].tolist() == x_px
    assert [chosen.at(time_ms) for time_ms in (1100, 2100, 3100)] == eyes
    assert chosen.at(1500) is None  # between two blocks
