"""Intervals over subjects and sources."""

import numpy as np
import pytest
from scipy.stats import t as student

from analysis.effects.bootstrap import (
    Resamples,
    draw,
    freedom_of,
    percentile_interval,
    resampled_means,
)
from analysis.effects.intervals import crossed_interval, sources_interval
from analysis.effects.ratios import crossed_ratio


def test_every_stratum_keeps_its_size():
    times = draw(["a", "b", "a", "c", "a", "b"], 500, np.random.default_rng(0))
    np.testing.assert_allclose(times[:, [0, 2, 4]].sum(axis=1), 3)
    np.testing.assert_allclose(times[:, [1, 5]].sum(axis=1), 2)
    assert (times[:, 3] == 1).all()
    np.testing.assert_allclose(times.mean(axis=0), 1.0, atol=0.12)


@pytest.mark.parametrize("n", [3, 8, 100])
def test_the_interval_over_sources_is_students(n):
    values = np.random.default_rng(1).normal(5.0, 2.0, n)
    times = draw(["all"] * n, 20_000, np.random.default_rng(2))
    found = sources_interval(resampled_means, values, times, n_sources=n)
    low, high = student.interval(0.95, n - 1, values.mean(), values.std(ddof=1) / np.sqrt(n))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.02 * (high - low))


def test_p_is_the_level_of_the_interval_that_ends_at_zero():
    values = np.random.default_rng(3).normal(1.0, 1.0, 12)
    times = draw(["all"] * 12, 2000, np.random.default_rng(4))
    p = sources_interval(resampled_means, values, times, n_sources=12).p
    found = sources_interval(resampled_means, values, times, n_sources=12, level=1 - p)
    assert found.low == pytest.approx(0.0, abs=1e-9)


def crossed(n_subjects, n_sources, subject_sd, source_sd, generator, freedom=None):
    """Return the interval of a mean of zero over subjects and sources."""
    values = generator.normal(0, subject_sd, (n_subjects, 1))
    values = values + generator.normal(0, source_sd, n_sources)
    times = draw(["all"] * n_subjects, 300, generator)
    measured = values.mean(axis=0)
    return crossed_interval(
        resampled_means, measured, times @ values / n_subjects,
        draw(["all"] * n_sources, 300, generator), n_sources=n_sources,
        subject_freedom=n_subjects - 1 if freedom is None else freedom,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("n_subjects", "n_sources", "sds"), [(6, 24, (1, 0.2)), (20, 3, (0.2, 1)), (5, 6, (1, 1))]
)
def test_few_subjects_or_sources_widen_the_interval_to_what_it_says(n_subjects, n_sources, sds):
    """Percentiles of the resamples hold the truth in 0.86, 0.77 and 0.90 of these."""
    generator = np.random.default_rng(5)
    found = [crossed(n_subjects, n_sources, *sds, generator) for _ in range(400)]
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.925


def test_the_interval_of_a_relative_change_holds_the_truth():
    """Shares of 0.4 that versions raise by a quarter."""
    generator, hits = np.random.default_rng(7), []
    n_subjects, n_sources = 12, 8
    for _ in range(400):
        original = 0.4 + generator.normal(0, 0.1, n_sources) + generator.normal(
            0, 0.1, (n_subjects, n_sources)
        ) + generator.normal(0, 0.05, (n_subjects, 1))  # fmt: skip
        change = 0.1 + generator.normal(0, 0.1, n_sources) + generator.normal(
            0, 0.1, (n_subjects, n_sources)
        ) + generator.normal(0, 0.05, (n_subjects, 1))  # fmt: skip
        times = draw(["all"] * n_subjects, 300, generator)
        drawn = Resamples(
            times @ change / n_subjects, np.empty((300, 0)),
            draw(["all"] * n_sources, 300, generator), n_subjects, n_subjects - 1,
            times @ original / n_subjects,
        )  # fmt: skip
        found = crossed_ratio(change.mean(0), original.mean(0), drawn, n_sources=n_sources)
        hits.append(found.low <= 0.25 <= found.high)
    assert 0.93 < np.mean(hits) < 0.995


def test_a_relative_change_may_be_none_just_where_the_change_may_and_falls_by_no_more_than_all():
    generator, agreed, lowest = np.random.default_rng(8), [], []
    for _ in range(100):
        original = generator.uniform(0.05, 0.5, 4)
        change = -original * generator.uniform(-0.4, 1.2, 4)
        drawn = Resamples(
            change + generator.normal(0, 0.02, (200, 4)), np.empty((200, 0)),
            draw(["all"] * 4, 200, generator), 9, 8,
            original + generator.normal(0, 0.02, (200, 4)),
        )  # fmt: skip
        ratio = crossed_ratio(change, original, drawn, n_sources=4)
        mean = crossed_interval(
            resampled_means, change, drawn.change, drawn.times, n_sources=4, subject_freedom=8
        )
        if np.isfinite(ratio.low):
            agreed.append((ratio.low <= 0 <= ratio.high) == (mean.low <= 0 <= mean.high))
            lowest.append(ratio.low)
    assert len(agreed) > 40
    assert all(agreed)
    assert min(lowest) == -1


def test_two_sources_or_groups_of_one_subject_give_no_interval():
    generator = np.random.default_rng(6)
    assert np.isnan(crossed(20, 2, 1, 1, generator).low)
    assert np.isnan(crossed(20, 9, 1, 1, generator, freedom_of(["a", "a", "b"])).low)
    assert freedom_of(["a", "a", "b", "b", "b"]) == 3


def test_missing_values_do_not_count():
    times = np.ones((10, 3))
    assert percentile_interval(resampled_means(np.array([[1.0, np.nan, 3.0]]), times)) == (2.0, 2.0)
    assert np.isnan(percentile_interval(resampled_means(np.full((10, 3), np.nan), times))).all()
