"""How far an object could be changed before it looks edited, from the photograph alone.

A version keeps to its budget while it looks no more edited than a share of untouched photographs
does, and while its statistics are usual among objects (`manipulation.naturalness.budget`). An
object that looks edited as it is, or is the brightest, most colourful or sharpest that objects are,
has little room.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from manipulation.images.photographs import to_image, to_pixels
from manipulation.naturalness.realism import GUIDE, load_realism_head
from manipulation.naturalness.region_features import RegionFeatures, region_weights
from manipulation.naturalness.region_statistics import (
    STATISTICS,
    ComparedMaps,
    compared_maps,
    load_usual_range,
    statistics_of,
    surround,
)
from stimuli.contract.settings import ManipulationSettings

_LEAST = 0.05  # so that no object is worth nothing
_FREE = 0.25  # distance from the end of what is usual, as a share of it, that is room enough


@dataclass(frozen=True, eq=False)
class _Seen:
    photograph: Tensor
    compared: ComparedMaps
    layers: list[Tensor]


class NaturalRoom:
    """Measures the room of objects for natural changes; the maps of a photograph are kept.

    Parameters
    ----------
    settings
        Its ``budget`` and ``usual`` say what is natural.
    """

    def __init__(self, settings: ManipulationSettings) -> None:
        self._budget = settings.budget
        self._usual = load_usual_range(settings.usual)
        self._seen: _Seen | None = None

    @torch.no_grad()
    def of(self, photograph: Tensor, region: Tensor) -> float:
        """Return the room of a region ``(H, W)`` of a photograph ``(3, H, W)``, 0.05 to 1.

        The geometric mean of two: the logarithm of the share of untouched photographs that look
        as edited as the region does, 0 at the budget and 1 where all do; and the mean over its
        statistics of the distance to the nearer end of what is usual, 1 from a quarter of the
        range on.
        """
        inside = region.numpy() > 0.5
        if not inside.any() or inside.all():
            return _LEAST
        seen = self._maps_of(photograph)
        parts = torch.from_numpy(np.stack([inside, surround(inside)]))
        statistics = dict(
            zip(STATISTICS, statistics_of(seen.compared, parts)[0].tolist(), strict=True)
        )
        ends = [(self._usual.low[name], self._usual.high[name]) for name in statistics]
        free = [
            min(1.0, max(0.0, min(value - low, high - value) / (_FREE * (high - low))))
            for value, (low, high) in zip(statistics.values(), ends, strict=True)
        ]
        room = float(np.mean(free))
        if 0 < self._budget < 1:
            judge = load_realism_head(GUIDE)
            score = float(judge.scores(seen.layers, [region_weights(inside)])[0, 0])
            share = max(judge.realism(score), self._budget)
            room = math.sqrt(room * (1 - math.log(share) / math.log(self._budget)))
        return max(_LEAST, min(1.0, room))

    @cached_property
    def _features(self) -> RegionFeatures:
        return RegionFeatures()

    def _maps_of(self, photograph: Tensor) -> "_Seen":
        if self._seen is None or self._seen.photograph is not photograph:
            image, bound = photograph[None], self._budget > 0
            self._seen = _Seen(
                photograph,
                compared_maps(to_image(to_pixels(photograph))[None]),
                self._features.maps_of_regions(image) if bound else [],
            )
        return self._seen
