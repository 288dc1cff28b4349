"""What is measured of the naturalness of a version, against its original and photographs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from manipulation.images.photographs import resized, to_pixels
from manipulation.naturalness.likeness import FeatureDistance, seam, ssim
from manipulation.naturalness.region_statistics import SHIPPED, load_usual_range, region_statistics


@dataclass(frozen=True)
class Naturalness:
    """How natural a version is.

    Attributes
    ----------
    ssim, feature_distance
        Against the original: structural similarity, 1 for the same image, and distance in the
        features of `efficientnet`, 0 for the same image.
    seam_octaves
        Of the regions' contours, the change of the mean squared gradient along them that is
        largest in size, in octaves; 0 where there are no regions.
    unusual
        Which statistics of which region left the range of photographs' objects, and by how much:
        ``701 sharpness -0.4``, joined by commas; None where none did.
    """

    ssim: float
    feature_distance: float
    seam_octaves: float
    unusual: str | None


class NaturalnessMeasure:
    """Measures the naturalness of versions; the features' network is loaded once.

    Parameters
    ----------
    usual
        As in `load_usual_range`.
    """

    def __init__(self, usual: str = SHIPPED) -> None:
        self._distance = FeatureDistance()
        self._usual = load_usual_range(usual)

    def __call__(
        self, original: Tensor, version: Tensor, regions: Mapping[str, Tensor]
    ) -> Naturalness:
        """Return the naturalness of a version.

        Parameters
        ----------
        original, version : Tensor (3, H, H)
            RGB in [0, 1], as the networks see them.
        regions
            Masks ``(h, w)`` of the regions that were meant to change, by name; 1 inside.
        """
        before, after = to_pixels(original), to_pixels(version)
        seams, unusual = [0.0], []
        for name, mask in regions.items():
            region = (resized(mask.float(), (original.shape[-2], original.shape[-1])) > 0.5).numpy()
            if not region.any() or region.all():
                continue
            seams.append(seam(before, after, region))
            unusual += [f"{name} {what}" for what in self._left(before, after, region)]
        return Naturalness(
            ssim(before, after),
            self._distance(original, version),
            max(seams, key=abs),
            ", ".join(unusual) or None,
        )

    def _left(self, before: np.ndarray, after: np.ndarray, region: np.ndarray) -> list[str]:
        """Return the statistics that a version brought out of the usual range, or further out."""
        outside = [
            self._usual.outside(region_statistics(pixels, region)) for pixels in (before, after)
        ]
        was, now = outside
        return [
            f"{name} {beyond:+.1f}"
            for name, beyond in now.items()
            if abs(beyond) > abs(was.get(name, 0.0))
        ]
