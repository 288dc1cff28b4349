"""Normalise, add and rectify maps whose channels lie last, in two passes over memory, on a GPU.

The first pass gives mean and sum of squared deviations of parts of each map, the second one scales,
offsets, adds and rectifies. What parts have in common is reckoned in between by a kernel of its
own: twenty small operators of torch took longer than the passes. The gradient takes two passes
too. Written in Triton (`fused_kernels`), which comes with torch where there is a GPU; without it,
`serves` says no. Triton's interpreter runs the same kernels on a processor.
"""

import functools
import os
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

try:
    import triton

    from manipulation.networks import fused_kernels as kernels
except ImportError:  # torch for processors alone brings no Triton
    triton = None

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
_TILE = 64, 64  # pixels and channels of one step of a program
_PARTS = 128, 16  # parts and channels of one step of a program that combines parts
_PROGRAMS = 512  # that at least share the first pass, so that no multiprocessor is idle


def serves(maps: Tensor) -> bool:
    """Return whether `normalised` can be called with these maps ``(B, C, H, W)``."""
    if triton is None or torch.compiler.is_compiling():
        return False
    if not maps.is_contiguous(memory_format=torch.channels_last):
        return False
    return INTERPRETED or (maps.is_cuda and _works(maps.device))


@functools.cache
def _works(device: torch.device) -> bool:
    """Return whether Triton builds the kernels, for which it wants a C compiler; warn if not.

    That their values and gradients are right is seen on small maps, since no other run of a
    training on a new device would tell.
    """
    try:
        with torch.inference_mode(False), torch.enable_grad():
            maps = torch.rand(2, 3, 5, 7, device=device).to(memory_format=torch.channels_last)
            maps.requires_grad_()
            found = normalised(maps, None, None, 1e-5, maps, rectifies=True)
            expected = functional.relu(functional.instance_norm(maps) + maps)
            slope, wanted = (
                torch.autograd.grad(one.square().sum(), maps)[0] for one in (found, expected)
            )
            for one, other in ((found, expected), (slope, wanted)):
                if not torch.allclose(one, other, rtol=1e-3, atol=1e-3):
                    raise RuntimeError("its values are wrong")
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        warnings.warn(
            f"instance normalisation on {device} is torch's own, which is slower, since Triton "
            f"does not work here ({type(error).__name__}: {reason})",
            stacklevel=2,
        )
        return False
    return True


def normalised(
    maps: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    added: Tensor | None = None,
    *,
    rectifies: bool = False,
) -> Tensor:
    """Return ``norm(maps) + added``, rectified or not.

    Parameters
    ----------
    maps : Tensor (B, C, H, W)
        With the channels last in memory; `serves` says whether they can be used.
    weight, bias : Tensor (C,), optional
        Scale and offset of each channel.
    eps
        Is added to the variance.
    added : Tensor (B, C, H, W), optional
        Is added before the rectifier.
    rectifies
        Whether what is below 0 becomes 0.

    Returns
    -------
    Tensor (B, C, H, W)
        In the layout and the precision of `maps`; statistics are of 32 bits.
    """
    if torch.is_grad_enabled():
        return _Normalised.apply(maps, weight, bias, eps, added, rectifies)
    return _applied(maps, _statistics(maps, weight, bias, eps), added, rectifies)


@dataclass(frozen=True)
class _Statistics:
    """Of each map, ``(B, C)`` with 32 bits: ``maps * scale + offset`` is what is returned."""

    mean: Tensor
    inverse: Tensor  # of the standard deviation
    scale: Tensor
    offset: Tensor


class _Normalised(torch.autograd.Function):
    """`normalised` with its gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        maps: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        eps: float,
        added: Tensor | None,
        rectifies: bool,
    ) -> Tensor:
        found = _statistics(maps, weight, bias, eps)
        result = _applied(maps, found, added, rectifies)
        ctx.save_for_backward(
            maps, weight, result if rectifies else maps, found.mean, found.inverse
        )
        ctx.types = [None if one is None else one.dtype for one in (weight, bias, added)]
        ctx.rectifies = rectifies
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        maps, weight, result, mean, inverse = ctx.saved_tensors
        of_weight, of_bias, of_added = ctx.types
        gradient = _like(gradients[0], maps)
        count, channels, pixels, parts, each = _shares(maps)
        sums = maps.new_empty(2, count, parts, channels, dtype=torch.float32)
        to_maps = torch.empty_like(maps)
        to_added = maps if of_added is None else torch.empty_like(maps)
        with torch.cuda.device_of(maps):
            kernels.gradient_sums[(count, parts, triton.cdiv(channels, _TILE[1]))](
                maps, result, gradient, mean, inverse, *sums,
                pixels, channels, parts, each, ctx.rectifies, *_TILE,
            )  # fmt: skip
            totals = sums.sum(dim=2)  # (2, B, C)
            kernels.gradient_of_maps[_tiles(maps)](
                maps, result, gradient, weight, mean, inverse, *totals, to_maps, to_added,
                pixels, channels, of_added is not None, ctx.rectifies, *_TILE,
            )  # fmt: skip
        to_bias, to_weight = totals.sum(dim=1)
        return (
            to_maps,
            None if of_weight is None else to_weight.to(of_weight),
            None if of_bias is None else to_bias.to(of_bias),
            None,
            None if of_added is None else to_added.to(of_added),
            None,
        )


def _like(values: Tensor, maps: Tensor) -> Tensor:
    return values.to(maps.dtype).contiguous(memory_format=torch.channels_last)


def _tiles(maps: Tensor) -> tuple[int, int, int]:
    """Return programs by tiles, images and channels.

    Tiles first: of the others there may be 65,535, which 4 million pixels exceed.
    """
    count, channels, height, width = maps.shape
    return triton.cdiv(height * width, _TILE[0]), count, triton.cdiv(channels, _TILE[1])


def _shares(maps: Tensor) -> tuple[int, int, int, int, int]:
    """Return images, channels, pixels, the parts that each map is summed in, and their pixels."""
    count, channels, height, width = maps.shape
    pixels, step = height * width, _TILE[0]
    programs = count * triton.cdiv(channels, _TILE[1])
    parts = min(triton.cdiv(_PROGRAMS, programs), triton.cdiv(pixels, step))
    each = triton.cdiv(triton.cdiv(pixels, parts), step) * step
    return count, channels, pixels, triton.cdiv(pixels, each), each


def _statistics(
    maps: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> _Statistics:
    count, channels, pixels, parts, each = _shares(maps)
    of_parts = maps.new_empty(2, count, parts, channels, dtype=torch.float32)
    found = maps.new_empty(4, count, channels, dtype=torch.float32)
    with torch.cuda.device_of(maps):  # Triton launches on the current device
        kernels.statistics[(count, parts, triton.cdiv(channels, _TILE[1]))](
            maps, *of_parts, pixels, channels, parts, each, *_TILE
        )
        kernels.combine[(count, triton.cdiv(channels, _PARTS[1]))](
            *of_parts, weight, bias, *found, pixels, channels, parts, each, eps, *_PARTS
        )
    return _Statistics(*found)


def _applied(maps: Tensor, found: _Statistics, added: Tensor | None, rectifies: bool) -> Tensor:
    result = torch.empty_like(maps)
    adds = added is not None
    summand = maps if added is None else _like(added, maps)
    with torch.cuda.device_of(maps):
        kernels.apply[_tiles(maps)](
            maps, found.scale, found.offset, summand, result,
            maps.shape[-2:].numel(), maps.shape[1], adds, rectifies, *_TILE,
        )  # fmt: skip
    return result
