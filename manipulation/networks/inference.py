"""A trained network in use: encode an image once, then change it for one target after the other.

In come RGB images in [0, 1] and targets of un-normalised log saliency; out come changed images.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from manipulation.networks.fast_fgtransform import FastFGTransform, FeatureContribution
from manipulation.networks.fgtransform import FGTransform
from manipulation.networks.files import (
    guide_of,
    load_checkpoint,
    read_run_settings_of,
    transform_file,
)
from manipulation.networks.guide import Guide
from manipulation.networks.image_network import ImageNetwork, relative_log_density
from manipulation.networks.settings import RunSettings
from stimuli.support.errors import InputError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class EncodedImages:
    """Images and what there is to know of them for any target.

    Attributes
    ----------
    images : Tensor (B, 3, H, W)
        RGB in [0, 1].
    log_saliency : Tensor (B, H, W)
        Un-normalised, in nats, without centre bias; targets are made from it.
    contribution
        What their features contribute to FGTransform; None for networks that read no features.
    """

    images: Tensor
    log_saliency: Tensor
    contribution: FeatureContribution | None


class TrainedNetwork:
    """A trained network for use, without gradients.

    Parameters
    ----------
    network
        FGTransform, Resnet-9 or U-Net.
    guide
        The guide that it was trained with.
    settings
        The settings of its training.
    precision
        ``float32``, or ``bfloat16`` for the convolutions of guide and network: about twice as fast
        where the processor has such arithmetic. Pixels then differ by about 0.002 in the mean.
    device
        Where it is computed.

    Examples
    --------
    >>> import torch
    >>> from manipulation import load_trained_network, local_shift
    >>> network = load_trained_network("fgtransform-shift")
    >>> images, masks = torch.rand(1, 3, 128, 128), torch.zeros(1, 128, 128)
    >>> masks[:, 30:60, 40:90] = 1
    >>> encoded = network.encode(images)  # once an image
    >>> target = local_shift(encoded.log_saliency[0], masks, [2.0])  # as often as a slider moves
    >>> network(encoded, target[None]).shape
    torch.Size([1, 3, 128, 128])
    """

    def __init__(
        self,
        network: ImageNetwork,
        guide: Guide,
        settings: RunSettings,
        *,
        precision: str = "float32",
        device: torch.device | str = "cpu",
    ) -> None:
        if precision not in PRECISIONS:
            raise InputError(f"precision is {precision!r}; expected one of {', '.join(PRECISIONS)}")
        self.settings, self.device = settings, torch.device(device)
        self.dtype = PRECISIONS[precision]
        self.minimum_px, self.multiple_px = network.minimum_px, network.stride
        self.network = network.eval()
        if isinstance(network, FGTransform):
            self.network = FastFGTransform(network, self.dtype)
        # On processors instance normalisation is slow with the channels last, on GPUs convolutions
        # are fast with them.
        self._layout = (
            torch.channels_last if self.device.type == "cuda" else torch.contiguous_format
        )
        self.network.to(self.device).to(memory_format=self._layout)
        self.guide = guide.to(self.device).to(memory_format=self._layout)

    def compile(self) -> None:
        """Have torch compile guide and network at their first use."""
        self.network.compile()
        self.guide.compile()

    @torch.inference_mode()
    def encode(self, images: Tensor) -> EncodedImages:
        """Return what there is to know of images ``(B, 3, H, W)`` in [0, 1], for any target.

        Raises
        ------
        InputError
            If the network cannot change images of this size.
        """
        height, width = images.shape[-2:]
        multiple, least = self.multiple_px, self.minimum_px
        if height % multiple or width % multiple or min(height, width) < least:
            raise InputError(
                f"the image is {width} x {height} px; this network changes images whose sides are "
                f"multiples of {multiple} px, from {least} px on; resize it"
            )
        images = images.to(self.device, memory_format=self._layout)
        with self._autocast():
            features = self.guide(images)
        contribution = None
        if isinstance(self.network, FastFGTransform):
            contribution = self.network.contribution(features.guidance)
        return EncodedImages(images, features.log_saliency, contribution)

    @torch.inference_mode()
    def __call__(self, encoded: EncodedImages, target_log_saliency: Tensor) -> Tensor:
        """Change images so that they meet targets.

        Parameters
        ----------
        encoded
            The images, as `encode` returns them.
        target_log_saliency : Tensor (B, H, W)
            Un-normalised (`local_shift`, `global_scale`).

        Returns
        -------
        Tensor (B, 3, H, W)
            RGB in [0, 1], on the CPU.
        """
        target = relative_log_density(target_log_saliency.to(self.device).float())
        if isinstance(self.network, FastFGTransform):  # its weights have the precision already
            changed = self.network(encoded.images, target, encoded.contribution)
        else:
            with self._autocast():
                changed = self.network(encoded.images, target)
        return changed.float().cpu()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16
        )


def load_trained_network(
    name_or_file: str | Path, *, precision: str = "float32", device: torch.device | str = "cpu"
) -> TrainedNetwork:
    """Return a trained network for use.

    Parameters
    ----------
    name_or_file
        Name of a network that ships with the toolkit (``fgtransform-shift``,
        ``fgtransform-scale``), or a file of `train_network`.
    precision, device
        How precisely and where it is computed; see `TrainedNetwork`.

    Raises
    ------
    InputError
        If there is no such network or file, the file is truncated or of another kind, or its
        saliency model is absent.

    Examples
    --------
    >>> from manipulation import load_trained_network
    >>> load_trained_network("fgtransform-scale").settings.targets.manipulation.value
    'scale'
    """
    path = transform_file(name_or_file)
    guide = guide_of(read_run_settings_of(path).guide)
    checkpoint = load_checkpoint(path, guide)
    return TrainedNetwork(
        checkpoint.network, guide, checkpoint.settings, precision=precision, device=device
    )
