"""Intensity and contrast features: the low-level model of Kümmerer et al. (ICCV 2017).

RGB images in [0, 1] go in; intensity and contrast of three de-correlated colour channels at five
scales come out. Nothing is learned and nothing is downloaded.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from manipulation.images.gaussian import resample
from manipulation.saliency.models.features import FeatureExtractor

# Ohta, Kanade & Sakai (1980), Computer Graphics and Image Processing 13, 222-241: the colour axes
# that nearly de-correlate photographs; brightness, red against blue, green against magenta.
OHTA_FROM_RGB = (
    (1 / 3, 1 / 3, 1 / 3),
    (1 / 2, 0.0, -1 / 2),
    (-1 / 4, 1 / 2, -1 / 4),
)


class IntensityContrast(FeatureExtractor):
    """Intensity and contrast of three colour channels over a Gaussian pyramid.

    The intensity of a level is the image blurred to its scale. Its contrast is the local standard
    deviation of the level before it (of the pixels, for the first) within the window that blurs
    one level to the next; so every level holds the contrast of its own band of frequencies.

    Parameters
    ----------
    scales_px
        Standard deviations of the Gaussian blur in pixels, increasing. The first must be at least
        half of `stride`, or the features would miss pixels.
    stride
        Pixels per cell of the feature maps.
    contrast_floor
        Contrast that is added in quadrature, in units of the pixel values. It keeps the gradient
        finite on uniform surfaces.

    Attributes
    ----------
    channels
        Two (intensity, contrast) times three colours times the number of scales.
    """

    minimum_px = 32
    colour_axes: Tensor

    def __init__(
        self,
        scales_px: Sequence[float] = (4.0, 10.0, 25.0, 60.0, 150.0),
        stride: int = 8,
        contrast_floor: float = 0.01,
    ) -> None:
        super().__init__()
        scales = tuple(float(scale) for scale in scales_px)
        if list(scales) != sorted(set(scales)) or scales[0] < stride / 2:
            raise ValueError(
                f"scales_px is {scales}; expected increasing values from half the stride {stride}"
            )
        self.scales_px = scales
        self.stride = int(stride)
        self.contrast_floor = float(contrast_floor)
        self.channels = 6 * len(scales)
        self.register_buffer("colour_axes", torch.tensor(OHTA_FROM_RGB), persistent=False)

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments that build this extractor again."""
        return {
            "scales_px": list(self.scales_px),
            "stride": self.stride,
            "contrast_floor": self.contrast_floor,
        }

    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images in [0, 1], ``(B, 3, H, W)``, to ``(B, 6 * scales, h, w)``.

        ``h`` and ``w`` are the image's size over the stride, rounded up. Channels are ordered by
        scale, then intensity before contrast, then colour.
        """
        height, width = (math.ceil(length / self.stride) for length in images.shape[-2:])
        level = torch.einsum("oc,bchw->bohw", self.colour_axes.to(images.dtype), images)
        spacing, before, maps = 1.0, 0.0, []
        for scale in self.scales_px:
            moments = resample(
                torch.cat([level, level**2], dim=1),
                (scale**2 - before**2) ** 0.5,  # variances of Gaussians add
                size=(height, width),
                from_spacing_px=spacing,
                to_spacing_px=self.stride,
            )
            level, square = moments.chunk(2, dim=1)
            maps += [level, (square - level**2 + self.contrast_floor**2).sqrt()]
            spacing, before = self.stride, scale
        return torch.cat(maps, dim=1)
