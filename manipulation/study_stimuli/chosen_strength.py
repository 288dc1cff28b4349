"""How much of a change a version gets: what its budget allows, or the least that reaches an aim.

One rule for every transform. A change is found once, and a share of it is taken.
"""

from collections.abc import Callable, Collection, Mapping
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
from stimuli.contract.vocabulary import PredictedEffect

_TRIES, _LESS = 6, 0.85  # how often a version is made weaker, and by what, until it holds as shown
_SLACK = 0.1  # of an aim, by which a version as shown may miss it


@dataclass(frozen=True, eq=False)
class ChosenVersion:
    """A version at the strength that was chosen.

    Attributes
    ----------
    image : Tensor (3, H, W)
        RGB in [0, 1], rounded to 8 bits.
    share
        Of the change that was found.
    amounts
        What the first region got, where the same may be done to another.
    edits
        What each region got, as in `GradedVersion`.
    """

    image: Tensor
    share: float
    amounts: Amounts | None = None
    edits: tuple[Mapping[str, float], ...] = ()


def chosen_version(
    maker: Maker,
    photograph: Tensor,
    intent: Intent,
    models: StudyModels,
    settings: ManipulationSettings,
    as_shown: Callable[[Tensor], Tensor] | None = None,
) -> ChosenVersion:
    """Make a version of a photograph within its budget, no stronger than its aim needs.

    Parameters
    ----------
    photograph : Tensor (3, H, W)
        RGB in [0, 1].
    intent
        The first of its regions is the aim; without any the entropy is.
    settings
        `aim` and `aim_bits`; the budget is that of `models`. Where the budget does not suffice for
        the aim, all that it allows is made.
    as_shown
        From an image to what networks see of it on the screen, enlarged, rounded and reduced; the
        version keeps to its budget there too. By default it is not looked at.
    """
    budget = models.budget(photograph, intent)
    version = graded_version(maker, photograph, intent, budget)
    most = largest_share(lambda share: budget.holds(version.at(share)))
    if as_shown is not None and budget.is_bound:
        shown = models.budget(as_shown(photograph), intent)
        for _ in range(_TRIES):
            if shown.holds_as_shown(as_shown(version.at(most))):
                break
            most *= _LESS
    wanted = settings.aim if len(intent.masks) else settings.aim_bits
    if not wanted:
        return _at(version, most)
    aim = _Aim(photograph, intent, models, wanted, models.took_part(maker.parts))
    share = least_share(lambda share: aim.is_reached(version.at(share)), most)
    return _at(version, most if share is None else share)


def _at(version: GradedVersion, share: float) -> ChosenVersion:
    amounts = None if version.amounts is None else [share * one for one in version.amounts]
    edits = tuple(
        {name: share * one for name, one in region.items()} for region in version.edits
    )  # fmt: skip
    return ChosenVersion(version.at(share), share, amounts, edits)


def aim_reached(
    effect: PredictedEffect, settings: ManipulationSettings, *, of_entropy: bool
) -> bool | None:
    """Return whether a version as shown reaches its aim, to a tenth; None where there is none.

    Enlarging, rounding and reducing change what was found by a little.

    Parameters
    ----------
    effect
        By the model that guides and those that took no part.
    of_entropy
        Whether the version aims at the entropy.
    """
    wanted = settings.aim_bits if of_entropy else settings.aim
    if not wanted or effect.predicted_change is None:
        return None
    every = [effect.predicted_change, *effect.second_changes.values()]
    sign = 1.0 if (effect.asked_change or 0.0) >= 0 else -1.0
    return sign * sum(every) / len(every) >= (1 - _SLACK) * wanted


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

    return GradedVersion(rounded, version.amounts, version.edits)


class _Aim:
    """A change of p_obj, or of the entropy, in the mean of the model that guides and the judges.

    Judges that took part in what makes the version do not count.
    """

    def __init__(
        self,
        photograph: Tensor,
        intent: Intent,
        models: StudyModels,
        wanted: float,
        took_part: Collection[str],
    ) -> None:
        self._models, self._wanted, self._took_part = models, wanted, took_part
        self._region = intent.masks[0] if len(intent.masks) else None
        original = models.log_saliency(photograph)
        asked = DensityMap(intent.target(original)).measure(self._region)
        self._before = self._mean(photograph)
        self._sign = 1.0 if asked >= DensityMap(original).measure(self._region) else -1.0

    def is_reached(self, image: Tensor) -> bool:
        return self._sign * (self._mean(image) - self._before) >= self._wanted

    @torch.no_grad()
    def _mean(self, image: Tensor) -> float:
        judged = self._models.second_log_saliency(image)
        second = [one for name, one in judged.items() if name not in self._took_part]
        every = [self._models.log_saliency(image), *second]
        return sum(DensityMap(one).measure(self._region) for one in every) / len(every)
