"""Where people did the opposite of what the model predicted: the paper's Fig. 6."""

from collections.abc import Sequence

from analysis.effects.contrasts import Contrast


def failures(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Return contrasts in which people moved against the prediction, the largest move first.

    Targets come before entropies, whose changes have another unit.
    """
    against = [
        one
        for one in contrasts
        if (one.version.people - one.original.people) * (one.version.model - one.original.model) < 0
    ]
    return sorted(
        against,
        key=lambda one: (one.aim.target is None, -abs(one.version.people - one.original.people)),
    )
