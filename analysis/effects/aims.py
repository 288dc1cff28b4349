"""What each version was made for, as one aim a row of the effects table.

A version that aims at objects has one aim a target: more or less probability of fixating it. A
version that aims at the entropy has one aim: more or less of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stimuli.errors import InputError
from stimuli.vocabulary import Condition, Direction, Stimulus, Target


@dataclass(frozen=True)
class Aim:
    """One comparison of a version with its original.

    Attributes
    ----------
    measure
        ``p_obj`` or ``entropy_bits``.
    direction
        Of this aim: for a target the sign of its own shift, since a version may raise one target
        and lower another; the version's direction where the target is not shifted.
    target
        The region; None for the entropy.
    """

    original: Stimulus
    version: Stimulus
    measure: str
    direction: Direction
    target: Target | None

    @property
    def annotation_ids(self) -> str | None:
        """The target as the catalogue writes it."""
        return "+".join(map(str, self.target.annotation_ids)) if self.target else None


def aims_of(stimuli: Sequence[Stimulus]) -> list[Aim]:
    """Return every aim of a catalogue, in its order.

    Raises
    ------
    InputError
        If a version has no original to be compared with.
    """
    originals = {one.source_id: one for one in stimuli if one.condition == Condition.ORIGINAL}
    aims = []
    for version in stimuli:
        original = originals.get(version.source_id)
        if original is None:
            raise InputError(
                f"stimuli.tsv: {version.stim_id} has no original of source {version.source_id}; "
                f"expected a stimulus of condition original; generate the stimuli again"
            )
        if version.condition == Condition.ENTROPY:
            aims.append(Aim(original, version, "entropy_bits", version.direction, None))
        elif version.condition == Condition.OBJECT:
            aims += [
                Aim(original, version, "p_obj", _direction(version, target), target)
                for target in version.targets
            ]
    return aims


def _direction(version: Stimulus, target: Target) -> Direction:
    if target.k_shift == 0:
        return version.direction
    return Direction.INCREASE if target.k_shift > 0 else Direction.DECREASE
