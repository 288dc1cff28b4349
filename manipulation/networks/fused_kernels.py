"""What a GPU does to normalise maps whose channels lie last; `fused_normalisation` calls it.

Maps are ``(B, C, H, W)``, with ``H W`` pixels. Sums over pixels are made in parts, many programs a
map, and joined afterwards; all that is summed has 32 bits.
"""

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["parts"])  # or each number of them would be compiled
def statistics(
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
def combine(
    means, squares, weight, bias, mean_of_all, inverse, scale, offset,
    pixels, channels, parts, each, eps,
    PARTS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """Write mean and inverse deviation of the maps of some channels, and scale and offset.

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
    result = image * channels + channel
    tl.store(mean_of_all + result, mean, known)
    tl.store(inverse + result, factor, known)
    if weight is not None:
        factor *= tl.load(weight + channel, known, other=0.0).to(tl.float32)
    shift = -mean * factor
    if bias is not None:
        shift += tl.load(bias + channel, known, other=0.0).to(tl.float32)
    tl.store(scale + result, factor, known)
    tl.store(offset + result, shift, known)


@triton.jit
def apply(
    maps, scale, offset, added, result, pixels, channels,
    ADDS: tl.constexpr, RECTIFIES: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
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
    if RECTIFIES:
        values = tl.where(values < 0.0, 0.0, values)  # what is no number stays so
    tl.store(result + place, values.to(result.dtype.element_ty), there)


@triton.jit(do_not_specialize=["parts"])
def gradient_sums(
    maps, result, gradient, mean, inverse, sums, products, pixels, channels, parts, each,
    RECTIFIES: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """Write the sums over one part of the gradient, and of its product with normalised maps."""
    image, part, block = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    channel = block * CHANNELS + tl.arange(0, CHANNELS)
    known = channel < channels
    first = part * each
    last = tl.minimum(first + each, pixels)
    start = image.to(tl.int64) * pixels * channels
    centre = tl.load(mean + image * channels + channel, known, other=0.0)
    factor = tl.load(inverse + image * channels + channel, known, other=0.0)
    total = tl.zeros((CHANNELS,), dtype=tl.float32)
    product = tl.zeros((CHANNELS,), dtype=tl.float32)
    for begin in range(first, last, PIXELS):
        pixel = begin + tl.arange(0, PIXELS)
        there = (pixel < last)[:, None] & known[None, :]
        place = start + pixel[:, None] * channels + channel[None, :]
        slope = tl.load(gradient + place, there, other=0.0).to(tl.float32)
        if RECTIFIES:
            slope = tl.where(tl.load(result + place, there, other=0.0) > 0.0, slope, 0.0)
        values = tl.load(maps + place, there, other=0.0).to(tl.float32)
        total += tl.sum(slope, axis=0)
        product += tl.sum(slope * (values - centre[None, :]), axis=0)
    place = (image * parts + part) * channels + channel
    tl.store(sums + place, total, known)
    tl.store(products + place, product * factor, known)


@triton.jit
def gradient_of_maps(
    maps, result, gradient, weight, mean, inverse, sums, products, of_maps, of_added,
    pixels, channels,
    ADDS: tl.constexpr, RECTIFIES: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """Write the gradient in the maps, and in what was added, of some pixels and channels.

    ``inverse * weight * (g - mean of g - normalised * mean of (g * normalised))``
    """
    tile, image, block = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    channel = block * CHANNELS + tl.arange(0, CHANNELS)
    known = channel < channels
    pixel = tile * PIXELS + tl.arange(0, PIXELS)
    there = (pixel < pixels)[:, None] & known[None, :]
    place = image.to(tl.int64) * pixels * channels
    place = place + pixel[:, None] * channels + channel[None, :]
    of_channel = image * channels + channel
    centre = tl.load(mean + of_channel, known, other=0.0)
    factor = tl.load(inverse + of_channel, known, other=0.0)
    level = tl.load(sums + of_channel, known, other=0.0) / pixels
    tilt = factor * tl.load(products + of_channel, known, other=0.0) / pixels
    if weight is not None:
        factor *= tl.load(weight + channel, known, other=0.0).to(tl.float32)
    slope = tl.load(gradient + place, there, other=0.0).to(tl.float32)
    if RECTIFIES:
        slope = tl.where(tl.load(result + place, there, other=0.0) > 0.0, slope, 0.0)
    if ADDS:
        tl.store(of_added + place, slope.to(of_added.dtype.element_ty), there)
    away = tl.load(maps + place, there, other=0.0).to(tl.float32) - centre[None, :]
    values = factor[None, :] * (slope - level[None, :] - away * tilt[None, :])
    tl.store(of_maps + place, values.to(of_maps.dtype.element_ty), there)
