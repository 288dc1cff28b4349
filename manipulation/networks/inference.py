"""A trained network in use: encode an image once, then change it for one target after the other.

In come RGB images in [0, 1] and targets of un-normalised log saliency; out come changed images.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from manipulation.networks.captured import Captured
from manipulation.networks.compiled import compile_blocks
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
    device_output
        Whether results stay there; otherwise they come to the CPU.
    captured
        On a GPU, whether the work of a call is recorded at the first call with each size and batch
        and played back from then on (`Captured`); for networks and guides that never leave the
        device. Elsewhere it has no effect.

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
        device_output: bool = False,
        captured: bool = False,
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
        self.guide.store_weights_as(self.dtype)
        self.device_output = device_output
        self._see: Callable[..., tuple[Tensor, ...]] = self._seen
        self._change: Callable[..., tuple[Tensor, ...]] = self._changed
        if captured and self.device.type == "cuda":
            self._see, self._change = Captured(self._seen), Captured(self._changed)

    def compile(self) -> None:
        """Have torch compile guide and network at their first use, block by block."""
        compile_blocks(self.network)
        compile_blocks(self.guide)

    @torch.inference_mode()
    def encode(self, images: Tensor) -> EncodedImages:
        """Return what there is to know of images ``(B, 3, H, W)``, for any target.

        Images are RGB in [0, 1] or, a quarter of the bytes on their way to a GPU, of 8 bits.

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
        images = self._arrived(images)
        log_saliency, *summands = self._see(images)
        contribution = FeatureContribution(*summands) if summands else None
        return EncodedImages(images, log_saliency, contribution)

    def _seen(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return log saliency ``(B, H, W)`` and, for FGTransform, what features contribute."""
        with self._autocast():
            features = self.guide(images)
        if not isinstance(self.network, FastFGTransform):
            return (features.log_saliency,)
        contribution = self.network.contribution(features.guidance)
        return features.log_saliency, contribution.first, contribution.projection

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
            RGB in [0, 1], on the CPU unless `device_output` is set.
        """
        known = encoded.contribution
        summands = () if known is None else (known.first, known.projection)
        target = target_log_saliency.to(self.device, non_blocking=True)
        (changed,) = self._change(encoded.images, target, *summands)
        return changed if self.device_output else _on_the_cpu(changed)

    def _changed(self, images: Tensor, log_saliency: Tensor, *summands: Tensor) -> tuple[Tensor]:
        target = relative_log_density(log_saliency.float())
        if isinstance(self.network, FastFGTransform):  # its weights have the precision already
            changed = self.network(images, target, FeatureContribution(*summands))
        else:
            with self._autocast():
                changed = self.network(images, target)
        return (changed.float(),)

    def _arrived(self, images: Tensor) -> Tensor:
        """Return images in [0, 1] on the device, in the layout of the networks."""
        if self.device.type == "cuda" and images.device.type == "cpu":
            images = images.pin_memory().to(self.device, non_blocking=True)
        images = images.to(self.device)
        if images.dtype == torch.uint8:
            images = images.float() / 255
        return images.contiguous(memory_format=self._layout)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16
        )


def _on_the_cpu(values: Tensor) -> Tensor:
    """Return values in memory of the CPU; from a GPU through memory that it can write itself."""
    if values.device.type == "cpu":
        return values
    result = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    result.copy_(values, non_blocking=True)
    torch.cuda.current_stream(values.device).synchronize()
    return result


def load_trained_network(
    name_or_file: str | Path,
    *,
    precision: str = "float32",
    device: torch.device | str = "cpu",
    device_output: bool = False,
    captured: bool = False,
) -> TrainedNetwork:
    """Return a trained network for use.

    Parameters
    ----------
    name_or_file
        Name of a network that ships with the toolkit (``fgtransform-shift``,
        ``fgtransform-scale``), or a file of `train_network`.
    precision, device, device_output, captured
        How precisely, where and how it is computed; see `TrainedNetwork`.

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
        checkpoint.network,
        guide,
        checkpoint.settings,
        precision=precision,
        device=device,
        device_output=device_output,
        captured=captured,
    )
