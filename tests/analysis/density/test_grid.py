"""Grids: cells, areas, and what is carried over to them."""

import numpy as np
import pytest

from analysis.density.grid import Grid


@pytest.mark.parametrize("shape", [(8, 12), (12, 18), (30, 7), (5, 50)])
def test_area_means_keep_the_mean_of_any_picture(shape):
    values = np.random.default_rng(0).random((12, 18))
    means = Grid(18, 12, shape[1], shape[0]).area_means(values)
    assert means.shape == shape
    assert means.mean() == pytest.approx(values.mean(), abs=1e-12)


def test_area_means_are_block_means_where_cells_are_whole_pixels():
    values = np.arange(24.0).reshape(4, 6)
    expected = values.reshape(2, 2, 3, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(Grid(6, 4, 3, 2).area_means(values), expected)


def test_the_cell_of_a_point_covers_it():
    grid = Grid(100, 50, 20, 5)
    points = np.random.default_rng(1).uniform(0, (100, 50), (200, 2))
    rows, columns = np.divmod(grid.cell_of(points), grid.columns)
    assert (grid.x_edges_px[columns] <= points[:, 0]).all()
    assert (points[:, 0] < grid.x_edges_px[columns + 1]).all()
    assert (grid.y_edges_px[rows] <= points[:, 1]).all()
    assert (points[:, 1] < grid.y_edges_px[rows + 1]).all()


def test_a_coarser_grid_is_of_the_same_image():
    coarse = Grid(1024, 768, 512, 384).coarser(64)
    assert (coarse.size_px, coarse.shape) == ((1024, 768), (48, 64))
    assert Grid(1024, 768, 32, 24).coarser(64).shape == (24, 32)
