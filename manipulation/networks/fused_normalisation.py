"""Normalise, add and rectify maps whose channels lie last, in two passes over memory, on a GPU.

The first pass gives mean and sum of squared deviations of parts of each map, the second one scales,
offsets, adds and rectifies. What parts have in common is reckoned in between by a kernel of its
own: twenty small operators of torch took longer than the passes. Written in Triton, which comes with torch where there is a GPU; without
it, `serves` says no. Triton's interpreter runs the same kernels on a processor.
"""

import functools
import os
import warnings

import torch
from torch import Tensor

try:
    import triton
    import triton.language as tl
except ImportError:  # torch for processors alone brings none
    triton = None

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
_PIXELS, _CHANNELS = 64, 64  # of one step of a program
_PARTS, _CHANNELS_OF_PARTS = 128, 16  # of one step of a program that combines parts
_PROGRAMS = 512  # that at least share the first pass, so that no multiprocessor is idle


def serves(maps: Tensor) -> bool:
    """Return whether `rectified` can be called with these maps ``(B, C, H, W)``."""
    if triton is None or torch.is_grad_enabled():
        return False
    if not maps.is_contiguous(memory_format=torch.channels_last):
        return False
    return INTERPRETED or (maps.is_cuda and _works(maps.device))


@functools.cache
def _works(device: torch.device) -> bool:
    """Return whether Triton can build the kernels, for which it wants a C compiler; warn if not."""
    maps = torch.ones(1, 2, 2, 2, device=device).to(memory_format=torch.channels_last)
    try:
        rectified(maps, None, None, 1e-5, maps)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        warnings.warn(
            f"instance normalisation on {device} is torch's own, which is slower, since Triton "
            f"does not work here ({type(error).__name__}: {reason})",
            stacklevel=2,
        )
        return False
    return True


def rectified(
    maps: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, added: Tensor | None
) -> Tensor:
    """Return ``relu(norm(maps) + added)``, without gradients.

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

    Returns
    -------
    Tensor (B, C, H, W)
        In the layout and the precision of `maps`; statistics are of 32 bits.
    """
    scale, offset = _scale_and_offset(maps, weight, bias, eps)
    result = torch.empty_like(maps)
    count, channels, height, width = maps.shape
    if added is not None:
        added = added.to(maps.dtype).contiguous(memory_format=torch.channels_last)
    grid = (  # tiles first: of the others there may be 65,535, which 4 million pixels exceed
        triton.cdiv(height * width, _PIXELS),
        count,
        triton.cdiv(channels, _CHANNELS),
    )
    with torch.cuda.device_of(maps):  # Triton launches on the current device
        _apply[grid](
            maps, scale, offset, maps if added is None else added, result,
            height * width, channels, added is not None, _PIXELS, _CHANNELS,
        )  # fmt: skip
    return result


def _scale_and_offset(
    maps: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor]:
    """Return ``(B, C)`` each, so that ``maps * scale + offset`` is normalised."""
    count, channels, height, width = maps.shape
    pixels = height * width
    blocks = triton.cdiv(channels, _CHANNELS)
    parts = min(triton.cdiv(_PROGRAMS, count * blocks), triton.cdiv(pixels, _PIXELS))
    each = triton.cdiv(triton.cdiv(pixels, parts), _PIXELS) * _PIXELS
    parts = triton.cdiv(pixels, each)
    means, squares = maps.new_empty(2, count, parts, channels, dtype=torch.float32).unbind()
    scale, offset = maps.new_empty(2, count, channels, dtype=torch.float32).unbind()
    with torch.cuda.device_of(maps):
        _statistics[(count, parts, blocks)](
            maps, means, squares, pixels, channels, parts, each, _PIXELS, _CHANNELS
        )
        _combine[(count, triton.cdiv(channels, _CHANNELS_OF_PARTS))](
            means, squares, weight, bias, scale, offset,
            pixels, channels, parts, each, eps, _PARTS, _CHANNELS_OF_PARTS,
        )  # fmt: skip
    return scale, offset


if triton is not None:

    @triton.jit(do_not_specialize=["parts"])  # or each number of them would be compiled
    def _statistics(
        maps, means, squares, pixels, channels, parts, each,
        PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
    ):  # fmt: skip
        """Write mean and summed squared deviation of one part of the maps of some channels."""
        image, part, block = tl.program_id(0), tl.program_id(1), tl.program_id(2)
        channel = block * CHANNELS + tl.arange(0, CHANNELS)
        known = channel < channels
        first = part * each
        last = tl.minimum(first + each, pixels)
        start = maps + image.to(tl.int64) * pixels * channels
        total = tl.zeros((CHANNELS,), dtype=tl.float32)
        for begin in range(first, last, PIXELS):
            pixel = begin + tl.arange(0, PIXELS)
            there = (pixel < last)[:, None] & known[None, :]
            values = tl.load(start + pixel[:, None] * channels + channel[None, :], there, other=0.0)
            total += tl.sum(values.to(tl.float32), axis=0)
        mean = total / (last - first)
        deviations = tl.zeros((CHANNELS,), dtype=tl.float32)
        for begin in range(first, last, PIXELS):
            pixel = begin + tl.arange(0, PIXELS)
            there = (pixel < last)[:, None] & known[None, :]
            values = tl.load(start + pixel[:, None] * channels + channel[None, :], there, other=0.0)
            away = tl.where(there, values.to(tl.float32) - mean[None, :], 0.0)
            deviations += tl.sum(away * away, axis=0)
        place = (image * parts + part) * channels + channel
        tl.store(means + place, mean, known)
        tl.store(squares + place, deviations, known)

    @triton.jit(do_not_specialize=["parts"])  # or each number of them would be compiled
    def _combine(
        means, squares, weight, bias, scale, offset, pixels, channels, parts, each, eps,
        PARTS: tl.constexpr, CHANNELS: tl.constexpr,
    ):  # fmt: skip
        """Write what normalises the maps of some channels: scale and offset.

        Mean and deviations of parts are joined as by Chan, Golub & LeVeque (1983).
        """
        image, block = tl.program_id(0), tl.program_id(1)
        channel = block * CHANNELS + tl.arange(0, CHANNELS)
        known = channel < channels
        mean = tl.zeros((CHANNELS,), dtype=tl.float32)
        deviations = tl.zeros((CHANNELS,), dtype=tl.float32)
        seen = 0.0
        for begin in range(0, parts, PARTS):
            part = begin + tl.arange(0, PARTS)
            there = (part < parts)[:, None] & known[None, :]
            size = tl.where(part < parts, tl.minimum(each, pixels - part * each), 0)
            size = size.to(tl.float32)
            place = (image * parts + part)[:, None] * channels + channel[None, :]
            some = tl.load(means + place, there, other=0.0)
            count = tl.sum(size, axis=0)
            joint = tl.sum(some * size[:, None], axis=0) / count
            away = some - joint[None, :]
            inside = tl.load(squares + place, there, other=0.0)
            between = tl.sum(inside + away * away * size[:, None], axis=0)
            change = joint - mean
            deviations += between + change * change * (seen * count / (seen + count))
            mean += change * (count / (seen + count))
            seen += count
        factor = 1.0 / tl.sqrt(deviations / pixels + eps)
        if weight is not None:
            factor *= tl.load(weight + channel, known, other=0.0).to(tl.float32)
        shift = -mean * factor
        if bias is not None:
            shift += tl.load(bias + channel, known, other=0.0).to(tl.float32)
        tl.store(scale + image * channels + channel, factor, known)
        tl.store(offset + image * channels + channel, shift, known)

    @triton.jit
    def _apply(
        maps, scale, offset, added, result, pixels, channels,
        ADDS: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
    ):  # fmt: skip
        """Write ``relu(maps * scale + offset + added)`` of some pixels and channels."""
        tile, image, block = tl.program_id(0), tl.program_id(1), tl.program_id(2)
        channel = block * CHANNELS + tl.arange(0, CHANNELS)
        known = channel < channels
        pixel = tile * PIXELS + tl.arange(0, PIXELS)
        there = (pixel < pixels)[:, None] & known[None, :]
        place = image.to(tl.int64) * pixels * channels
        place = place + pixel[:, None] * channels + channel[None, :]
        factor = tl.load(scale + image * channels + channel, known, other=0.0)
        shift = tl.load(offset + image * channels + channel, known, other=0.0)
        values = tl.load(maps + place, there, other=0.0).to(tl.float32)
        values = values * factor[None, :] + shift[None, :]
        if ADDS:
            values += tl.load(added + place, there, other=0.0).to(tl.float32)
        values = tl.where(values < 0.0, 0.0, values)  # what is no number stays so
        tl.store(result + place, values.to(result.dtype.element_ty), there)
