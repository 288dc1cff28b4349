"""Contrasts with given changes, for tests of what is made of them."""

from types import SimpleNamespace

import numpy as np

from analysis.effects.contrasts import Contrast
from analysis.effects.estimates import Estimate
from stimuli.contract.vocabulary import Direction, Measure


def contrast(people, model, target="t", original=0.2, *, direction=Direction.INCREASE, source="s"):
    """Return a contrast in which people and model changed by so much."""
    comparison = SimpleNamespace(
        measure=Measure.P_OBJ if target else Measure.ENTROPY, target=target,
        annotation_ids=target, direction=direction,
        version=SimpleNamespace(source_id=source, direction=direction),
    )  # fmt: skip
    return Contrast(
        comparison,
        Estimate(original, original, np.nan, 9, None),
        Estimate(original + people, original + model, np.nan, 9, None),
    )
