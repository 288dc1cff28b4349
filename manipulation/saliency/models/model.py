"""A saliency model: features, readout, up-sampling and blur; the centre bias on request."""

import re
from typing import Self

import torch
from torch import Tensor, nn

from manipulation.images.gaussian import GaussianBlur
from manipulation.images.log_density import log_normalised
from manipulation.saliency.models.centre_bias import CentreBias
from manipulation.saliency.models.features import FeatureExtractor
from manipulation.saliency.models.readout import Readout

NOT_STATED = "not stated"
ADAPTED_TO = "; adapted to "  # between the data of a model and those that it was adapted to
_END_OF_NAME = re.compile(r"[(,;:]")
# Data sets of fixations that are found wherever a text names them.
_KNOWN = ("OSIE", "MIT1003", "MIT300", "CAT2000", "SALICON", "FIGRIM", "DAEMONS", "COCO-Freeview",
          "COCO-Search18", "Toronto", "Kienzle", "SIENA12", "KOOTSTRA")  # fmt: skip


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

    Attributes
    ----------
    data
        The fixations that it was fitted to, in words that begin with the name of the data set:
        ``OSIE (Xu et al. 2014), 15 people``. ``not stated`` where nobody said.
    notice
        Whose weights are in it and under which terms; empty where nobody else's are.
    """

    def __init__(
        self,
        architecture: str,
        extractor: FeatureExtractor,
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
        self.data, self.notice = NOT_STATED, extractor.notice

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets that had a part in it.

        Those in `data`, which are what stands before the first bracket, comma or colon, and every
        well-known one that is named; and what the networks of others were trained on.
        """
        found: dict[str, None] = {}
        for one in self.data.split(ADAPTED_TO):
            first = _END_OF_NAME.split(one, maxsplit=1)[0].strip()
            known = [name for name in _KNOWN if re.search(rf"\b{name}\b", one, re.IGNORECASE)]
            if not any(name.casefold() in first.casefold() for name in known):
                known.insert(0, first)
            found |= dict.fromkeys(known)
        return (*found, *(one for one in self.extractor.trained_on if one not in found))

    @property
    def backbones(self) -> tuple[str, ...]:
        """Networks of others that it is made of, as timm names them."""
        return self.extractor.backbones

    @property
    def minimum_px(self) -> int:
        """Smallest height and width of an image."""
        return self.extractor.minimum_px

    def forward(self, images: Tensor) -> Tensor:
        """Return un-normalised log saliency without centre bias.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1], at least `minimum_px` high and wide.

        Returns
        -------
        Tensor (B, H, W)
            In nats; only differences within an image have a meaning.

        Raises
        ------
        ValueError
            If the images have another shape or are too small.
        """
        least = self.minimum_px
        if not images.is_floating_point():
            raise ValueError(f"images hold {images.dtype}; expected floating point in [0, 1]")
        if images.ndim != 4 or images.shape[1] != 3 or min(images.shape[-2:]) < least:
            raise ValueError(
                f"images are {tuple(images.shape)}; expected (B, 3, H, W) of at least {least} px"
            )
        height, width = images.shape[-2:]
        return self.from_features(self.extractor(images), (height, width))

    def from_features(self, features: Tensor, size: tuple[int, int]) -> Tensor:
        """Return `forward` of images of `size` whose features are known.

        For callers that need the network's pass for something else as well. Readout and blur are
        computed at the precision of their weights, under autocast too: log saliency in 8 bits
        would be coarser than what it is compared with.

        Parameters
        ----------
        features : Tensor (B, channels, h, w)
            As the extractor returns them.
        size
            Height and width of the images.
        """
        with torch.autocast(features.device.type, enabled=False):
            return self.blur(self.readout(features.to(self.readout.mean.dtype)), size)

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
            height, width = saliency.shape[-2:]
            centre_bias = self.centre_bias((height, width))
        return log_normalised(saliency + self.centre_bias.weight * centre_bias)

    @torch.no_grad()
    def log_saliency(self, images: Tensor) -> Tensor:
        """Return `forward` without a graph, for callers that need no gradient."""
        return self(images)

    @torch.no_grad()
    def log_saliency_and_density(
        self, images: Tensor, centre_bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return `forward` and `log_density` without a graph, from one pass."""
        saliency = self(images)
        return saliency, self.with_centre_bias(saliency, centre_bias)

    def frozen(self) -> Self:
        """Return itself in evaluation mode, with weights that take no gradient."""
        return self.eval().requires_grad_(False)
