"""Intervals over subjects and sources."""

import numpy as np
import pytest

from analysis.effects.bootstrap import draw, p_value, percentile_interval, resampled_means


def test_every_stratum_keeps_its_size():
    times = draw(["a", "b", "a", "c", "a", "b"], 500, np.random.default_rng(0))
    assert (times[:, [0, 2, 4]].sum(axis=1) == 3).all()
    assert (times[:, [1, 5]].sum(axis=1) == 2).all()
    assert (times[:, 3] == 1).all()
    np.testing.assert_allclose(times.mean(axis=0), 1.0, atol=0.12)


def test_the_interval_of_a_mean_over_sources_is_the_textbooks():
    generator = np.random.default_rng(1)
    values = generator.normal(5.0, 2.0, 100)
    times = draw(["all"] * 100, 4000, generator)
    low, high = percentile_interval(resampled_means(values[None], times))
    half = 1.96 * values.std() / 10
    assert low == pytest.approx(values.mean() - half, abs=0.06)
    assert high == pytest.approx(values.mean() + half, abs=0.06)


def test_missing_values_do_not_count():
    times = np.ones((10, 3))
    assert percentile_interval(resampled_means(np.array([[1.0, np.nan, 3.0]]), times)) == (2.0, 2.0)
    assert np.isnan(percentile_interval(resampled_means(np.full((10, 3), np.nan), times))).all()


def test_p_is_where_the_interval_ends_at_zero():
    resampled = np.random.default_rng(2).normal(1.0, 0.5, 9999)
    p = p_value(resampled)
    assert p == pytest.approx(0.0455, abs=0.006)  # two sigma, two-sided
    assert percentile_interval(resampled, 1 - p)[0] == pytest.approx(0.0, abs=0.02)
    assert p_value(np.ones(999)) == 2 / 1000
    assert p_value(np.zeros(999)) == 1.0
