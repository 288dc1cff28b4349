"""Fitted densities: parameters come back, and little data are said to be little."""

import numpy as np
import pytest
from scipy.optimize import minimize

from analysis.density.fitted import fit_density
from analysis.density.grid import Grid
from analysis.density.leave_one_subject_out import LeaveOneSubjectOut
from analysis.density.maps import log_density_map
from analysis.density.weights import fit_weights

GRID = Grid(1000, 1000, 200, 200)


def centre_bias(spread=150):
    centres = (GRID.x_edges_px[1:] + GRID.x_edges_px[:-1]) / 2
    one = np.exp(-0.5 * ((centres - 500) / spread) ** 2)
    return np.log(np.outer(one, one) / one.sum() ** 2)


def fitted(points, subjects):
    return fit_density(points, subjects, GRID, log_centre_bias=centre_bias()).fit


def test_the_bandwidth_of_shared_places_is_recovered():
    # Two subjects look at the same well-parted places, each with error s. One subject's fixation
    # lies about the other's with variance 2 s^2: the best bandwidth is sqrt(2) s.
    generator, s = np.random.default_rng(8), 9.0
    places = np.stack(np.meshgrid(*[np.arange(50.0, 1000, 100)] * 2), axis=-1).reshape(-1, 2)
    points = np.concatenate([places + generator.normal(0, s, places.shape) for _ in range(2)])
    fit = fitted(points.clip(0, 999), np.repeat(["a", "b"], 100))
    assert fit.bandwidth_px == pytest.approx(np.sqrt(2) * s, rel=0.1)
    assert fit.kde > 0.97


@pytest.mark.parametrize("which", ["uniform", "centre_bias"])
def test_fixations_of_one_component_give_it_nearly_all_weight(which):
    generator = np.random.default_rng(9)
    uniform = generator.uniform(0, 1000, (400, 2))
    centre = generator.normal(500, 150, (400, 2)).clip(0, 999)
    points = uniform if which == "uniform" else centre
    fit = fitted(points, np.arange(400) % 20)
    true = np.full(GRID.shape, -np.log(GRID.cells)) if which == "uniform" else centre_bias()
    log_map = log_density_map(fit, points, centre_bias(), GRID)
    assert (np.exp(true) * (true - log_map)).sum() / np.log(2) < 0.06  # bits from the truth
    assert abs(fit.information_gain_bits) < 0.06 or which == "uniform"


def test_a_mixture_of_all_three_is_recovered_as_a_density():
    generator = np.random.default_rng(10)
    weights = np.array([0.5, 0.15, 0.35])
    which = generator.choice(3, p=weights, size=1500)
    points = np.choose(
        which[:, None],
        [
            generator.normal((250, 700), 40, (1500, 2)),
            generator.uniform(0, 1000, (1500, 2)),
            generator.normal(500, 150, (1500, 2)),
        ],
    ).clip(0, 999.9)
    fit = fitted(points, np.arange(1500) % 30)
    x = (GRID.x_edges_px[1:] + GRID.x_edges_px[:-1]) / 2
    cluster = np.exp(-0.5 * (((x[None] - 250) ** 2 + (x[:, None] - 700) ** 2) / 40**2))
    true = weights @ np.stack(
        [
            (cluster / cluster.sum()).ravel(),
            np.full(GRID.cells, 1 / GRID.cells),
            np.exp(centre_bias()).ravel(),
        ]
    )
    found = np.exp(log_density_map(fit, points, centre_bias(), GRID)).ravel()
    assert found.sum() == pytest.approx(1)
    assert (true * np.log2(true / found)).sum() < 0.1  # bits; uniform misses 2.0


def test_no_bandwidth_and_weights_do_better_than_the_fitted_ones():
    generator = np.random.default_rng(11)
    points = np.concatenate(
        [generator.normal((300, 300), 60, (60, 2)), generator.uniform(0, 1000, (40, 2))]
    ).clip(0, 999)
    subjects = np.arange(100) % 10
    fit = fitted(points, subjects)
    others = LeaveOneSubjectOut(points, subjects, GRID.size_px)
    rest = np.stack(
        [np.full(100, 1 / GRID.cells), np.exp(centre_bias().ravel()[GRID.cell_of(points)])], 1
    )

    def missing_bits(log_bandwidth):
        kde = others.density(float(np.exp(log_bandwidth[0]))) * GRID.cell_area_px
        components = np.column_stack([kde, rest])
        likelihood = components @ fit_weights(components)
        return -np.log2(likelihood * GRID.cells).mean()

    best = min(
        minimize(missing_bits, [start], method="Nelder-Mead").fun for start in np.log([15, 60, 200])
    )
    assert fit.log_likelihood_bits == pytest.approx(-best, abs=1e-4)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_fewer_than_two_subjects_give_no_estimate_and_say_so(n):
    points = np.random.default_rng(12).uniform(0, 1000, (n, 2))
    fit = fitted(points, np.zeros(n))
    assert not fit.fitted
    assert fit.kde == 0
    assert np.isnan(fit.bandwidth_px)
    assert np.exp(log_density_map(fit, points, centre_bias(), GRID)).sum() == pytest.approx(1)


def test_all_fixations_on_one_spot_are_no_trouble():
    fit = fitted(np.full((20, 2), 999.99), np.arange(20) % 4)
    assert fit.bandwidth_px == pytest.approx(5.0, rel=0.01)  # the least that is looked for
    log_map = log_density_map(fit, np.full((20, 2), 999.99), centre_bias(), GRID)
    assert np.isfinite(log_map).all()
