"""The likelihood is lme4's, and its gradient is exact."""

import numpy as np
import pytest

from analysis.effects.mixed.laplace import RandomTerm, _Deviance, fit_laplace

# Contagious bovine pleuropneumonia in 15 herds (Lesnoff et al. 2004), the example of lme4: for
# every herd new cases of how many cattle in the four periods, where a herd was seen.
CBPP = (
    "2/14 3/12 4/9 0/5", "3/22 1/18 1/21 -", "8/22 2/16 0/16 2/20", "2/10 0/10 2/9 0/6",
    "5/18 0/25 0/24 1/4", "3/17 0/17 0/18 1/20", "8/16 1/10 3/9 0/5", "12/34 - - -",
    "2/9 0/6 0/8 0/6", "1/22 1/22 0/18 2/22", "0/25 5/27 3/22 1/22", "2/10 1/8 0/6 0/5",
    "1/21 2/24 0/19 0/23", "11/19 0/2 0/3 0/2", "1/19 1/15 1/15 0/15",
)  # fmt: skip


@pytest.fixture(scope="module")
def cattle():
    cells = [
        (herd, period, *map(int, cell.split("/")))
        for herd, row in enumerate(CBPP)
        for period, cell in enumerate(row.split())
        if cell != "-"
    ]
    herd, period, hits, n = np.array(cells).T
    fixed = np.column_stack([np.ones(len(cells)), *(period == one for one in (1, 2, 3))])
    return hits, n, fixed.astype(float), herd, period


def test_the_example_of_lme4_comes_out_as_published(cattle):
    hits, n, fixed, herd, _ = cattle
    fit = fit_laplace(hits, n, fixed, [RandomTerm(herd, np.ones((len(herd), 1)))])
    assert fit.converged
    published = [-1.3983429, -0.9919250, -1.1282162, -1.5797454]
    np.testing.assert_allclose(fit.beta, published, atol=1e-3)
    assert fit.factors[0][0, 0] == pytest.approx(0.6420699, abs=1e-3)
    # lme4 stops a little before the minimum.
    assert 184.05 < fit.deviance < 184.0531328


def test_the_gradient_is_that_of_the_deviance(cattle):
    hits, n, fixed, herd, period = cattle
    slope = np.random.default_rng(0).integers(0, 2, len(herd)).astype(float)
    terms = [
        RandomTerm(herd, np.column_stack([np.ones(len(herd)), slope])),
        RandomTerm(period, np.ones((len(herd), 1))),
    ]
    deviance = _Deviance(hits.astype(float), n.astype(float), fixed, terms)
    place = np.array([-1, -0.5, -0.8, -1, 0.6, 0.3, 0.4, 0.5])
    steps = np.eye(len(place)) * 1e-5
    slopes = [(deviance(place + one)[0] - deviance(place - one)[0]) / 2e-5 for one in steps]
    np.testing.assert_allclose(deviance(place)[1], slopes, rtol=1e-4, atol=1e-3)
