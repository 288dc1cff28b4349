"""The entropy by neighbours, where the truth is known."""

import numpy as np
import pytest

from analysis.density.fitted import fit_density
from analysis.density.grid import Grid
from analysis.effects.measures import entropy_bits
from analysis.effects.neighbours import surprise_bits
from analysis.effects.resampling import jackknifed_entropy, resampled_entropy
from benchmarks.simulated_studies import GRID, drawn_cells, make_source, within_cells
from stimuli.contract.vocabulary import Condition


def fixations(density, n_subjects, n, generator):
    xy_px = within_cells(drawn_cells(density, n_subjects * n, generator), generator)
    return xy_px, np.repeat([f"{i:02d}" for i in range(n_subjects)], n)


@pytest.mark.parametrize(("n_subjects", "n"), [(5, 9), (23, 9), (40, 9), (23, 1)])
def test_the_bias_is_small_whatever_the_number_of_subjects(n_subjects, n):
    generator, errors = np.random.default_rng(7), []
    for _ in range(80):
        density = make_source(Condition.ENTROPY, generator).densities[0]
        xy_px, subjects = fixations(density, n_subjects, n, generator)
        truth = entropy_bits(np.log(density), GRID)
        errors.append(surprise_bits(xy_px, subjects, GRID).mean() - truth)
    assert abs(np.mean(errors)) < 0.1 + 2 * np.std(errors) / np.sqrt(len(errors))
    assert abs(np.mean(errors)) < 0.2


def test_where_all_is_fitted_the_jackknife_is_further_off():
    generator, errors = np.random.default_rng(8), []
    for _ in range(6):
        density = make_source(Condition.ENTROPY, generator).densities[0]
        xy_px, subjects = fixations(density, 10, 9, generator)
        truth = entropy_bits(np.log(density), GRID)
        fitted = fit_density(xy_px, subjects, GRID)
        jackknife = jackknifed_entropy(resampled_entropy(fitted, np.unique(subjects)))
        neighbours = surprise_bits(xy_px, subjects, GRID).mean()
        errors.append((neighbours - truth, jackknife - truth))
    neighbours, jackknife = np.mean(errors, axis=0)
    assert abs(neighbours) < 0.3 < jackknife


def test_a_uniform_density_has_the_entropy_of_the_image_to_its_very_edges():
    """Half of a disc at an edge lies beside the image, and must not count."""
    grid, generator = Grid(400, 50, 40, 5), np.random.default_rng(9)
    values = []
    for _ in range(150):
        xy_px = generator.uniform(0, 1, (100, 2)) * grid.size_px
        values.append(surprise_bits(xy_px, np.arange(100) % 10, grid).mean())
    assert np.mean(values) == pytest.approx(np.log2(400 * 50), abs=0.05)


def test_a_subjects_own_fixations_are_no_neighbours_and_equal_places_are_finite():
    grid, generator = Grid(100, 100, 10, 10), np.random.default_rng(10)
    xy_px = generator.uniform(0, 100, (40, 2))
    subjects = np.arange(40) % 8
    twice = np.concatenate([xy_px, xy_px]), np.concatenate([subjects, subjects])
    alone, doubled = surprise_bits(xy_px, subjects, grid), surprise_bits(*twice, grid)
    # Twice as many of everybody's fixations, at the same distances: one bit more.
    np.testing.assert_allclose(doubled[:40], alone + 1)
    equal = surprise_bits(np.full((4, 2), 50.0), np.array(["a", "a", "b", "c"]), grid)
    assert np.isfinite(equal).all()
