"""Failures: people did the opposite of what was predicted."""

import numpy as np

from analysis.effects.failures import failed_contrasts
from tests.analysis.effects.contrasts import contrast


def test_failures_are_those_against_the_prediction_largest_first():
    contrasts = [
        contrast(0.1, 0.3), contrast(0.07, -0.32), contrast(np.nan, 0.3), contrast(-0.2, 0.1),
        contrast(1.0, -2.0, target=None),
    ]  # fmt: skip
    assert failed_contrasts(contrasts) == [contrasts[3], contrasts[1], contrasts[4]]
