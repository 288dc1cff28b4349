"""Where people did the opposite of what the model predicted: the paper's Fig. 6."""

from collections.abc import Sequence

from analysis.effects.contrasts import Contrast
from stimuli.contract.vocabulary import Viewer


def failed_contrasts(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Return contrasts in which people moved against the prediction, the largest move first.

    Targets come before entropies, whose changes have another unit.
    """
    against = [one for one in contrasts if one.change(Viewer.PEOPLE) * one.change(Viewer.MODEL) < 0]
    return sorted(
        against,
        key=lambda one: (one.comparison.target is None, -abs(one.change(Viewer.PEOPLE))),
    )
