"""A trained network in use: look at an image once, then change it for one target after the other.

transform = load_transform("runs/shift/transform.safetensors")
look = transform.look(images)                               # once an image
target = local_shift(look.log_saliency[0], masks, [2.0])    # then, as often as a slider moves
changed = transform(look, target[None])
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from manipulation.training.settings import RunSettings
from manipulation.transforms.fast import FastFGTransform, Share
from manipulation.transforms.fgtransform import FGTransform, relative_log_density
from manipulation.transforms.files import (
    guide_of,
    load_trained,
    read_run_settings_of,
    transform_file,
)
from manipulation.transforms.guide import Guide
from stimuli.errors import InputError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class LookedAt:
    """Images and what there is to know of them for any target.

    Attributes
    ----------
    images : Tensor (B, 3, H, W)
        RGB in [0, 1].
    log_saliency : Tensor (B, H, W)
        Un-normalised, in nats, without centre bias; targets are made from it.
    share
        Of the features in FGTransform's first block; None for networks that see none.
    """

    images: Tensor
    log_saliency: Tensor
    share: Share | None


class Transform:
    """A trained network for use, without gradients.

    Parameters
    ----------
    network
        FGTransform, Resnet-9 or U-Net.
    guide
        That it was trained with.
    settings
        Of its training.
    precision
        ``float32``, or ``bfloat16`` for the convolutions of guide and network: about twice as fast
        where the processor has such arithmetic. Pixels then differ by about 0.002 in the mean.
    device
        Where to compute.
    """

    def __init__(
        self,
        network: nn.Module,
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
        fast = isinstance(network, FGTransform)
        network = FastFGTransform(network, self.dtype) if fast else network.eval()
        # On processors instance normalisation is slow with the channels last, on GPUs convolutions
        # are fast with them.
        self._layout = (
            torch.channels_last if self.device.type == "cuda" else torch.contiguous_format
        )
        self.network = network.to(self.device, memory_format=self._layout)
        self.guide = guide.to(self.device, memory_format=self._layout)

    def compile(self) -> None:
        """Have torch compile guide and network at their first use."""
        self.network.compile()
        self.guide.compile()

    @torch.inference_mode()
    def look(self, images: Tensor) -> LookedAt:
        """Look at images ``(B, 3, H, W)`` in [0, 1] once, for any number of targets.

        Raises
        ------
        InputError
            If the network cannot change images of this size.
        """
        height, width = images.shape[-2:]
        if (
            height % self.multiple_px
            or width % self.multiple_px
            or (min(height, width) < self.minimum_px)
        ):
            raise InputError(
                f"the image is {width} x {height} px; this network changes images whose sides are "
                f"multiples of {self.multiple_px} px, from {self.minimum_px} px on; resize it"
            )
        images = images.to(self.device, memory_format=self._layout)
        with self._autocast():
            look = self.guide(images)
        share = None
        if isinstance(self.network, FastFGTransform):
            share = self.network.share(look.guidance)
        return LookedAt(images, look.log_saliency, share)

    @torch.inference_mode()
    def __call__(self, look: LookedAt, target_log_saliency: Tensor) -> Tensor:
        """Change images so that they meet targets.

        Parameters
        ----------
        look
            Of the images.
        target_log_saliency : Tensor (B, H, W)
            Un-normalised (`targets.local_shift`, `targets.global_scale`).

        Returns
        -------
        Tensor (B, 3, H, W)
            RGB in [0, 1], on the CPU.
        """
        target = relative_log_density(target_log_saliency.to(self.device).float())
        if isinstance(self.network, FastFGTransform):  # its weights have the precision already
            changed = self.network(look.images, target, look.share)
        else:
            with self._autocast():
                changed = self.network(look.images, target)
        return changed.float().cpu()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16
        )


def load_transform(
    name_or_file: str | Path, *, precision: str = "float32", device: torch.device | str = "cpu"
) -> Transform:
    """Return a trained network for use.

    Parameters
    ----------
    name_or_file
        Name of a network that ships with the toolkit, or a file of ``manipulation.train``.
    precision, device
        As in `Transform`.

    Raises
    ------
    InputError
        If there is no such network or file, the file is truncated or of another kind, or its
        saliency model is not at hand.
    """
    path = transform_file(name_or_file)
    guide = guide_of(read_run_settings_of(path).guide)
    trained = load_trained(path, guide)
    return Transform(trained.network, guide, trained.settings, precision=precision, device=device)
