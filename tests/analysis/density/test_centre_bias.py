"""The centre bias of one group from all others."""

import numpy as np
import pytest

from analysis.density.centre_bias import fit_centre_bias
from analysis.density.grid import Grid
from analysis.density.kde import kde_map

GRID = Grid(200, 200, 100, 100)


@pytest.fixture(scope="module")
def fixations():
    generator = np.random.default_rng(7)
    points = generator.normal(100, 30, (1200, 2)).clip(0, 199.9)
    return points, np.repeat([f"photo-{n}" for n in range(6)], 200)


def test_subtracting_a_group_equals_leaving_it_out(fixations):
    points, groups = fixations
    bias = fit_centre_bias(points, groups, GRID)
    for group in np.unique(groups):
        others = GRID.centre_of(points[groups != group])
        direct = kde_map(others, bias.bandwidth_px, GRID)
        direct = (1 - bias.uniform_share) * direct + bias.uniform_share / GRID.cells
        own = points[groups == group]
        at = bias.density_at(own, own)
        np.testing.assert_allclose(at, direct.ravel()[GRID.cell_of(own)], rtol=1e-9)
        np.testing.assert_allclose(np.exp(bias.log_map(own)), direct, rtol=1e-9)


def test_every_map_sums_to_one_and_is_finite(fixations):
    bias = fit_centre_bias(*fixations, GRID)
    for group in (*np.unique(fixations[1]), "a photo that nobody saw"):
        log_map = bias.log_map(fixations[0][fixations[1] == group])
        assert np.isfinite(log_map).all()
        assert np.exp(log_map).sum() == pytest.approx(1, abs=1e-12)


def test_the_fitted_bias_is_close_to_the_true_density(fixations):
    points, groups = fixations
    fitted = np.exp(fit_centre_bias(points, groups, GRID).log_map(points[:0]))
    centres = (GRID.x_edges_px[1:] + GRID.x_edges_px[:-1]) / 2
    true = np.exp(-0.5 * ((centres - 100) / 30) ** 2)
    true = np.outer(true, true) / true.sum() ** 2
    assert (true * np.log2(true / fitted)).sum() < 0.05


def test_a_single_photograph_has_a_uniform_centre_bias(fixations):
    bias = fit_centre_bias(fixations[0], np.zeros(1200).astype(str), GRID)
    np.testing.assert_allclose(bias.log_map(fixations[0]), -np.log(GRID.cells))
