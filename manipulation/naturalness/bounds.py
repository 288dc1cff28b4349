"""How far versions may be from their photographs as whole pictures, and how far they are.

In features, in the mean and where they change most, in colours, in tones, and in the colours of
skin, plants and sky.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from torch import Tensor

from manipulation.naturalness.likeness import (
    colour_differences,
    colours_of,
    feature_distances,
    local_feature_distances,
    tone_differences,
)
from manipulation.naturalness.memory_colours import memory_colour_differences
from stimuli.contract.settings import ManipulationSettings

_SCORE_SLACK, _SHARE_SLACK = 0.02, 0.1
_TONE_WEIGHT = 0.05  # nearly every edit changes tones: with more, searches stay away from the bound
_MEMORY_WEIGHT = 0.3  # much of a picture counts: with more, searches stay away from the bound


@dataclass(frozen=True)
class Differences:
    """How far a version is from its photograph.

    Attributes
    ----------
    distance, local_distance
        In features, in the mean (`feature_distances`) and where it is largest
        (`local_feature_distances`).
    colour, tone, memory_colour
        `colour_differences`, `tone_differences` and `memory_colour_differences`.
    """

    distance: float
    local_distance: float
    colour: float
    tone: float
    memory_colour: float


def differences(
    layers: Sequence[Tensor], tones: Tensor, other_layers: Sequence[Tensor], other_tones: Tensor
) -> Differences:
    """Return the differences of a photograph and a version.

    Parameters
    ----------
    layers, other_layers : sequences of Tensor (1, C, h, w)
        Of the photograph and of the version (`RegionFeatures.maps`, without the first).
    tones, other_tones : Tensor (1, 4, H, W)
        `local_tones` of both.
    """
    return Differences(
        distance=float(feature_distances(layers, other_layers)),
        local_distance=float(local_feature_distances(layers, other_layers)),
        colour=float(colour_differences(colours_of(tones), colours_of(other_tones))),
        tone=float(tone_differences(tones, other_tones)),
        memory_colour=float(memory_colour_differences(tones, other_tones)),
    )


@dataclass(frozen=True)
class Bounds:
    """How far versions may go.

    Attributes
    ----------
    realism
        Share of untouched photographs that must look at least as edited; 0 bounds nothing at all.
    distance
        Largest distance to the photograph in features (`feature_distances`).
    local_distance
        The same where it is largest (`local_feature_distances`).
    colour
        Largest difference of its colours (`colour_differences`).
    tone
        Largest difference of its tones (`tone_differences`).
    memory_colour
        How far skin, plants and sky may leave their natural colours
        (`memory_colour_differences`).
    """

    realism: float
    distance: float
    local_distance: float
    colour: float
    tone: float
    memory_colour: float

    @classmethod
    def of(cls, settings: ManipulationSettings) -> "Bounds":
        """Return those of a study."""
        return cls(
            settings.budget, settings.distance, settings.local_distance, settings.colour,
            settings.tone, settings.memory_colour,
        )  # fmt: skip

    def allow(self, beyond_realism: float, found: Differences) -> bool:
        """Return whether a version as shown keeps to them, with room for its way to the screen.

        Enlarging, rounding and reducing change what was within the bounds by a little.

        Parameters
        ----------
        beyond_realism
            How far its score is beyond the realism judge's limit.
        found
            Its differences to the photograph.
        """
        near = all(
            getattr(found, one.name) <= getattr(self, one.name) * (1 + _SHARE_SLACK)
            for one in fields(found)
        )
        return beyond_realism <= _SCORE_SLACK and near


def picture_excess(
    layers: Sequence[Tensor],
    tones: Tensor,
    other_layers: Sequence[Tensor],
    other_tones: Tensor,
    bounds: Bounds,
) -> Tensor:
    """Return how far pictures are beyond the bounds on their differences ``(B,)``, 0 within.

    The sum of what is beyond the roots of the largest distances, in the mean and locally, beyond
    the largest differences of colours, of skin, plants and sky and, with little weight, of tones,
    as shares of them. Differentiable.

    Parameters
    ----------
    layers, other_layers : sequences of Tensor (B, C, h, w)
        Of photographs and versions (`RegionFeatures.maps`, without the first).
    tones, other_tones : Tensor (B, 4, H, W)
        `likeness.local_tones` of both.
    """
    distances = (feature_distances(layers, other_layers) + 1e-8).sqrt()
    distant = distances - math.sqrt(bounds.distance)
    local = (local_feature_distances(layers, other_layers) + 1e-8).sqrt()
    lost = local - math.sqrt(bounds.local_distance)
    tinted = colour_differences(colours_of(tones), colours_of(other_tones)) / bounds.colour - 1
    toned = tone_differences(tones, other_tones) / bounds.tone - 1
    strange = memory_colour_differences(tones, other_tones) / bounds.memory_colour - 1
    return (
        distant.clamp(min=0)
        + lost.clamp(min=0)
        + tinted.clamp(min=0)
        + _TONE_WEIGHT * toned.clamp(min=0)
        + _MEMORY_WEIGHT * strange.clamp(min=0)
    )
