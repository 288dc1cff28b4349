"""How far a version could move a predicted density in both directions, before any is made."""

import math

import numpy as np
from torch import Tensor

from manipulation.images.log_density import entropy_bits, p_obj
from manipulation.targets.densities import global_scale


def entropy_room(log_saliency: Tensor, k_scale: float) -> float:
    """Return the change of the entropy in bits that scales ask for in both directions at least.

    A density that is nearly even cannot be spread much, one with a single peak not gathered.
    """
    before = entropy_bits(log_saliency)
    spread, gathered = (entropy_bits(global_scale(log_saliency, k)) for k in (1 / k_scale, k_scale))
    return max(0.0, min(spread - before, before - gathered))


def helping_scales(
    log_saliency: Tensor, region: Tensor, k_shift: float, k_scale: float
) -> tuple[float, float]:
    """Return the scales that bring shifts of a region furthest, upwards and downwards.

    As in the paper, whose versions for objects are a mixture: a shift first, then a scale. Tried
    are 1, the root of `k_scale`, which gathers gaze, and its inverse, which spreads it.
    """
    root = math.sqrt(k_scale)
    best = []
    for sign in (1, -1):
        shifted = log_saliency + sign * k_shift * region
        moved = {k: sign * p_obj(global_scale(shifted, k), region) for k in (1.0, root, 1 / root)}
        best.append(max(moved, key=lambda k: moved[k]))
    return best[0], best[1]


def headroom(probability: float, k_shift: float) -> float:
    """Return the change in p_obj that is asked for in both directions at least.

    A shift by k inside the object takes p to ``p e^k / (1 - p + p e^k)``.
    """

    def shifted(k: float) -> float:
        return probability * np.exp(k) / (1 - probability + probability * np.exp(k))

    return min(shifted(k_shift) - probability, probability - shifted(-k_shift))
