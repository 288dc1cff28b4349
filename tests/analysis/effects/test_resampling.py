"""Subjects counted several times: the same as a density made anew from repeated fixations."""

import numpy as np
import pytest

from analysis.density.fitted import fit_density
from analysis.density.grid import Grid
from analysis.density.maps import log_density_map
from analysis.effects.measures import entropy_bits, p_obj
from analysis.effects.resampling import resampled_entropy, resampled_mean, resampled_region

GRID = Grid(200, 200, 64, 64)
SUBJECTS = [f"{n:02d}" for n in range(6)]
TIMES = np.array([[1, 1, 1, 1, 1, 1], [2, 0, 1, 3, 0, 0], [0, 6, 0, 0, 0, 0], [0, 0, 0, 0, 0, 6]])


@pytest.fixture(scope="module")
def density():
    generator = np.random.default_rng(4)
    points = generator.normal((70, 120), 30, (50, 2)).clip(0, 199)
    subjects = np.array(SUBJECTS)[np.arange(50) % 5]  # the sixth did not look
    return fit_density(points, subjects, GRID)


def anew(density, times):
    """Log density from fixations repeated as often as their subjects count."""
    index = np.searchsorted(SUBJECTS, density.subjects)
    points = np.repeat(density.xy_px, times[index], axis=0)
    return log_density_map(density.fit, points, density.log_centre_bias, GRID)


def test_p_obj_of_a_resample_is_that_of_repeated_fixations(density):
    coverage = np.zeros(GRID.shape)
    coverage[20:45, 10:30] = 0.7
    values = resampled_region(density, coverage, SUBJECTS).values(TIMES)
    expected = [p_obj(anew(density, times), coverage) for times in TIMES[:3]]
    np.testing.assert_allclose(values[:3], expected, rtol=1e-9)
    assert np.isnan(values[3])


def test_entropy_of_a_resample_is_that_of_repeated_fixations(density):
    values = resampled_entropy(density, SUBJECTS).values(TIMES)
    expected = [entropy_bits(anew(density, times), GRID) for times in TIMES[:3]]
    np.testing.assert_allclose(values[:3], expected, atol=5e-4)  # on a coarser grid
    assert np.isnan(values[3])


def test_the_mean_of_a_resample_is_that_of_repeated_fixations(density):
    value = density.xy_px[:, 0]
    index = np.searchsorted(SUBJECTS, density.subjects)
    values = resampled_mean(value, density.subjects, SUBJECTS).values(TIMES)
    expected = [np.repeat(value, times[index]).mean() for times in TIMES[:3]]
    np.testing.assert_allclose(values[:3], expected, rtol=1e-12)
    assert np.isnan(values[3])
