"""Which fixations belong to an image, and their numbers."""

import numpy as np
import pandas as pd
import pytest

from analysis.fixations.trials import during_image, of_one_eye


def fixations(*spans: tuple[float, float], eye: str = "L") -> pd.DataFrame:
    rows = [(eye, start, end, end - start + 2, start, end, 900) for start, end in spans]
    names = ["eye", "start_ms", "end_ms", "duration_ms", "x_px", "y_px", "pupil"]
    return pd.DataFrame(rows, columns=names)


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
    eye = of_one_eye(fixations(*spans), "left")
    which, found = during_image(eye, 1000, 3000)
    assert found.tolist() == numbers
    assert (eye.start_ms[which[0]] if len(which) else None) == first


def test_the_recorded_eye_is_used_and_the_other_only_if_there_is_no_more():
    both = pd.concat([fixations((1, 2)), fixations((3, 4), eye="R")])
    assert of_one_eye(both, "right").start_ms.tolist() == [3]
    assert of_one_eye(fixations((3, 4), eye="R"), "left").start_ms.tolist() == [3]


def test_a_fixation_without_a_position_or_a_start_is_not_used():
    table = fixations((1, 2), (3, 4), (5, 6))
    table.loc[0, "x_px"] = np.nan
    table.loc[1, "start_ms"] = np.nan
    assert of_one_eye(table, "left").start_ms.tolist() == [5]
