"""What each version was made for: one comparison with its original, one row of the effects table.

A version that aims at objects has one comparison a target: more or less probability of fixating
it. A version that aims at the entropy has one: more or less of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stimuli.contract.vocabulary import Condition, Direction, Measure, Stimulus, Target
from stimuli.support.errors import InputError


@dataclass(frozen=True)
class Comparison:
    """A version with its original, and the measure that the version was made to change.

    Attributes
    ----------
    original, version : Stimulus
        Two stimuli of the same source.
    measure : Measure
        Probability of fixating the target, or entropy.
    direction
        What was asked of the measure: for a target the sign of its own shift, since a version may
        raise one target and lower another; the version's direction where the target is not
        shifted.
    target
        The region; None for the entropy.
    """

    original: Stimulus
    version: Stimulus
    measure: Measure
    direction: Direction
    target: Target | None

    @property
    def annotation_ids(self) -> str | None:
        """The target as the catalogue writes it."""
        return "+".join(map(str, self.target.annotation_ids)) if self.target else None


def comparisons_of(stimuli: Sequence[Stimulus]) -> list[Comparison]:
    """Return every comparison that a catalogue asks for, in its order.

    Raises
    ------
    InputError
        If a version has no original to be compared with.
    """
    originals = {one.source_id: one for one in stimuli if one.condition == Condition.ORIGINAL}
    comparisons = []
    for version in stimuli:
        original = originals.get(version.source_id)
        if original is None:
            raise InputError(
                f"stimuli.tsv: {version.stim_id} has no original of source {version.source_id}; "
                f"expected a stimulus of condition original; generate the stimuli again"
            )
        if version.condition == Condition.ENTROPY:
            comparisons.append(
                Comparison(original, version, Measure.ENTROPY, version.direction, None)
            )
        elif version.condition == Condition.OBJECT:
            comparisons += [
                Comparison(original, version, Measure.P_OBJ, _direction(version, target), target)
                for target in version.targets
            ]
    return comparisons


def _direction(version: Stimulus, target: Target) -> Direction:
    if target.k_shift == 0:
        return version.direction
    return Direction.INCREASE if target.k_shift > 0 else Direction.DECREASE
