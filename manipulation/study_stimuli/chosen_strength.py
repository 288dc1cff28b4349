"""How much of a change a version gets: what its budget allows, or the least that reaches an aim.

One rule for every transform. A change is found once, and a share of it is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from manipulation.images.photographs import to_image, to_pixels
from manipulation.naturalness.budget import Budget, largest_share, least_share
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.predicted_effect import DensityMap
from manipulation.targets.intent import Intent
from manipulation.transforms.makers import Amounts, GradedVersion, Maker
from stimuli.contract.settings import ManipulationSettings


@dataclass(frozen=True, eq=False)
class ChosenVersion:
    """A version at the strength that was chosen.

    Attributes
    ----------
    image : Tensor (3, H, W)
        RGB in [0, 1], rounded to 8 bits.
    share
        Of the change that was found.
    reached
        Whether the aim was reached; None where there is none.
    amounts
        What the first region got, where the same may be done to another.
    """

    image: Tensor
    share: float
    reached: bool | None
    amounts: Amounts | None = None


def chosen_version(
    maker: Maker,
    photograph: Tensor,
    intent: Intent,
    models: StudyModels,
    settings: ManipulationSettings,
) -> ChosenVersion:
    """Make a version of a photograph within its budget, no stronger than its aim needs.

    Parameters
    ----------
    photograph : Tensor (3, H, W)
        RGB in [0, 1].
    intent
        The first of its regions is the aim; without any the entropy is.
    settings
        `aim` and `aim_bits`; the budget is that of `models`.
    """
    budget = models.budget(photograph, intent)
    version = graded_version(maker, photograph, intent, budget)
    most = largest_share(lambda share: budget.holds(version.at(share)))
    wanted = settings.aim if len(intent.masks) else settings.aim_bits
    if not wanted:
        return _at(version, most, None)
    aim = _Aim(photograph, intent, models, wanted)
    share = least_share(lambda share: aim.is_reached(version.at(share)), most)
    return _at(version, most if share is None else share, share is not None)


def _at(version: GradedVersion, share: float, reached: bool | None) -> ChosenVersion:
    amounts = None if version.amounts is None else [share * one for one in version.amounts]
    return ChosenVersion(version.at(share), share, reached, amounts)


def graded_version(
    maker: Maker, photograph: Tensor, intent: Intent, budget: Budget
) -> GradedVersion:
    """Return a version that was searched under a budget, at any share of its change.

    The images are rounded to 8 bits; at a share of 1 they may be beyond the budget.
    """
    version = maker.graded(photograph, intent, budget.excess if budget.is_bound else None)

    def rounded(share: float) -> Tensor:
        with torch.no_grad():
            return to_image(to_pixels(version.at(share)))

    return GradedVersion(rounded, version.amounts)


class _Aim:
    """A change of p_obj, or of the entropy, in the mean of the model that guides and the judges."""

    def __init__(
        self, photograph: Tensor, intent: Intent, models: StudyModels, wanted: float
    ) -> None:
        self._models, self._wanted = models, wanted
        self._region = intent.masks[0] if len(intent.masks) else None
        original = models.log_saliency(photograph)
        asked = DensityMap(intent.target(original)).measure(self._region)
        self._before = self._mean(photograph)
        self._sign = 1.0 if asked >= DensityMap(original).measure(self._region) else -1.0

    def is_reached(self, image: Tensor) -> bool:
        return self._sign * (self._mean(image) - self._before) >= self._wanted

    @torch.no_grad()
    def _mean(self, image: Tensor) -> float:
        maps: Mapping[str, Tensor] = self._models.second_log_saliency(image)
        every = [self._models.log_saliency(image), *maps.values()]
        return sum(DensityMap(one).measure(self._region) for one in every) / len(every)
