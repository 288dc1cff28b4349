"""The budget of naturalness: what a version of a photograph may look like.

A region keeps within it while at least a given share of untouched photographs looks as edited, or
while it looks no more edited than it did in the photograph itself; while its statistics stay within
what is usual among objects, or near where they were; and the picture while it is near the
photograph in features, in the mean and where they change most, in colours and in tones, and skin,
plants and sky have their natural colours.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from manipulation.images.photographs import resized, to_image, to_pixels
from manipulation.naturalness.bounds import Bounds, differences, picture_excess
from manipulation.naturalness.likeness import local_tones
from manipulation.naturalness.realism import RealismHead
from manipulation.naturalness.region_features import RegionFeatures, region_weights
from manipulation.naturalness.region_statistics import (
    SLACK,
    STATISTICS,
    UsualRange,
    statistics_of,
    surround,
)

_TOLERANCE = 1e-4  # excess that does not count
_HALVINGS = 6  # a share of a change is found to 1/64


class Budget:
    """What may become of regions of a photograph.

    Parameters
    ----------
    photograph : Tensor (3, H, W)
        RGB in [0, 1].
    masks : sequence of ndarray (H, W), bool
        What is changed (`usable_masks`); without any, features and colours are bounded alone.
    bounds
        How far it may go.
    features, judge, usual
        What is measured.
    """

    def __init__(
        self,
        photograph: Tensor,
        masks: Sequence[np.ndarray],
        bounds: Bounds,
        features: RegionFeatures,
        judge: RealismHead,
        usual: UsualRange,
    ) -> None:
        self._weights = [region_weights(one) for one in masks]
        self._parts = [torch.from_numpy(np.stack([one, surround(one)])) for one in masks]
        self._features, self._judge = features, judge
        self._usual, self._bounds = usual, bounds
        if self.is_bound:
            with torch.no_grad():
                maps = features.maps(photograph[None])
                before = self._scores(maps)[0]
            self._layers = maps[1:]
            self._tones = local_tones(photograph[None])
            self._limits = before.clamp(min=judge.limit(bounds.realism))
            outside = self._beyond_usual(photograph[None])[0]
            self._outside = outside + SLACK * (outside > 0)

    @property
    def is_bound(self) -> bool:
        """Whether anything is bounded."""
        return self._bounds.realism > 0

    def excess(self, images: Tensor) -> Tensor:
        """Return how far images ``(B, 3, H, W)`` are beyond their limits: ``(B,)``, 0 within.

        The sum of what is beyond the realism judge's limit, in the region where that is most, of
        `picture_excess`, and of the statistics' beyond what is usual, in units of the usual ranges.
        Differentiable.
        """
        if not self.is_bound:
            return images.new_zeros(len(images))
        maps = self._features.maps(images)
        edited = self._scores(maps) - self._limits
        layers = [one.expand(len(images), -1, -1, -1) for one in self._layers]
        tones = local_tones(images)
        before = self._tones.expand_as(tones)
        of_picture = picture_excess(layers, before, maps[1:], tones, self._bounds)
        unusual = (self._beyond_usual(images) - self._outside).clamp(min=0).sum(dim=1)
        return edited.amax(dim=1).clamp(min=0) + of_picture + unusual

    @torch.no_grad()
    def holds_as_shown(self, image: Tensor) -> bool:
        """Return whether an image ``(3, H, W)`` that has been on its way to the screen does.

        With the slack of `Bounds.allow`; the photograph should have been on the same way.
        """
        if not self.is_bound:
            return True
        maps = self._features.maps(image[None])
        unusual = (self._beyond_usual(image[None]) - self._outside).clamp(min=0).sum()
        tones = local_tones(image[None])
        return float(unusual) <= _TOLERANCE and self._bounds.allow(
            float((self._scores(maps) - self._limits).max()),
            differences(self._layers, self._tones, maps[1:], tones),
        )

    def _scores(self, maps: Sequence[Tensor]) -> Tensor:
        """Return scores ``(B, n)`` of the regions; without any, one that is never beyond."""
        if self._weights:
            return self._judge.scores(maps, self._weights)
        return maps[0].new_full((len(maps[0]), 1), -torch.inf)

    @torch.no_grad()
    def holds(self, image: Tensor) -> bool:
        """Return whether an image ``(3, H, W)``, rounded to 8 bits, keeps within the budget."""
        if not self.is_bound:
            return True
        return float(self.excess(to_image(to_pixels(image))[None])[0]) <= _TOLERANCE

    def _beyond_usual(self, images: Tensor) -> Tensor:
        """Return how far the statistics of all regions leave the usual, ``(B, n * 12)``, from 0.

        Below its lower end, and above its upper one.
        """
        low, high = (
            torch.tensor([end[name] for name in STATISTICS])
            for end in (self._usual.low, self._usual.high)
        )
        found = [statistics_of(images, parts) for parts in self._parts]
        beyond = [
            (end / (high - low)).clamp(min=0) for one in found for end in (low - one, one - high)
        ]
        return torch.cat(beyond, dim=1) if beyond else images.new_zeros(len(images), 1)


def usable_masks(regions: Sequence[Tensor], image: Tensor) -> list[np.ndarray]:
    """Return masks ``(H, W)`` bool of regions ``(h, w)`` at the size of an image ``(3, H, W)``.

    Those with nothing inside, or nothing outside, are left out.
    """
    size = (image.shape[-2], image.shape[-1])
    masks = [(resized(one.float(), size) > 0.5).numpy() for one in regions]
    return [one for one in masks if one.any() and not one.all()]


def largest_share(holds: Callable[[float], bool]) -> float:
    """Return about the largest share of a change, 0 to 1, up to which something holds."""
    if holds(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def least_share(reached: Callable[[float], bool], most: float) -> float | None:
    """Return about the least share of a change that reaches something; None if `most` does not."""
    if not reached(most):
        return None
    low, high = 0.0, most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
