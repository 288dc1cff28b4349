"""Contrasts with given changes, for tests of what is made of them."""

from types import SimpleNamespace

import numpy as np

from analysis.effects.contrasts import Contrast
from analysis.effects.estimates import Estimate
from stimuli.contract.vocabulary import Measure


def contrast(people, model, target="t", original=0.2):
    """Return a contrast in which people and model changed by so much."""
    comparison = SimpleNamespace(
        measure=Measure.P_OBJ if target else Measure.ENTROPY, target=target
    )
    return Contrast(
        comparison,
        Estimate(original, original, np.nan, 9, None),
        Estimate(original + people, original + model, np.nan, 9, None),
    )
