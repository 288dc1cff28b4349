"""How a region of a photograph differs from its surround, and what is usual among objects.

An edit that brings a region where hardly any object of a real photograph is has left the natural,
whatever it did. The comparison needs no original, so it is the same for every transform.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from manipulation.images.gaussian import resample
from manipulation.images.photographs import to_image
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, write_json

# What is compared: the value inside the region less that in its surround.
STATISTICS = {
    "luminance": "mean lightness, in units of CIELAB",
    "saturation": "mean chroma, in units of CIELAB",
    "redness": "mean a* of CIELAB: red against green",
    "warmth": "mean b* of CIELAB: yellow against blue",
    "contrast": "standard deviation of lightness, in octaves",
    "sharpness": "root mean square of the fine detail of lightness, in octaves",
}
SURROUND = 0.5  # width of the surround, as a share of the square root of the region's area
_FINE = 0.003  # Gaussian width above which detail is no longer fine, as a share of the side
_LEAST = 0.25  # lightness below which a deviation is noise of 8 bits
_XYZ = (  # of linear sRGB
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
SLACK = 0.05  # of a range, by which an object that left it in its photograph may go on
SHIPPED = "coco128"
_WEIGHTS = Path(__file__).parents[1] / "weights" / "naturalness"
_FORMAT = "guiding-gaze range of statistics 1"


@dataclass(frozen=True)
class UsualRange:
    """The range of each statistic that all but a few objects of photographs have.

    Attributes
    ----------
    low, high
        By statistic.
    objects
        How many objects it was measured on.
    share
        Of them below `low`, and as many above `high`.
    """

    low: Mapping[str, float]
    high: Mapping[str, float]
    objects: int
    share: float

    def left(self, before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
        """Return by how much a change brought statistics out of the range, signed.

        What was outside before may go on by `SLACK` of the range, and is then not named.
        """
        was = self.outside(before)
        return {
            name: beyond
            for name, beyond in self.outside(after).items()
            if beyond * was.get(name, 0.0) <= 0  # it was inside, or beyond the other end
            or abs(beyond) > abs(was[name]) + self._slack(name)
        }

    def _slack(self, name: str) -> float:
        return SLACK * (self.high[name] - self.low[name])

    def outside(self, statistics: Mapping[str, float]) -> dict[str, float]:
        """Return by how much statistics leave the range, signed; those inside are left out."""
        found = {}
        for name, value in statistics.items():
            beyond = min(value - self.low[name], 0.0) + max(value - self.high[name], 0.0)
            if beyond:
                found[name] = beyond
        return found


def region_statistics(pixels: np.ndarray, region: np.ndarray) -> dict[str, float]:
    """Return how a region differs from its surround, by the names in `STATISTICS`.

    The surround is a band around the region, half as wide as the side of a square of its area.

    Parameters
    ----------
    pixels : ndarray (H, W, 3), uint8
    region : ndarray (H, W)
        Nonzero inside.

    Raises
    ------
    InputError
        If the sizes differ, or the region or its surround is empty.
    """
    inside = np.asarray(region) > 0
    if inside.shape != pixels.shape[:2]:
        raise InputError(
            f"region is {inside.shape} and pixels are {pixels.shape}; expected one size"
        )
    if not inside.any() or inside.all():
        raise InputError(
            f"region covers {inside.mean():.0%} of the image; expected something inside and outside"
        )
    parts = torch.from_numpy(np.stack([inside, surround(inside)]))
    found = statistics_of(to_image(pixels)[None], parts)[0].tolist()
    return dict(zip(STATISTICS, found, strict=True))


def window(inside: np.ndarray, margin_px: int) -> tuple[slice, slice]:
    """Return rows and columns of a region ``(H, W)`` with a margin, as far as there are any.

    What is computed of the margin alone need not be computed of the whole image. Of a region with
    nothing inside, all are returned.
    """
    if not inside.any():
        return slice(0, inside.shape[0]), slice(0, inside.shape[1])
    found = []
    for axis, length in enumerate(inside.shape):
        (there,) = np.nonzero(inside.any(axis=1 - axis))
        found.append(slice(max(0, there[0] - margin_px), min(length, there[-1] + 1 + margin_px)))
    return found[0], found[1]


def surround(inside: np.ndarray) -> np.ndarray:
    """Return the band ``(H, W)`` around a region, half as wide as the side of its square."""
    width_px = max(2.0, SURROUND * np.sqrt(inside.sum()))
    around = np.zeros_like(inside)
    near = window(inside, math.ceil(width_px))
    around[near] = (ndimage.distance_transform_edt(~inside[near]) <= width_px) & ~inside[near]
    return around


@dataclass(frozen=True, eq=False)
class ComparedMaps:
    """What the statistics of any region of images are taken from.

    Attributes
    ----------
    lab : Tensor (B, 3, H, W)
        Of CIELAB.
    fine : Tensor (B, H, W)
        The fine detail of lightness.
    """

    lab: Tensor
    fine: Tensor


def compared_maps(images: Tensor) -> ComparedMaps:
    """Return the maps of images ``(B, 3, H, W)``, RGB in [0, 1]; differentiable."""
    size = (images.shape[-2], images.shape[-1])
    lab = lab_of(images)
    return ComparedMaps(lab, lab[:, 0] - resample(lab[:, 0], _FINE * max(size), size=size))


def statistics_of(images: Tensor | ComparedMaps, parts: Tensor) -> Tensor:
    """Return the statistics ``(B, 6)`` of a region, in the order of `STATISTICS`; differentiable.

    Parameters
    ----------
    images : Tensor (B, 3, H, W), or their `compared_maps`
        RGB in [0, 1].
    parts : Tensor (2, H, W)
        1 inside the region, and in its surround.
    """
    maps = compared_maps(images) if isinstance(images, Tensor) else images
    lab, fine = maps.lab, maps.fine
    lightness = lab[:, 0]
    weights = parts / parts.sum(dim=(1, 2), keepdim=True)

    def means(maps: Tensor) -> Tensor:
        return torch.einsum("bhw,phw->bp", maps, weights)

    def difference(maps: Tensor) -> Tensor:
        inside, around = means(maps).unbind(dim=1)
        return inside - around

    def octaves(squares: Tensor) -> Tensor:
        inside, around = squares.clamp_min(_LEAST**2).log2().unbind(dim=1)
        return (inside - around) / 2

    chroma = (lab[:, 1:].square().sum(dim=1) + 1e-12).sqrt()
    variances = means(lightness.square()) - means(lightness).square()
    return torch.stack(
        [
            difference(lightness),
            difference(chroma),
            difference(lab[:, 1]),
            difference(lab[:, 2]),
            octaves(variances),
            octaves(means(fine.square())),
        ],
        dim=1,
    )


def lab_of(images: Tensor) -> Tensor:
    """Return sRGB images ``(B, 3, H, W)`` in [0, 1] in CIELAB for the white of D65."""
    linear = torch.where(
        images > 0.04045, ((images + 0.055) / 1.055).clamp_min(1e-4) ** 2.4, images / 12.92
    )
    red, green, blue = linear.unbind(dim=1)  # numbers, not a matrix: a GPU's is copied there
    relative = torch.stack(
        [(of_red * red + of_green * green + of_blue * blue) / (of_red + of_green + of_blue)
         for of_red, of_green, of_blue in _XYZ], dim=1,
    )  # fmt: skip
    cubes = torch.where(
        relative > 0.008856, relative.clamp_min(1e-6) ** (1 / 3), 7.787 * relative + 16 / 116
    )
    x, y, z = cubes.unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def usual_range(measured: Iterable[Mapping[str, float]], share: float = 0.01) -> UsualRange:
    """Return the range between two quantiles of the statistics of many objects.

    Raises
    ------
    InputError
        If there are fewer objects than the quantiles need, twice the inverse of `share`, or a
        statistic is the same of nearly all, as sharpness is on small images.
    """
    rows = list(measured)
    if len(rows) * share < 2:
        raise InputError(
            f"{len(rows)} objects were measured; expected at least {round(2 / share)}, since "
            f"{share:.0%} of them are beyond either end"
        )
    values = {name: np.array([row[name] for row in rows]) for name in STATISTICS}
    if same := [name for name, one in values.items()
                if not np.quantile(one, share) < np.quantile(one, 1 - share)]:  # fmt: skip
        raise InputError(
            f"{same[0]} is {np.median(values[same[0]]):g} of nearly all of {len(rows)} objects, so "
            f"no range can be told; expected objects that differ; measure on larger images, such "
            f"as 512 px"
        )
    return UsualRange(
        low={name: float(np.quantile(one, share)) for name, one in values.items()},
        high={name: float(np.quantile(one, 1 - share)) for name, one in values.items()},
        objects=len(rows),
        share=share,
    )


def save_usual_range(path: str | Path, usual: UsualRange, data: str) -> None:
    """Write a range as JSON, with what it was measured on, in words."""
    content = {"format": _FORMAT, "data": data, "definitions": STATISTICS, **asdict(usual)}
    write_json(path, content)


@cache
def load_usual_range(name_or_file: str) -> UsualRange:
    """Return the range that ships (``coco128``), or one of `save_usual_range`.

    Raises
    ------
    InputError
        If there is no such file, or it is of another kind.
    """
    path = _WEIGHTS / "coco128.json" if name_or_file == SHIPPED else Path(name_or_file)
    if not path.is_file():
        raise InputError(
            f"manipulation.usual is {name_or_file!r}; expected {SHIPPED}, or an existing file of "
            f"manipulation.natural_statistics"
        )
    content: Any = read_json(path)
    try:
        ends = [{name: float(content[end][name]) for name in STATISTICS} for end in ("low", "high")]
        usual = UsualRange(ends[0], ends[1], int(content["objects"]), float(content["share"]))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{path}: is no range of statistics ({type(error).__name__}: {error}); expected a file "
            f"of manipulation.natural_statistics"
        ) from None
    if wrong := [name for name in STATISTICS if not usual.low[name] < usual.high[name]]:
        raise InputError(
            f"{path}: {wrong[0]} is from {usual.low[wrong[0]]:g} to {usual.high[wrong[0]]:g}; "
            f"expected the lower end first"
        )
    return usual
