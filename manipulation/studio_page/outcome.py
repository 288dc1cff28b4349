"""What a version comes to: pictures, densities and figures, whether tried or saved.

In go what was asked for and the predictions for the original and the version; out comes all that
the page shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from torch import Tensor

from manipulation.naturalness.measures import Naturalness
from manipulation.study_stimuli.predicted_effect import (
    DensityMap,
    ImagePredictions,
    predicted_effect,
)
from stimuli.contract.vocabulary import Direction, PredictedEffect


class Stage(StrEnum):
    """How far a version is."""

    PREVIEW = "preview"
    FULL = "full"  # as saving would make it
    SAVED = "saved"  # from the files of the study


@dataclass(frozen=True)
class Change:
    """A measure of the original, what is asked of it, and what is predicted of the version."""

    name: str
    original: float
    asked: float
    predicted: float

    @property
    def asked_change(self) -> float:
        return self.asked - self.original

    @property
    def predicted_change(self) -> float:
        return self.predicted - self.original


@dataclass(frozen=True, eq=False)
class Outcome:
    """A version and its prospects.

    Attributes
    ----------
    target : Tensor (size_px, size_px)
        Log saliency that is asked for.
    objects
        p_obj of every chosen region; the first is the aim.
    entropy
        In bits.
    effect
        What is predicted for the aim's p_obj, or without one for the entropy, as in the catalogue.
    direction
        What the version is for.
    """

    stage: Stage
    original: ImagePredictions
    version: ImagePredictions
    target: Tensor
    objects: tuple[Change, ...]
    entropy: Change
    effect: PredictedEffect
    direction: Direction

    @property
    def aim(self) -> Change:
        """The measure that the version is judged by."""
        return self.objects[0] if self.objects else self.entropy

    @property
    def mean_change(self) -> float:
        """Change of the aim in the mean of the model that guides and those that took no part."""
        every = [self.effect.predicted_change or 0.0, *self.effect.second_changes.values()]
        return sum(every) / len(every)

    @property
    def asks_the_opposite(self) -> bool:
        """Whether the target moves the aim against the version's direction."""
        wrong_sign = -1 if self.direction == Direction.INCREASE else 1
        return self.aim.asked_change * wrong_sign > 0


def outcome(
    stage: Stage,
    direction: Direction,
    original: ImagePredictions,
    version: ImagePredictions,
    target: Tensor,
    regions: Mapping[str, Tensor],
    naturalness: Naturalness | None = None,
) -> Outcome:
    """Return what a version comes to.

    Parameters
    ----------
    target : Tensor (size_px, size_px)
        Log saliency that is asked for.
    regions
        Masks ``(size_px, size_px)`` of the chosen regions by their names; the first is the aim.
        Without any the version is judged by its entropy.
    naturalness
        Of the version, where it was measured.
    """

    asked = DensityMap(target)

    def change(name: str, mask: Tensor | None) -> Change:
        maps = (original.density, asked, version.density)
        return Change(name, *(one.measure(mask) for one in maps))

    return Outcome(
        stage=stage,
        original=original,
        version=version,
        target=target,
        objects=tuple(change(name, mask) for name, mask in regions.items()),
        entropy=change("entropy (bits)", None),
        effect=predicted_effect(
            original, version, asked, next(iter(regions.values()), None), naturalness=naturalness
        ),
        direction=direction,
    )
