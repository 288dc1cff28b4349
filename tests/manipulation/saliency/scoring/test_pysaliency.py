"""Agreement with pysaliency 0.2.22 on the same densities and fixations.

The numbers are what `pysaliency_reference.py` printed. Where the definitions differ:

- pysaliency's KL takes 1e-20 into both maps, and the MIT benchmark's a constant of 2.2e-16 into the
  logarithm and the quotient; ours takes nothing, and is infinite where people looked at what a
  density excludes. On maps that are nowhere zero all three agree.
- CC of two uniform maps is not a number there and 0 here.
- Its averages of AUC and NSS are over fixations unless told otherwise; ours are over photographs,
  information gains alone are over fixations. The test compares single photographs.
- Its shuffled AUC moves other photographs' fixations to relative positions, as ours does.
- Its fixations count from a pixel's number, ours from its left edge; both take the whole part.
"""

import numpy as np
import pytest

from manipulation.saliency.scoring import measures
from tests.manipulation.saliency.scoring.pysaliency_reference import (
    IMAGES,
    baseline,
    density,
    empirical,
    points,
)

REFERENCE = [
    {
        "log_likelihood": -8.724812953190058,
        "information_gain": -0.6754564481543889,
        "auc": 0.4970052083333334,
        "sauc": 0.4978125,
        "nss": 0.025733730341232386,
        "cc": -0.37267574899902917,
        "sim": 0.2802674393697236,
        "kl": 2.0273121134536973,
    },
    {
        "log_likelihood": -8.426384500216452,
        "information_gain": -0.21721545420413194,
        "auc": 0.5190755208333333,
        "sauc": 0.53578125,
        "nss": 0.056352444500887625,
        "cc": -0.3413371984827236,
        "sim": 0.3332142829492313,
        "kl": 1.6534463974247107,
    },
    {
        "log_likelihood": -8.438027550600372,
        "information_gain": -0.2178546407958807,
        "auc": 0.4911376953125,
        "sauc": 0.49640625,
        "nss": -0.17924758232074456,
        "cc": -0.05751315567935747,
        "sim": 0.4232621873589487,
        "kl": 1.0848154339808533,
    },
]


@pytest.mark.parametrize("index", range(IMAGES))
def test_every_measure_agrees(index):
    log_density, places = density(index), points(index)
    other = np.concatenate([points(one) for one in range(IMAGES) if one != index])
    probability = np.exp(log_density)
    ours = {
        "log_likelihood": measures.log_likelihood(log_density, places),
        "information_gain": measures.information_gain(log_density, baseline(), places),
        "auc": measures.auc(log_density, places),
        "sauc": measures.shuffled_auc(log_density, places, other),
        "nss": measures.nss(probability, places),
        "cc": measures.cc(probability, empirical(index)),
        "sim": measures.sim(probability, empirical(index)),
        "kl": measures.kl(probability, empirical(index)),
    }
    assert ours == pytest.approx(REFERENCE[index], abs=1e-6)
