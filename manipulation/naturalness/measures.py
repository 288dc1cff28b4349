"""What is measured of the naturalness of a version, against its original and photographs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.images.log_density import salient_region
from manipulation.images.photographs import resized, to_pixels
from manipulation.naturalness.bounds import Bounds, differences
from manipulation.naturalness.likeness import local_tones, seam, ssim
from manipulation.naturalness.realism import RealismHead
from manipulation.naturalness.region_features import RegionFeatures, region_weights
from manipulation.naturalness.region_statistics import UsualRange, region_statistics
from stimuli.contract.vocabulary import PHOTOGRAPHS_OWN, left_range


@dataclass(frozen=True)
class Naturalness:
    """How natural a version is.

    Attributes
    ----------
    realism, second_realism
        Share of untouched photographs that look at least as edited as the version, for the realism
        judge that bounds versions, and for one that took no part; of several regions the least.
    within_budget
        Whether the version keeps to its budget; None where it has none.
    ssim, feature_distance, local_distance, colour_difference, tone_difference
        Against the original: structural similarity, 1 for the same image; distance in the features
        of `efficientnet`, in the mean and where it is largest (`local_feature_distances`), and
        differences of colours (`colour_differences`) and of tones (`tone_differences`), 0 for the
        same image.
    memory_colour_difference
        How far skin, plants and sky left their natural colours (`memory_colour_differences`).
    seam_octaves
        Of the regions' contours, the change of the mean squared gradient along them that is
        largest in size, in octaves; 0 where there are no regions.
    unusual
        Which statistics of which region are outside the range of photographs' objects, and by how
        much: ``701 sharpness -0.40``, joined by commas; None where none are. Where that was so in
        the photograph, what it had follows: ``701 sharpness -0.40 (photograph -0.50)``, and
        ``(further than -0.20)`` where the version is further outside than the budget allows.
    """

    realism: float
    second_realism: float
    within_budget: bool | None
    ssim: float
    feature_distance: float
    local_distance: float
    colour_difference: float
    tone_difference: float
    memory_colour_difference: float
    seam_octaves: float
    unusual: str | None


class NaturalnessMeasure:
    """Measures the naturalness of versions.

    Parameters
    ----------
    judges
        The realism judge that bounds versions, and one that took no part.
    usual
        What is usual among objects.
    bounds
        Of the budget that versions are held against.
    """

    def __init__(
        self,
        features: RegionFeatures,
        judges: tuple[RealismHead, RealismHead],
        usual: UsualRange,
        bounds: Bounds,
    ) -> None:
        self._features, self._judges = features, judges
        self._usual, self._bounds = usual, bounds

    @torch.no_grad()
    def __call__(
        self,
        original: Tensor,
        version: Tensor,
        regions: Mapping[str, Tensor],
        log_saliency: Tensor,
    ) -> Naturalness:
        """Return the naturalness of a version.

        Parameters
        ----------
        original, version : Tensor (3, H, W)
            RGB in [0, 1], as the networks see them.
        regions
            Masks ``(h, w)`` of the regions that were meant to change, by name; 1 inside.
        log_saliency : Tensor (h, w)
            Of the original; without regions realism is that of what is salient.
        """
        size = (original.shape[-2], original.shape[-1])
        before, after = to_pixels(original), to_pixels(version)
        masks = {
            name: (resized(mask.float(), size) > 0.5).numpy() for name, mask in regions.items()
        }
        masks = {name: one for name, one in masks.items() if one.any() and not one.all()}
        seams, unusual, left = [0.0], [], False
        for name, mask in masks.items():
            seams.append(seam(before, after, mask))
            found = self._outside(before, after, mask)
            unusual += [f"{name} {what}" for what in found]
            left |= any(left_range(what) for what in found)
        if not masks:
            salient = resized(log_saliency, size)
            masks = {"": salient_region(salient, torch.zeros_like(salient)).numpy() > 0.5}
        maps = [self._features.maps(image[None]) for image in (original, version)]
        weights = [region_weights(mask) for mask in masks.values()]
        was, now = (self._judges[0].scores(one, weights)[0] for one in maps)
        guide, second = (
            judge.realism(float(judge.scores(maps[1], weights).max())) for judge in self._judges
        )
        limits = was.clamp(min=self._judges[0].limit(self._bounds.realism))
        tones = [local_tones(one[None]) for one in (original, version)]
        apart = differences(maps[0][1:], tones[0], maps[1][1:], tones[1])
        within = self._bounds.allow(float((now - limits).max()), apart) and not left
        return Naturalness(
            guide,
            second,
            within if self._bounds.realism else None,
            ssim(before, after),
            apart.distance,
            apart.local_distance,
            apart.colour,
            apart.tone,
            apart.memory_colour,
            max(seams, key=abs),
            ", ".join(unusual) or None,
        )

    def _outside(self, before: np.ndarray, after: np.ndarray, region: np.ndarray) -> list[str]:
        """Return the statistics of a version that are outside the usual range, in words."""
        was, now = (region_statistics(pixels, region) for pixels in (before, after))
        left, had = self._usual.left(was, now), self._usual.outside(was)
        told = []
        for name, beyond in self._usual.outside(now).items():
            before_it = had.get(name, 0.0)
            how = "further than " if name in left else PHOTOGRAPHS_OWN
            same_side = beyond * before_it > 0
            told.append(f"{name} {beyond:+.2f}" + f" ({how}{before_it:+.2f})" * same_side)
        return told
