"""Kaplan-Meier curves against a calculation by hand, statsmodels, and trials that are missing."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.viewing.latency import Latencies, Survival, survival
from analysis.viewing.time_course import time_course
from tests.analysis.viewing.scanpath_tables import OFF, ON, pair, table, trial


def of_one_target(time_ms, seen, weights, at_ms, horizon_ms) -> Survival:
    latencies = Latencies(time_ms, seen, np.zeros(len(time_ms), int))
    return survival(latencies, weights, np.ones((len(weights), 1)), at_ms, horizon_ms)


def test_the_curve_is_that_of_a_calculation_by_hand():
    # 6 trials: seen at 1 and 3 (twice), lost at 2 and 5, never seen until 6.
    time_ms = np.array([3.0, 1, 2, 3, 5, 6])
    seen = np.array([True, True, False, True, False, False])
    at_ms = np.array([0.5, 1, 2.9, 3, 9])
    found = of_one_target(time_ms, seen, np.ones((1, 6)), at_ms, horizon_ms=6)
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
    found = of_one_target(time_ms, seen, weights, at_ms, 400.0)
    for row, times in enumerate(weights):
        peer = SurvfuncRight(np.repeat(time_ms, times.astype(int)),
                             np.repeat(seen, times.astype(int)).astype(int))  # fmt: skip
        place = np.searchsorted(peer.surv_times, at_ms, side="right")
        np.testing.assert_allclose(found.at[row], np.r_[1.0, peer.surv_prob][place], atol=1e-12)
        assert found.median_ms[row] == peer.quantile(0.5)


def test_a_median_that_is_not_reached_is_not_known():
    found = of_one_target(np.full(4, 9.0), np.array([True, False, False, False]), np.ones((1, 4)),
                     np.array([9.0]), 9.0)  # fmt: skip
    assert np.isnan(found.median_ms[0])
    assert found.restricted_mean_ms[0] == 9


def test_the_curve_of_several_targets_is_the_mean_of_theirs():
    # Seen at 1 by one of two; at 2 and 4 by both. The second target counts twice.
    latencies = Latencies(
        np.array([1.0, 6, 2, 4]), np.array([True, False, True, True]), np.array([0, 0, 1, 1])
    )
    found = survival(latencies, np.ones((1, 4)), np.array([[1.0, 2.0]]), np.array([1, 2, 4]), 6)
    np.testing.assert_allclose(found.at[0], np.array([0.5 + 2, 0.5 + 1, 0.5 + 0]) / 3)
    assert found.restricted_mean_ms[0] == pytest.approx((3.5 + 2 * 3) / 3)
    assert found.median_ms[0] == 2


def test_trials_left_out_unevenly_make_no_difference_of_latencies():
    # Versions change nothing; the hard target's trials are mostly left out on versions, and the
    # easy one's on originals.
    generator = np.random.default_rng(3)
    trials, pooled = [], {"original": [], "version": []}
    for source, mean_ms, lost in (("easy", 250, (0.8, 0.1)), ("hard", 1400, (0.1, 0.8))):
        for name, share in zip(pooled, lost, strict=True):
            for subject in range(150):
                if generator.random() < share:
                    continue
                latency_ms = float(generator.gamma(16, mean_ms / 16))
                looked = [(OFF, 50, 100), (ON, latency_ms, 200)]
                trials.append(trial(f"{source}-{name}", str(subject), *looked))
                pooled[name].append(latency_ms)
    course = time_course(
        table(*trials), [pair("easy"), pair("hard")], viewing_ms=3000, resamples=2
    )  # fmt: skip
    found = course.measures.set_index("measure").loc["latency_mean", "difference"]
    assert np.mean(pooled["version"]) - np.mean(pooled["original"]) < -500  # confounded
    assert abs(found) < 100


def test_a_target_without_trials_on_its_version_is_in_neither_curve():
    trials = [trial(f"{source}-{name}", subject, (OFF, 50, 100), (ON, at_ms, 200))
              for source, at_ms in (("a", 300), ("b", 900))
              for name in ("original", "version") for subject in ("1", "2")
              if (source, name) != ("b", "version")]  # fmt: skip
    course = time_course(table(*trials), [pair("a"), pair("b")], viewing_ms=1000, resamples=2)
    measures = course.measures.set_index("measure")
    assert measures.loc["latency_mean", ["original", "version"]].tolist() == [300, 300]
    assert course.latency.set_index("time_ms").loc[900, "original"] == 0
