"""What a notebook hands to the analysis and cannot be is named, with what was expected."""

import numpy as np
import pandas as pd
import pytest

from analysis import (
    Grid,
    Population,
    Subset,
    fit_centre_bias,
    fit_densities,
    fit_density,
    p_obj,
    select_fixations,
    simulate_power,
)
from stimuli.support.errors import InputError

GRID = Grid(800, 600, 80, 60)
XY = np.random.default_rng(0).normal((300, 200), 40, (60, 2))
SUBJECTS = np.arange(60) % 6
EVEN = np.full((10, 10), np.log(0.01))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_density(XY, SUBJECTS[:-1], GRID), r"xy_px is \(60, 2\) and subjects \(59,\)"),
        (lambda: fit_density(XY.T, SUBJECTS, GRID), r"expected \(n, 2\), a row a fixation"),
        (lambda: fit_density(XY * np.nan, SUBJECTS, GRID), r"xy_px\[0\] is \[nan, nan\]"),
        (lambda: fit_density(XY + 500, SUBJECTS, GRID), "beside the image of 800 x 600 px"),
        (lambda: fit_centre_bias(XY.T, SUBJECTS, GRID), "and groups"),
        (lambda: Grid(0, 600, 80, 60), "Grid.width_px is 0; expected more than 0"),
        (lambda: Grid(800, 600, -1, 60), "Grid.columns is -1"),
        (lambda: Population(baseline=7), "baseline is 7; expected"),
        (lambda: Population(fixations=-1), "fixations is -1; expected"),
        (lambda: simulate_power([0.05], [0], 4), "subjects is 0; expected at least 2"),
        (lambda: simulate_power([0.05], [], 4), "subjects is 0; expected at least 2"),
        (lambda: simulate_power([0.05], [8], 0), "sources is 0; expected at least 3"),
        (lambda: simulate_power([0.05], [8], 4, simulations=0), "simulations is 0; expected"),
        (lambda: fit_densities(pd.DataFrame({"x": [1]}), (8, 8)), "column 'image' is missing"),
        (lambda: fit_densities("any.csv", (8, 8), jobs=0), "jobs is 0; expected"),
        (lambda: fit_densities("any.csv", (8, 8), map_cells=-1), "map_cells is -1; expected 8"),
        (lambda: p_obj(EVEN, np.ones((5, 5))), "expected equal shapes"),
        (lambda: p_obj(EVEN, np.full((10, 10), 255)), "expected shares from 0 to 1"),
        (
            lambda: select_fixations(pd.DataFrame(), "first_block"),
            "subset is 'first_block'; expected one of all, first-block",
        ),
    ],
)
def test_what_cannot_be_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_subset_may_be_given_by_its_word():
    table = pd.DataFrame({"fixation": [1, 2], "block_position": [1, 2], "inside": [True, True]})
    assert len(select_fixations(table, "first-block")) == 1
    assert len(select_fixations(table, Subset.FIRST_BLOCK)) == 1
