"""How a region of a photograph differs from its surround, and what is usual among objects.

An edit that brings a region where hardly any object of a real photograph is has left the natural,
whatever it did. The comparison needs no original, so it is the same for every transform.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage
from skimage.color import rgb2lab

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
_SURROUND = 0.5  # width of the surround, as a share of the square root of the region's area
_FINE = 0.003  # Gaussian width above which detail is no longer fine, as a share of the side
_LEAST = 0.25  # lightness below which a deviation is noise of 8 bits
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
    width_px = max(2.0, _SURROUND * np.sqrt(inside.sum()))
    around = (ndimage.distance_transform_edt(~inside) <= width_px) & ~inside
    lab = rgb2lab(pixels)
    lightness = lab[..., 0]
    fine = lightness - ndimage.gaussian_filter(lightness, _FINE * max(inside.shape))

    def difference(values: np.ndarray) -> float:
        return float(values[inside].mean() - values[around].mean())

    def octaves(deviations: np.ndarray) -> float:
        one, other = (np.sqrt((deviations[where] ** 2).mean()) for where in (inside, around))
        return float(np.log2(max(one, _LEAST) / max(other, _LEAST)))

    centred = lightness - np.where(inside, lightness[inside].mean(), lightness[around].mean())
    return {
        "luminance": difference(lightness),
        "saturation": difference(np.hypot(lab[..., 1], lab[..., 2])),
        "redness": difference(lab[..., 1]),
        "warmth": difference(lab[..., 2]),
        "contrast": octaves(centred),
        "sharpness": octaves(fine),
    }


def usual_range(measured: Iterable[Mapping[str, float]], share: float = 0.01) -> UsualRange:
    """Return the range between two quantiles of the statistics of many objects.

    Raises
    ------
    InputError
        If there are fewer objects than the quantiles need: twice the inverse of `share`.
    """
    rows = list(measured)
    if len(rows) * share < 2:
        raise InputError(
            f"{len(rows)} objects were measured; expected at least {round(2 / share)}, since "
            f"{share:.0%} of them are beyond either end"
        )
    values = {name: np.array([row[name] for row in rows]) for name in STATISTICS}
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
