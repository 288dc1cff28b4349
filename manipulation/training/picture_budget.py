"""What a network's images are beyond a study's default bounds on whole pictures."""

import torch
from torch import Tensor

from manipulation.naturalness.bounds import Bounds, picture_excess
from manipulation.naturalness.likeness import local_tones
from manipulation.naturalness.region_features import RegionFeatures
from stimuli.contract.settings import ManipulationSettings


class PictureBudget:
    """Holds images against photographs, on a device."""

    def __init__(self, device: torch.device) -> None:
        self._features = RegionFeatures(device)
        self._bounds = Bounds.of(ManipulationSettings())

    def excess(self, images: Tensor, changed: Tensor) -> Tensor:
        """Return how far changed images are beyond the bounds, ``(B,)`` (`picture_excess`).

        Parameters
        ----------
        images, changed : Tensor (B, 3, H, W)
            RGB in [0, 1].
        """
        with torch.no_grad():
            layers, tones = self._features.layers(images), local_tones(images)
        return picture_excess(
            layers, tones, self._features.layers(changed), local_tones(changed), self._bounds
        )
