"""Subjects counted several times: the same as a density made anew from repeated fixations."""

import numpy as np
import pytest

from analysis.density.fitted import FittedDensity, fit_density
from analysis.density.grid import Grid
from analysis.density.maps import log_density_map
from analysis.density.mixture import DensityFit
from analysis.effects.measures import entropy_bits, p_obj
from analysis.effects.resampling import (
    entropy_without_bias,
    resampled_entropy,
    resampled_region,
)

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


def test_the_jackknife_takes_the_bias_of_few_subjects_away():
    """Few people's density is too gathered: its entropy rises with their number, to a limit."""
    generator, kernel = np.random.default_rng(5), 18.0
    plain, corrected = [], []
    for _ in range(60):
        points = generator.normal((100, 100), 25, (6 * 8, 2)).clip(0, 199)
        subjects = np.repeat(SUBJECTS, 8)
        log_bias = np.full(GRID.shape, -np.log(GRID.cells))
        fit = DensityFit(kernel, 1.0, 0.0, 0.0, 0.0, 0.0, 48, 6, fitted=True)
        log_map = log_density_map(fit, points, log_bias, GRID)
        one = FittedDensity(GRID, fit, log_map, log_bias, points, subjects)
        plain.append(entropy_bits(log_map, GRID))
        corrected.append(entropy_without_bias(resampled_entropy(one, SUBJECTS)))
    # Endless fixations with this kernel: a Gaussian of variance 25^2 + 18^2, hardly cut.
    limit = np.log2(2 * np.pi * np.e * (25**2 + kernel**2))
    assert limit - np.mean(plain) > 0.05
    assert abs(limit - np.mean(corrected)) < 0.3 * (limit - np.mean(plain))
