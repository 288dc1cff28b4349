"""Instance normalisation that keeps the layout of its maps in memory.

Each map of each image is brought to mean 0 and variance 1, then scaled and offset (Ulyanov, Vedaldi
& Lempitsky 2016). `torch.nn.functional.instance_norm` wants each map in one piece and copies maps
whose channels lie last, there and back; the functions here give the same values without copies:
group normalisation with one channel a group on processors, statistics and one pass over the maps
elsewhere.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from manipulation.networks import fused_normalisation


class InstanceNorm(nn.InstanceNorm2d):
    """`torch.nn.InstanceNorm2d` without running statistics, whatever the layout; same weights."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return the normalised maps ``(B, C, H, W)``."""
        if fused_normalisation.serves(maps):
            return fused_normalisation.normalised(maps, self.weight, self.bias, self.eps)
        return normalised(maps, self.weight, self.bias, self.eps)

    def rectified(self, maps: Tensor, added: Tensor | None = None) -> Tensor:
        """Return ``relu(norm(maps) + added)``, ``(B, C, H, W)``; `added` may be left out.

        On a GPU, where the channels lie last, this is one pass for the statistics and one for all
        the rest.
        """
        if fused_normalisation.serves(maps):
            return fused_normalisation.normalised(
                maps, self.weight, self.bias, self.eps, added, rectifies=True
            )
        values = self(maps)
        return functional.relu(values if added is None else values + added)


def normalised(maps: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
    """Return maps normalised one by one, in the layout and the precision that they have.

    Parameters
    ----------
    maps : Tensor (B, C, H, W)
        Of at least two pixels.
    weight, bias : Tensor (C,), optional
        Scale and offset of each channel.
    eps
        Is added to the variance.

    Raises
    ------
    ValueError
        If a map has one pixel, which has no variance.
    """
    if maps.shape[-2:].numel() < 2:
        raise ValueError(f"maps are {tuple(maps.shape)}; expected more than one pixel a map")
    if maps.device.type == "cpu":
        return functional.group_norm(maps, maps.shape[1], weight, bias, eps)
    if not maps.is_contiguous(memory_format=torch.channels_last):
        return functional.instance_norm(maps, weight=weight, bias=bias, eps=eps)
    return _by_statistics(maps, weight, bias, eps)


def _by_statistics(maps: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
    """Return what `normalised` returns, by operations that leave any layout as it is."""
    values = maps.float()
    variance, mean = torch.var_mean(values, dim=(2, 3), correction=0)  # (B, C)
    scale = torch.rsqrt(variance + eps)
    if weight is not None:
        scale = weight.float() * scale
    offset = -mean * scale
    if bias is not None:
        offset = bias.float() + offset
    values = torch.addcmul(offset[..., None, None], values, scale[..., None, None])
    return values.to(maps.dtype)
