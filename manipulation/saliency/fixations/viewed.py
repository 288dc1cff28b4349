"""The record of fixations on one photograph, at the size that a model sees.

From a table of fixations and a folder of photographs come such records, one a photograph: for
fitting, for training networks and for scoring alike. Points are in pixels of that size, origin at
the top-left corner.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from manipulation.images.sizes import halved, resized_photograph, resized_size, to_bytes
from manipulation.saliency.fixations.table import FixationTable
from stimuli.support.errors import InputError
from stimuli.support.files import image_size


@dataclass(frozen=True, eq=False)
class ViewedPhotograph:
    """A photograph with the fixations inside it.

    Attributes
    ----------
    name
        File name.
    size
        Height and width in pixels.
    points : ndarray (N, 2)
        Fixations ``(x, y)`` in these pixels.
    subject : ndarray (N,) of str, or None
        Who made each fixation; None where it is not known.
    scale
        Pixels here per pixel of the file.
    outside
        Fixations that were left out since they are beside the photograph.
    pixels : Tensor (3, H, W) of uint8, or None
        RGB; None where only the fixations are needed.
    features : Tensor (channels, h, w) of float16, or None
        What a feature extractor makes of the photograph, for fits that need nothing else of it.
    """

    name: str
    size: tuple[int, int]
    points: np.ndarray
    subject: np.ndarray | None = None
    scale: float = 1.0
    outside: int = 0
    pixels: Tensor | None = None
    features: Tensor | None = None

    @property
    def relative_points(self) -> np.ndarray:
        """Fixations as parts of width and height, in [0, 1)."""
        return self.points / self.size[::-1]

    @property
    def known_pixels(self) -> Tensor:
        """The pixels.

        Raises
        ------
        ValueError
            If the photograph was left behind.
        """
        if self.pixels is None:
            raise ValueError(f"{self.name}: has no pixels; expected a record that was read whole")
        return self.pixels

    @property
    def known_features(self) -> Tensor:
        """The features.

        Raises
        ------
        ValueError
            If they were not computed.
        """
        if self.features is None:
            raise ValueError(f"{self.name}: has no features; expected a record of with_features")
        return self.features

    @property
    def image(self) -> Tensor:
        """The photograph as RGB in [0, 1], ``(3, H, W)``."""
        return self.known_pixels.float() / 255

    @cached_property
    def half_pixels(self) -> Tensor:
        """The photograph at half its size, uint8; computed once."""
        return to_bytes(halved(self.image[None])[0])


def viewed_photographs(
    table: FixationTable, folder: str | Path, *, scale: float, minimum_px: int = 1
) -> Iterator[ViewedPhotograph]:
    """Yield the fixations on each photograph, without its pixels, as ``table.images`` are ordered.

    Only the headers of the files are read.

    Parameters
    ----------
    scale, minimum_px
        As in `resized_photograph`.

    Raises
    ------
    InputError
        As `resized_photograph`.
    """
    for index, name in enumerate(table.images):
        file_size = image_size(Path(folder) / name)
        size = resized_size(Path(folder) / name, file_size, scale=scale, minimum_px=minimum_px)
        yield _viewed(table, index, file_size, size, scale)


def photographs(
    table: FixationTable,
    folder: str | Path,
    *,
    scale: float | None = None,
    height_px: int = 512,
    minimum_px: int = 1,
    share: slice = slice(None),
) -> Iterator[ViewedPhotograph]:
    """Yield each photograph with its pixels, as ``table.images`` are ordered, read one at a time.

    Parameters
    ----------
    scale, height_px, minimum_px
        As in `resized_photograph`.
    share
        Which of the photographs.

    Raises
    ------
    InputError
        As `resized_photograph`.

    Examples
    --------
    >>> from manipulation import photographs, read_fixations
    >>> table = read_fixations("osie/fixations.csv", "osie/images")  # doctest: +SKIP
    >>> for viewed in photographs(table, "osie/images", height_px=512):  # doctest: +SKIP
    ...     print(viewed.name, viewed.image.shape, len(viewed.points))
    """
    for index in range(len(table.images))[share]:
        image, file_size = resized_photograph(
            Path(folder) / table.images[index],
            scale=scale,
            height_px=height_px,
            minimum_px=minimum_px,
        )
        height, width = image.shape[-2:]
        factor = height_px / file_size[0] if scale is None else scale
        yield _viewed(table, index, file_size, (height, width), factor, to_bytes(image))


def _viewed(
    table: FixationTable,
    index: int,
    file_size: tuple[int, int],
    size: tuple[int, int],
    scale: float,
    pixels: Tensor | None = None,
) -> ViewedPhotograph:
    chosen = table.of_image(index)
    points = table.points[chosen]
    inside = ((points >= 0) & (points < file_size[::-1])).all(axis=1)
    return ViewedPhotograph(
        name=table.images[index],
        size=size,
        points=points[inside] * (size[1] / file_size[1], size[0] / file_size[0]),
        subject=None if table.subject is None else table.subject[chosen][inside],
        scale=scale,
        outside=int((~inside).sum()),
        pixels=pixels,
    )


def only_fixated(
    everything: Iterable[ViewedPhotograph], table: FixationTable, *, least: int, expected: str
) -> tuple[list[ViewedPhotograph], int]:
    """Return the photographs that have fixations, and how many fixations are beside any of them.

    Parameters
    ----------
    everything
        All photographs of the table.
    least, expected
        How many with fixations there must be, and the same in words.

    Raises
    ------
    InputError
        If there are fewer.
    """
    kept, outside = [], 0
    for one in everything:
        outside += one.outside
        if len(one.points):
            kept.append(one)
    if len(kept) < least:
        raise InputError(
            f"{table.path or 'table of fixations'}: {len(kept)} images have fixations inside "
            f"({outside} fixations are outside); expected {expected}"
        )
    return kept, outside


def cell_counts(points: np.ndarray, size: tuple[int, int], spacing_px: float = 1.0) -> Tensor:
    """Count points ``(N, 2)`` in a grid of cells, ``(rows, columns)`` float32.

    Points behind the last cell, where the image is no multiple of the spacing, count to it.
    """
    columns, rows = (points / spacing_px).astype(int).T
    counts = np.zeros(size, dtype=np.float32)
    np.add.at(counts, (rows.clip(0, size[0] - 1), columns.clip(0, size[1] - 1)), 1)
    return torch.from_numpy(counts)


def relative_counts(one: ViewedPhotograph, grid: tuple[int, int]) -> Tensor:
    """Return the fixations per cell of a grid that tiles the photograph, ``(rows, columns)``."""
    return cell_counts(one.relative_points * grid[::-1], grid)
