"""A saliency model: features, readout, up-sampling and blur; the centre bias on request."""

import torch
from torch import Tensor, nn

from manipulation.saliency.centre_bias import CentreBias, log_normalised
from manipulation.saliency.features import FeatureExtractor
from manipulation.saliency.gaussian import GaussianBlur
from manipulation.saliency.readout import Readout


class SaliencyModel(nn.Module):
    """Log saliency of images, differentiable in their pixels.

    Parameters
    ----------
    architecture
        Name of the kind of features, such as ``icf``.
    extractor
        Module from images to features.
    readout
        From features to one map.
    sigma_px
        Width of the final Gaussian blur in image pixels at the start; it is learned.
    pixels_per_degree
        Size of a degree of visual angle in the images that the model was fitted to. Images of
        another scale should be resized to it.
    """

    def __init__(
        self,
        architecture: str,
        extractor: nn.Module,
        readout: Readout,
        *,
        sigma_px: float = 20.0,
        pixels_per_degree: float = float("nan"),
    ) -> None:
        super().__init__()
        if not isinstance(extractor, FeatureExtractor):
            raise TypeError(f"{type(extractor).__name__} is no FeatureExtractor")
        self.architecture = architecture
        self.extractor = extractor
        self.readout = readout
        self.blur = GaussianBlur(sigma_px, extractor.stride)
        self.centre_bias = CentreBias()
        self.pixels_per_degree = float(pixels_per_degree)

    def forward(self, images: Tensor) -> Tensor:
        """Return un-normalised log saliency without centre bias.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1], at least ``extractor.minimum_px`` high and wide.

        Returns
        -------
        Tensor (B, H, W)
            In nats; only differences within an image have a meaning.

        Raises
        ------
        ValueError
            If the images have another shape or are too small.
        """
        least = self.extractor.minimum_px
        if images.ndim != 4 or images.shape[1] != 3 or min(images.shape[-2:]) < least:
            raise ValueError(
                f"images are {tuple(images.shape)}; expected (B, 3, H, W) of at least {least} px"
            )
        return self.blur(self.readout(self.extractor(images)), tuple(images.shape[-2:]))

    def log_density(self, images: Tensor, centre_bias: Tensor | None = None) -> Tensor:
        """Return the predicted log density of fixations, centre bias included.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            As for `forward`.
        centre_bias : Tensor (H, W) or (B, H, W), optional
            Log density in nats, in place of the learned map. Zeros stand for no centre bias.

        Returns
        -------
        Tensor (B, H, W)
            Natural-log probabilities per pixel; their exponentials sum to one per image.
        """
        return self.with_centre_bias(self(images), centre_bias)

    def with_centre_bias(self, saliency: Tensor, centre_bias: Tensor | None = None) -> Tensor:
        """Return `log_density` of images whose log saliency ``(B, H, W)`` is known."""
        if centre_bias is None:
            centre_bias = self.centre_bias(tuple(saliency.shape[-2:]))
        return log_normalised(saliency + self.centre_bias.weight * centre_bias)

    def frozen(self) -> "SaliencyModel":
        """Return itself in evaluation mode, with weights that take no gradient."""
        return self.eval().requires_grad_(False)

    @torch.no_grad()
    def predict(self, images: Tensor) -> Tensor:
        """Return `forward` without a graph."""
        return self(images)
