"""What trained networks and free pixels make of a photograph, at random aims and strengths."""

import random

import torch
from torch import Tensor

from manipulation.saliency import load_saliency_model
from manipulation.targets.intent import Intent
from manipulation.transforms.makers import Maker, NetworkTransform, Pixels
from stimuli.contract.settings import ManipulationSettings, PixelSettings

NETWORK, PIXELS = "network", "free pixels"
_GUIDES = ("robust", "efficientnet")  # of free pixels: whose changes others see, and the control's
_STEPS, _FURTHER = 5, 2.0  # a search of few steps, and how far beyond its end changes may go
_SCALED = 0.3  # share of the networks' outputs that are to change the entropy


class ModelEdits:
    """Makes versions of a photograph as `manipulation.transforms.makers` makes them."""

    def __init__(self) -> None:
        chosen = ManipulationSettings()
        self._network = NetworkTransform(chosen.shift_network, chosen.scale_network)
        self._factors = (chosen.k_scale, 1 / chosen.k_scale)
        self._shifts = (chosen.k_shift, -chosen.k_shift)

    @property
    def identity(self) -> dict[str, object]:
        """Hashes of the networks, JSON-ready."""
        return self._network.identity

    def edits(
        self, image: Tensor, region: Tensor, rng: random.Random
    ) -> list[tuple[str, float, Tensor]]:
        """Return kind, strength and image of an output of a network and of a search over pixels.

        Strength is the share of the change, which of pixels may go beyond what the search found.

        Parameters
        ----------
        image : Tensor (3, H, H)
            RGB in [0, 1].
        region : Tensor (H, H)
            1 inside, 0 outside: what is to be looked at more, or less.
        """
        shifted = Intent(region[None], (rng.choice(self._shifts),))
        scaled = Intent(region[None][:0], (), rng.choice(self._factors))
        guide = load_saliency_model(rng.choice(_GUIDES))
        pixels = Pixels([guide], PixelSettings(steps=_STEPS, largest_change=255, fidelity=0))
        made: list[tuple[str, float, Maker, Intent]] = [
            (NETWORK, 1.0, self._network, scaled if rng.random() < _SCALED else shifted),
            (PIXELS, _FURTHER, pixels, shifted),
        ]
        edits = []
        with torch.enable_grad():
            for kind, most, maker, intent in made:
                strength = rng.uniform(0.1, most)
                edits.append((kind, strength, maker.graded(image, intent).at(strength).detach()))
        return edits
