"""How well the model foretells people, where the answer is known."""

import numpy as np
import pytest

from analysis.effects.agreement import agreement_table
from analysis.effects.bootstrap import Resamples
from stimuli.contract.vocabulary import Direction
from tests.analysis.effects.contrasts import contrast


def test_slope_and_signs_of_people_who_do_a_quarter_of_what_is_predicted():
    model = np.array([0.4, 0.2, -0.3, -0.1])
    contrasts = [contrast(0.25 * m, m, source=str(place)) for place, m in enumerate(model)]
    times = np.ones((500, 4))
    draws = np.random.default_rng(0).normal(0, 0.01, (500, 4)) + 0.25 * model
    row = agreement_table(contrasts, "all", Resamples(draws, draws, times, 9, 8)).iloc[0]
    assert (row["n"], row["n_same_sign"], row["sign_agreement"]) == (4, 4, 1.0)
    assert row["slope"] == pytest.approx(0.25)
    assert row["slope_low"] < 0.25 < row["slope_high"]
    assert row["slope_high"] - row["slope_low"] < 0.1
    assert row["correlation"] == pytest.approx(1)


def test_where_nothing_is_predicted_nobody_can_move_as_predicted():
    contrasts = [contrast(0.1, 0.4), contrast(-0.3, 0.0)]
    changes = np.tile([0.1, -0.3], (10, 1))
    (row,) = agreement_table(
        contrasts, "all", Resamples(changes, changes, np.ones((10, 2)))
    ).to_dict("records")
    assert (row["n"], row["n_predicted"], row["n_same_sign"]) == (2, 1, 1)
    assert row["sign_agreement"] == 1


def test_controls_are_no_aims_that_people_could_meet():
    contrasts = [contrast(0.1, 0.4), contrast(-0.3, 0.4, direction=Direction.CONTROL)]
    changes = np.tile([0.1, -0.3], (10, 1))
    table = agreement_table(contrasts, "all", Resamples(changes, changes, np.ones((10, 2))))
    assert (table["n"][0], table["n_same_sign"][0]) == (1, 1)
    assert table["slope"][0] == pytest.approx(0.25)
