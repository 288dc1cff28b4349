"""Kernel density estimates against integrals and sums done the long way."""

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import norm

from analysis.density.grid import Grid
from analysis.density.kde import kde_map, region_masses
from analysis.density.leave_one_subject_out import LeaveOneSubjectOut

SIZE = (60.0, 40.0)


@pytest.fixture
def points():
    return np.random.default_rng(2).uniform(0, SIZE, (25, 2))


def kernel(at, centre, bandwidth, truncate=True):
    """One kernel at points, written out."""
    density = np.prod(norm.pdf(at, centre, bandwidth), axis=-1)
    if truncate:
        for axis in (0, 1):
            density /= norm.cdf(SIZE[axis], centre[axis], bandwidth) - norm.cdf(
                0, centre[axis], bandwidth
            )
    return density


@pytest.mark.parametrize("bandwidth", [0.7, 5.0, 80.0])
def test_a_truncated_map_sums_to_one(points, bandwidth):
    assert kde_map(points, bandwidth, Grid(*SIZE, 30, 20)).sum() == pytest.approx(1, abs=1e-12)


def test_a_truncated_kernel_integrates_to_one_over_the_image():
    centre, bandwidth = np.array([3.0, 38.0]), 6.0
    mass, _ = dblquad(
        lambda y, x: kernel(np.array([x, y]), centre, bandwidth), 0, SIZE[0], 0, SIZE[1]
    )
    assert mass == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("truncate", [True, False])
def test_a_cell_holds_the_integral_of_the_density(points, truncate):
    grid, bandwidth = Grid(*SIZE, 12, 8), 4.0
    cells = kde_map(points[:4], bandwidth, grid, truncate=truncate)

    def density(y, x):
        at = np.array([x, y])
        return np.mean([kernel(at, centre, bandwidth, truncate) for centre in points[:4]])

    for row, column in [(0, 0), (4, 7), (7, 11)]:
        x, y = grid.x_edges_px[column : column + 2], grid.y_edges_px[row : row + 2]
        integral, _ = dblquad(density, *x, *y, epsabs=1e-7)
        assert cells[row, column] == pytest.approx(integral, abs=1e-6)


def test_a_fine_map_is_the_density_evaluated_at_the_centres_of_its_cells(points):
    grid, bandwidth = Grid(*SIZE, 480, 320), 4.0
    x, y = (grid.x_edges_px[1:] + grid.x_edges_px[:-1]) / 2, np.arange(320) / 8 + 1 / 16
    at = np.stack(np.meshgrid(x, y), axis=-1)
    direct = np.mean([kernel(at, centre, bandwidth) for centre in points], axis=0)
    cells = kde_map(points, bandwidth, grid) / grid.cell_area_px
    np.testing.assert_allclose(cells, direct, rtol=3e-3)


@pytest.mark.parametrize("truncate", [True, False])
def test_leaving_a_subject_out_equals_a_loop_over_the_others(points, truncate):
    subjects = np.array(["a", "b", "c", "d", "e"])[np.arange(25) % 5]
    fast = LeaveOneSubjectOut(points, subjects, SIZE, truncate=truncate).density(3.0)
    for index, point in enumerate(points):
        others = points[subjects != subjects[index]]
        slow = np.mean([kernel(point, centre, 3.0, truncate) for centre in others])
        assert fast[index] == pytest.approx(slow, rel=1e-12)


def test_one_subject_alone_cannot_be_left_out(points):
    with pytest.raises(ValueError, match="one subject"):
        LeaveOneSubjectOut(points, np.zeros(25), SIZE)


def test_the_mean_mass_of_the_kernels_is_the_probability_of_the_region(points):
    grid = Grid(*SIZE, 30, 20)
    coverage = np.zeros(grid.shape)
    coverage[5:12, 3:20] = np.random.default_rng(3).random((7, 17))
    masses = region_masses(points, 5.0, grid, coverage)
    assert masses.mean() == pytest.approx((kde_map(points, 5.0, grid) * coverage).sum(), rel=1e-12)
    assert not region_masses(points, 5.0, grid, np.zeros(grid.shape)).any()


def test_a_map_in_single_precision_is_that_in_double(points):
    double = kde_map(points, 3.0, Grid(*SIZE, 60, 40))
    single = kde_map(points, 3.0, Grid(*SIZE, 60, 40), dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-12)
    assert single.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
