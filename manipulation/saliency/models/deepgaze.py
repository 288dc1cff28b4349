"""DeepGaze II's view of an image: five layers of VGG-19's last block, 2560 channels at stride 16.

Kümmerer, Wallis, Gatys & Bethge (ICCV 2017), "Understanding low- and high-level contributions to
fixation prediction". The readout on top is `readout.Readout`; up-sampling, blur and centre bias are
`model.SaliencyModel`'s.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from manipulation.saliency.models.features import FeatureExtractor
from manipulation.saliency.models.vgg import DEEPGAZE_LAYERS
from manipulation.saliency.models.vgg_weights import load_vgg, vgg_file
from stimuli.support.errors import InputError
from stimuli.support.files import sha256


def deepgaze_features(layers: Mapping[str, Tensor]) -> Tensor:
    """Return the layers that DeepGaze II reads as one tensor, ``(B, 2560, h, w)``.

    For callers that need other layers of the same pass too: ask `VGGFeatures` for all of them once,
    and hand this to `SaliencyModel.from_features`.
    """
    return torch.cat([layers[name] for name in DEEPGAZE_LAYERS], dim=1)


class DeepGazeFeatures(FeatureExtractor):
    """Five layers of VGG-19, as DeepGaze II reads them.

    Parameters
    ----------
    weights
        As in `vgg_weights.load_vgg`.
    pooling
        ``max`` or ``average``.
    weights_sha256
        What the file of weights must be; without it, any. A readout fits only the network that it
        was fitted to.

    Raises
    ------
    InputError
        If the weights are missing, truncated, or not those of `weights_sha256`.
    """

    # The file of a fitted model names the weights of VGG-19 and does not repeat them.
    stored_elsewhere = True
    backbones = ("vgg19",)
    trained_on = ("ImageNet",)

    def __init__(
        self,
        weights: str | Path = "torchvision",
        pooling: str = "max",
        weights_sha256: str | None = None,
    ) -> None:
        super().__init__()
        path = vgg_file(weights)
        self.weights = str(weights)
        self.weights_sha256 = sha256(path)
        if weights_sha256 not in (None, self.weights_sha256):
            raise InputError(
                f"{path}: SHA-256 is {self.weights_sha256}; expected {weights_sha256}, the weights "
                f"of VGG-19 that this readout was fitted to; put those there, or fit it again"
            )
        self.vgg = load_vgg(path, pooling=pooling)
        self.stride, self.minimum_px = self.vgg.stride, self.vgg.minimum_px
        self.channels = len(DEEPGAZE_LAYERS) * self.vgg.channels[-1]

    def settings(self) -> dict[str, object]:
        """Return the keyword arguments that build this extractor again."""
        return {
            "weights": self.weights,
            "pooling": self.vgg.pooling,
            "weights_sha256": self.weights_sha256,
        }

    def forward(self, images: Tensor) -> Tensor:
        """Map RGB images in [0, 1], ``(B, 3, H, W)``, to ``(B, 2560, H // 16, W // 16)``."""
        return deepgaze_features(self.vgg(images, DEEPGAZE_LAYERS))
