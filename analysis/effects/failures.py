"""Where people did the opposite of what the model predicted: the paper's Fig. 6."""

from collections.abc import Sequence

from analysis.effects.contrasts import Contrast
from stimuli.contract.vocabulary import Direction, Viewer


def failed_contrasts(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Return contrasts in which people moved against the prediction, the largest move first.

    Controls are none: nothing is predicted of them but small changes by the way.
    Targets come before entropies, whose changes have another unit.
    """
    against = [
        one
        for one in contrasts
        if one.comparison.direction != Direction.CONTROL
        and one.change(Viewer.PEOPLE) * one.change(Viewer.MODEL) < 0
    ]
    return sorted(against, key=failure_rank)


def failure_rank(contrast: Contrast) -> tuple[bool, float]:
    """Return what failures are sorted by."""
    return contrast.comparison.target is None, -abs(contrast.change(Viewer.PEOPLE))
