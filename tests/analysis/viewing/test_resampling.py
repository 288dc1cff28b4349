"""Bands that hold whole curves, in simulated experiments whose truth is known."""

import numpy as np
import pytest

from analysis.viewing.resampling import (
    Draws,
    draw_clusters,
    intervals,
    mean_ratios,
    simultaneous_band,
)
from tests.analysis.viewing.scanpath_tables import pair

_EXPERIMENTS, _RESAMPLES, _BINS = 120, 250, 8


def test_the_band_holds_the_whole_curve_where_intervals_do_not():
    """Subjects and sources differ, and so does the effect in each; the truth is their mean."""
    generator = np.random.default_rng(1)
    subjects, sources = 23, 30
    pairs = [pair(f"s{number}") for number in range(sources)]
    strata = {str(subject): "all" for subject in range(subjects)}
    truth = np.linspace(0.15, -0.1, _BINS)
    held = {"band": 0, "intervals": 0}
    for seed in range(_EXPERIMENTS):
        effects = truth + generator.normal(0, 0.1, (1, sources, _BINS))
        effects = effects + generator.normal(0, 0.05, (subjects, 1, _BINS))
        shares = np.stack([np.full_like(effects, 0.3), 0.3 + effects], axis=2).clip(0, 1)
        hits = generator.binomial(60, shares).astype(float)
        draws = draw_clusters(strata, pairs, seed, _RESAMPLES)
        curve = mean_ratios(hits, np.full(hits.shape, 60.0), draws)[:, 2]
        for name, (low, high) in (
            ("band", simultaneous_band(curve)), ("intervals", intervals(curve))
        ):  # fmt: skip
            held[name] += bool(((low <= truth) & (truth <= high)).all())
    assert held["band"] >= 0.92 * _EXPERIMENTS
    assert held["intervals"] < 0.75 * _EXPERIMENTS  # eight of them, each with its own 5 %


def test_a_band_of_one_point_is_its_interval_and_more_points_widen_it():
    generator = np.random.default_rng(0)
    values = np.vstack([np.zeros((1, 20)), generator.normal(0, 1, (20_000, 20))])
    low, high = simultaneous_band(values[:, :1])
    assert (low[0], high[0]) == pytest.approx((-1.96, 1.96), abs=0.05)
    # The quantile of the largest of 20 independent ones: 2 Phi(c) - 1 = 0.95 ** (1 / 20).
    low, high = simultaneous_band(values)
    assert high == pytest.approx(np.full(20, 3.016), abs=0.09)


def test_with_few_clusters_a_band_widens_as_the_largest_of_many_ts_does():
    generator = np.random.default_rng(0)
    values = np.vstack([np.zeros((1, 20)), generator.normal(0, 1, (20_000, 20))])
    _, high = simultaneous_band(values, freedom=5)
    # A normal deviation beyond 3.016 is as rare as one of t beyond 5.573, with five degrees.
    assert high == pytest.approx(np.full(20, 5.57), abs=0.3)


def test_points_that_are_missing_or_never_vary_have_no_band_and_spoil_no_other():
    generator = np.random.default_rng(0)
    values = generator.normal(0, 1, (2001, 3))
    alone = simultaneous_band(values[:, :1])
    values[1:101, 1], values[:, 2] = np.nan, 0.25
    low, high = simultaneous_band(values)
    assert np.isnan(low[1:]).all()
    assert (low[0], high[0]) == pytest.approx((alone[0][0], alone[1][0]))


def test_means_are_over_targets_with_a_ratio_on_both_images():
    # Two subjects, three targets; nobody saw the version of the last.
    hits = np.zeros((2, 3, 2, 1))
    seen = np.ones((2, 3, 2, 1))
    hits[0, 0, 1], hits[:, 1, 1], hits[:, 2, 0], seen[:, 2, 1] = 1, 1, 1, 0
    draws = Draws(np.array([[1.0, 1], [2, 0]]), np.array([[1.0, 1, 1], [3, 0, 0]]), "abc", 1)
    values = mean_ratios(hits, seen, draws)[..., 0]
    np.testing.assert_allclose(values, [[0, 0.75, 0.75], [0, 1, 1]])


def test_the_interval_of_few_sources_is_wide_enough():
    """Percentiles of resamples hold the truth in 0.8 of these."""
    generator, held = np.random.default_rng(3), []
    pairs = [pair(f"s{number}") for number in range(4)]
    strata = {str(subject): "all" for subject in range(12)}
    for seed in range(200):
        change = generator.normal(0.1, 0.1, 4) + generator.normal(0, 0.02, (12, 1))
        shares = np.stack([np.full((12, 4), 0.3), 0.3 + change], axis=2)[..., None]
        draws = draw_clusters(strata, pairs, seed, 200)
        values = mean_ratios(shares, np.ones(shares.shape), draws)[:, 2, 0]
        low, high = intervals(values, draws.freedom)
        held.append(bool(low <= 0.1 <= high))
    assert draws.freedom == 3
    assert 0.92 < np.mean(held) < 0.995


def test_draws_of_some_pairs_have_the_freedom_of_their_sources():
    pairs = [pair(name) for name in "abcd"]
    draws = draw_clusters(dict.fromkeys("123456789", "all"), pairs, 0, 10)
    assert draws.of([0, 1, 2]).freedom == 2
    assert draws.of([0, 1, 2]).pairs.shape == (11, 3)
