"""What a version comes to: pictures, densities and figures, whether tried or saved.

In go what was asked for and two views of the models, on the original and on the version; out
comes all that the page shows.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.photographs import resized
from manipulation.prognosis import measured, newly_clipped, psnr_db
from stimuli.vocabulary import Direction, Prognosis

PREVIEW, FULL, SAVED = "preview", "full", "saved"


@dataclass(frozen=True, eq=False)
class View:
    """An image and what the models predict of it.

    Attributes
    ----------
    pixels : ndarray (H, W, 3), uint8
    log_saliency, second : Tensor (h, w)
        Of the first guiding model, and of the one that took no part, or None.
    """

    pixels: np.ndarray
    log_saliency: Tensor
    second: Tensor | None


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
    stage
        `PREVIEW`, `FULL`: as saving would make it, or `SAVED`: from the files of the study.
    original, version : View
    target : Tensor (h, w)
        Log saliency that is asked for.
    objects
        p_obj of every chosen region; the first is the aim.
    entropy
        In bits.
    prognosis
        Of the aim's p_obj, or without one of the entropy; as in the catalogue.
    direction
        What the version is for.
    """

    stage: str
    original: View
    version: View
    target: Tensor
    objects: tuple[Change, ...]
    entropy: Change
    prognosis: Prognosis
    direction: Direction

    @property
    def aim(self) -> Change:
        """What the version is judged by."""
        return self.objects[0] if self.objects else self.entropy

    @property
    def asks_the_opposite(self) -> bool:
        """Whether the target moves the aim against the version's direction."""
        wrong_sign = -1 if self.direction == Direction.INCREASE else 1
        return self.aim.asked_change * wrong_sign > 0


def outcome(
    stage: str,
    direction: str,
    original: View,
    version: View,
    target: Tensor,
    regions: dict[str, Tensor],
) -> Outcome:
    """Return what a version comes to.

    Parameters
    ----------
    regions
        Masks ``(size, size)`` of the chosen regions by their names; the first is the aim. Without
        any the version is judged by its entropy.
    """
    maps = (original.log_saliency, target, version.log_saliency)
    objects = tuple(
        Change(name, *(measured(one, mask) for one in maps)) for name, mask in regions.items()
    )
    entropy = Change("entropy (bits)", *(measured(one, None) for one in maps))
    aim = objects[0] if objects else entropy
    second_change = None
    if original.second is not None:
        mask = next(iter(regions.values()), None)
        second_change = measured(version.second, mask) - measured(original.second, mask)
    return Outcome(
        stage=stage,
        original=original,
        version=version,
        target=target,
        objects=objects,
        entropy=entropy,
        prognosis=Prognosis(
            predicted=aim.predicted,
            asked_change=aim.asked_change,
            predicted_change=aim.predicted_change,
            second_change=second_change,
            psnr_db=psnr_db(original.pixels, version.pixels),
            clipped=newly_clipped(original.pixels, version.pixels),
        ),
        direction=Direction(direction),
    )


def sized(masks: dict[str, Tensor], side_px: int) -> dict[str, Tensor]:
    """Return masks at another size, 1 inside."""
    return {name: (resized(mask, side_px) > 0.5).float() for name, mask in masks.items()}


def as_tensor(array: np.ndarray) -> Tensor:
    """Return a map from a file."""
    return torch.from_numpy(array)
