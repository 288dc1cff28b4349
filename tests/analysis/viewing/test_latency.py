"""Kaplan-Meier curves against a calculation by hand and against statsmodels."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.viewing.latency import survival


def test_the_curve_is_that_of_a_calculation_by_hand():
    # 6 trials: seen at 1 and 3 (twice), lost at 2 and 5, never seen until 6.
    time_ms = np.array([3.0, 1, 2, 3, 5, 6])
    seen = np.array([True, True, False, True, False, False])
    found = survival(time_ms, seen, np.ones((1, 6)), np.array([0.5, 1, 2.9, 3, 9]), horizon_ms=6)
    # At 1: 5/6 of 6 at risk. At 3: four are at risk and two see it, 5/6 * 2/4.
    np.testing.assert_allclose(found.at[0], [1, 5 / 6, 5 / 6, 5 / 12, 5 / 12])
    assert found.restricted_mean_ms[0] == pytest.approx(1 + 2 * 5 / 6 + 3 * 5 / 12)
    assert found.median_ms[0] == 3


def test_curves_with_weights_are_those_of_statsmodels():
    generator = np.random.default_rng(0)
    time_ms = generator.integers(1, 40, 60) * 10.0  # many ties
    seen = generator.random(60) < 0.6
    weights = generator.integers(0, 4, (5, 60)).astype(float)
    at_ms = np.arange(0.0, 420.0, 7.0)
    found = survival(time_ms, seen, weights, at_ms, 400.0)
    for row, times in enumerate(weights):
        peer = SurvfuncRight(np.repeat(time_ms, times.astype(int)),
                             np.repeat(seen, times.astype(int)).astype(int))  # fmt: skip
        place = np.searchsorted(peer.surv_times, at_ms, side="right")
        np.testing.assert_allclose(found.at[row], np.r_[1.0, peer.surv_prob][place], atol=1e-12)
        assert found.median_ms[row] == peer.quantile(0.5)


def test_a_median_that_is_not_reached_is_not_known():
    found = survival(np.full(4, 9.0), np.array([True, False, False, False]), np.ones((1, 4)),
                     np.array([9.0]), 9.0)  # fmt: skip
    assert np.isnan(found.median_ms[0])
    assert found.restricted_mean_ms[0] == 9
