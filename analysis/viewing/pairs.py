"""What is compared: an image as it was and a version of it, and the region that was aimed at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from stimuli.support.errors import InputError


@dataclass(frozen=True, eq=False)
class ImagePair:
    """An original and one of its versions, by the names that the table of fixations has for them.

    Attributes
    ----------
    source
        Photograph that both come from; sources are drawn anew by the bootstrap.
    original, version
        Contents of the column ``image``.
    direction
        What the version was made for: pairs of one direction are summarised together.
    condition
        A further label; sources are drawn anew within it.

    Examples
    --------
    >>> from analysis import ImagePair
    >>> ImagePair("beach", "beach.png", "beach-more.png").direction
    'increase'
    """

    source: str
    original: str
    version: str
    direction: str = "increase"
    condition: str = "object"

    @property
    def images(self) -> tuple[str, str]:
        """The original and the version."""
        return self.original, self.version


@dataclass(frozen=True, eq=False)
class TargetPair(ImagePair):
    """An original and a version, with the region that gaze should be drawn to or kept from.

    Attributes
    ----------
    mask : array (height, width)
        Truth values over the image's pixels: whether the target is there. Of the same size for both
        images.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import TargetPair
    >>> mask = np.zeros((600, 800), bool)
    >>> mask[200:300, 400:550] = True
    >>> pair = TargetPair("beach", "beach.png", "beach-more.png", mask=mask)
    """

    mask: np.ndarray | None = None

    def __post_init__(self) -> None:
        mask = self.mask
        if mask is None or np.ndim(mask) != 2 or not np.any(mask) or mask.dtype != bool:
            found = "None" if mask is None else f"{np.shape(mask)}, {np.asarray(mask).dtype}"
            found += "" if mask is None or np.any(mask) else ", and true nowhere"
            raise InputError(
                f"mask of {self.source!r} is {found}; expected truth values (height, width), true "
                f"inside the target, such as mask > 127"
            )

    def holds(self, xy_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for points ``(n, 2)`` whether they lie on the target, and whether on the image."""
        assert self.mask is not None
        height, width = self.mask.shape
        columns, rows = np.floor(xy_px).astype(int).T
        on_image = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        on_target = self.mask[rows.clip(0, height - 1), columns.clip(0, width - 1)] & on_image
        return on_target, on_image


Pair = TypeVar("Pair", bound=ImagePair)
Key = tuple[str, str]  # condition and direction


def by_direction(pairs: Sequence[ImagePair]) -> dict[Key, np.ndarray]:
    """Return which pairs belong to each condition and direction, in their order."""
    groups: dict[Key, list[int]] = {}
    for place, pair in enumerate(pairs):
        groups.setdefault((pair.condition, pair.direction), []).append(place)
    return {key: np.array(places) for key, places in groups.items()}
