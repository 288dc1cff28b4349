"""Real people on real photographs: the mixture predicts a new person best."""

import numpy as np
import pandas as pd
import pytest

from analysis.density.centre_bias import fit_centre_bias
from analysis.density.grid import Grid
from analysis.density.stimuli import stimulus_densities


@pytest.fixture(scope="module")
def osie(shared):
    table = pd.read_csv(shared / "osie" / "fixations.csv", dtype={"subject": str})
    chosen = table["image"].unique()[::60]
    inside = table["x_px"].between(0, 799.9) & table["y_px"].between(0, 599.9)
    table = table[table["image"].isin(chosen) & (table["index"] > 1) & inside]
    return table.rename(columns={"image": "stim_id"})


def test_the_fitted_density_beats_the_centre_bias_on_every_photograph(osie):
    grid = Grid(800, 600, 200, 150)
    images = osie["stim_id"].to_numpy(str)
    bias = fit_centre_bias(osie[["x_px", "y_px"]].to_numpy(), images, grid)
    groups = {name: name for name in np.unique(images)}
    gains = [one.fit.information_gain_bits for one in stimulus_densities(osie, groups, bias)]
    assert min(gains) > 0
    assert np.mean(gains) > 0.7  # bits a fixation, a subject left out
    assert bias.bandwidth_px > 50
