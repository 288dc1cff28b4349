"""p_obj and entropy where they are known, and the model's density."""

import numpy as np
import pytest

from analysis.density.grid import Grid
from analysis.effects.measures import entropy_bits, p_obj
from analysis.effects.predictions import predicted_log_density


def uniform(grid):
    return np.full(grid.shape, -np.log(grid.cells))


@pytest.mark.parametrize("cells", [16, 64, 100])
def test_under_the_uniform_density_p_obj_is_the_area_and_entropy_all_pixels(cells):
    grid = Grid(1024, 1024, cells, cells)
    mask = np.zeros((1024, 1024))
    mask[100:333, 50:517] = 1
    assert p_obj(uniform(grid), grid.area_means(mask)) == pytest.approx(mask.mean(), rel=1e-12)
    assert entropy_bits(uniform(grid), grid) == pytest.approx(20.0, abs=1e-9)


def test_a_density_on_one_pixel_has_no_entropy():
    log_density = np.full((4, 4), -np.inf)
    log_density[1, 2] = 0.0
    assert entropy_bits(log_density, Grid(4, 4, 4, 4)) == 0.0


def test_a_gaussian_has_the_entropy_of_a_gaussian_on_any_grid():
    for cells in (128, 256, 512):
        grid = Grid(1024, 1024, cells, cells)
        centres = (grid.x_edges_px[1:] + grid.x_edges_px[:-1]) / 2 - 512
        log_density = -(centres[:, None] ** 2 + centres[None] ** 2) / (2 * 80.0**2)
        log_density -= np.log(np.exp(log_density).sum())
        expected = np.log2(2 * np.pi * np.e * 80.0**2)
        assert entropy_bits(log_density, grid) == pytest.approx(expected, abs=0.005)


def test_the_models_density_is_the_softmax_with_the_centre_bias():
    generator, grid = np.random.default_rng(0), Grid(64, 64, 16, 16)
    saliency = generator.normal(0, 3, (64, 64)).astype(np.float32)
    bias = generator.normal(size=(16, 16))
    bias -= np.log(np.exp(bias).sum())
    full = np.exp(saliency.astype(float)) * np.kron(np.exp(bias), np.ones((4, 4)))
    expected = (full / full.sum()).reshape(16, 4, 16, 4).sum(axis=(1, 3))
    found = predicted_log_density(saliency, bias, grid)
    np.testing.assert_allclose(np.exp(found), expected, rtol=1e-5)


def test_huge_saliency_neither_overflows_nor_vanishes():
    saliency = np.zeros((32, 32), np.float32)
    saliency[0, 0] = 5000.0
    grid = Grid(32, 32, 32, 32)
    found = predicted_log_density(saliency, uniform(grid), grid)
    assert np.isfinite(found).all()
    assert np.exp(found[0, 0]) == pytest.approx(1)
