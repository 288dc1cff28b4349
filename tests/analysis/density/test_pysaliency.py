"""Agreement with pysaliency 0.2.22, whose answers to the same input are frozen here.

Made by ``benchmarks/pysaliency_peer.py``, tasks ``score`` and ``map``.
"""

import numpy as np
import pytest

from analysis.density.grid import Grid
from analysis.density.mixture import ImageSample, MixtureModel, MixtureParameters
from benchmarks.density_map import sampled_kde_map

GRID = Grid(160, 120, 160, 120)
K = np.arange(90.0)
XY = np.stack([80 + 70 * np.sin(2.3 * K + 0.01 * K**2), 60 + 50 * np.cos(1.1 * K)], axis=1)
SUBJECTS, IMAGES = np.arange(90) % 5, np.arange(90) // 30
# Bandwidth, weight of uniform and of centre bias; CrossvalMultipleRegularizations.score.
SCORES = {
    (5.0, 0.1, 0.3): -0.4464340818676903,
    (12.0, 0.02, 0.5): -0.32562582949033003,
    (2.5, 0.3, 0.1): -0.6032482469906347,
}
# KDEGoldModel(bandwidth of 7 px, eps=0, keep_aspect=True): every 1010th pixel or so.
GOLD = (
    -18.996691122889004, -9.727688245985801, -8.905701047249357, -12.00391683200533,
    -10.626163174466546, -10.1750064322411, -11.025262141368492, -13.383895282975873,
    -8.880132635337288, -13.388000958613668, -8.789057235360765, -14.738392552639542,
    -9.712839633784139, -8.946625490603546, -11.658830813921083, -9.634105639821454,
    -10.158936031241964, -9.220358667054088, -16.522456679630523, -10.459907251033203,
)  # fmt: skip


def centre_bias():
    y, x = np.mgrid[:120, :160] + 0.5
    log_map = -0.5 * (((x - 80) / 40) ** 2 + ((y - 60) / 30) ** 2)
    return np.exp(log_map - np.log(np.exp(log_map).sum())).ravel()


@pytest.mark.parametrize("parameters", SCORES)
def test_cross_validated_likelihood_at_fixed_parameters(parameters):
    bandwidth, uniform, centre = parameters
    model = MixtureModel(GRID, truncate=False)
    mixture = MixtureParameters(bandwidth, 1 - uniform - centre, uniform, centre)
    at = centre_bias()[GRID.cell_of(XY)]
    samples = [
        ImageSample(XY[own], SUBJECTS[own], at[own]) for own in (n == IMAGES for n in range(3))
    ]
    bits = [model.evaluate(sample, mixture).log_likelihood_bits for sample in samples]
    assert np.mean(bits) == pytest.approx(SCORES[parameters], abs=1e-9)


def test_a_map_of_the_gold_standard():
    log_map = np.log(sampled_kde_map(XY[:30], 7.0, GRID)).ravel()
    at = np.linspace(0, GRID.cells - 1, 20).astype(int)
    np.testing.assert_allclose(log_map[at], GOLD, atol=1e-9)
