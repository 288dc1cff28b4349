"""Fixations on photographs at the size that a model sees, with the photographs or without.

Points are in image pixels, origin at the top-left corner.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from manipulation.saliency import readers
from manipulation.saliency.pictures import resized_photograph, resized_size
from stimuli.errors import InputError
from stimuli.files import image_size


@dataclass(frozen=True)
class FixationTable:
    """Fixations of several people on several photographs.

    Attributes
    ----------
    images
        File names in alphabetical order.
    image : ndarray (N,) of int
        Place in `images` of the photograph that was looked at.
    points : ndarray (N, 2)
        ``(x, y)`` in pixels of the photograph's file.
    subject : ndarray (N,) of str, or None
        None where the file has no such column.
    """

    images: tuple[str, ...]
    image: np.ndarray
    points: np.ndarray
    subject: np.ndarray | None

    def of_image(self, index: int) -> np.ndarray:
        """Return whether each fixation is on photograph `index`, ``(N,)``."""
        return self.image == index


def read_fixations(path: str | Path, folder: str | Path) -> FixationTable:
    """Read fixations in any of the layouts of `readers`, recognised by what `path` is.

    Parameters
    ----------
    path
        A comma-separated file, MIT1003's folder ``DATA``, SALICON's folder of ``.mat`` files or its
        ``.json``, or pysaliency's ``.hdf5``.
    folder
        Holds the photographs.

    Raises
    ------
    InputError
        If the file or the folder is missing or not of the layout that it seems to be, there is no
        fixation, a coordinate is no finite number, or a photograph is not there.
    """
    path, folder = Path(path), Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the folder with the photographs")
    if not path.exists():
        raise InputError(f"{path}: no such file; expected a table of fixations")
    names, points, subject = readers.reader_of(path)(path, folder)
    if not len(names):
        raise InputError(f"{path}: holds no fixation; expected one row a fixation")
    images, image = np.unique(names, return_inverse=True)
    for name in images.tolist():
        if not name or not (folder / name).is_file():
            raise InputError(
                f"{path}: image {name!r} is not in {folder}; "
                f"expected every image of the table as a file there"
            )
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise InputError(
            f"{path}: fixation {row + 1} (on {names[row]}) is at {tuple(points[row])}; "
            f"expected a number of pixels; leave out fixations without a position"
        )
    return FixationTable(tuple(images.tolist()), image, points, subject)


@dataclass(frozen=True)
class Viewed:
    """Fixations on a photograph at the size that a model sees.

    Attributes
    ----------
    name
        File name.
    size
        Height and width in pixels.
    points : ndarray (N, 2)
        ``(x, y)`` in these pixels.
    subject : ndarray (N,) of str, or None
        Who made each fixation.
    outside
        Fixations that were left out since they are not on the photograph.
    """

    name: str
    size: tuple[int, int]
    points: np.ndarray
    subject: np.ndarray | None
    outside: int = 0

    @property
    def relative_points(self) -> np.ndarray:
        """Points as parts of width and height, in [0, 1)."""
        return self.points / self.size[::-1]


def viewed_photographs(
    table: FixationTable, folder: str | Path, *, scale: float, minimum_px: int = 1
) -> Iterator[Viewed]:
    """Yield the fixations on each photograph, in the order of ``table.images``.

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
        yield _viewed(table, index, file_size, size)


def _viewed(
    table: FixationTable, index: int, file_size: tuple[int, int], size: tuple[int, int]
) -> Viewed:
    chosen = table.of_image(index)
    points = table.points[chosen]
    inside = ((points >= 0) & (points < file_size[::-1])).all(axis=1)
    return Viewed(
        name=table.images[index],
        size=size,
        points=points[inside] * (size[1] / file_size[1], size[0] / file_size[0]),
        subject=None if table.subject is None else table.subject[chosen][inside],
        outside=int((~inside).sum()),
    )


@dataclass(frozen=True)
class Photograph:
    """A photograph at the size that a model sees, with the fixations inside it.

    Attributes
    ----------
    name
        File name.
    image : Tensor (3, H, W)
        RGB in [0, 1].
    points : ndarray (N, 2)
        ``(x, y)`` in pixels of `image`.
    subject : ndarray (N,) of str, or None
        Who made each fixation.
    scale
        Pixels of `image` per pixel of the file.
    outside
        Fixations that were left out since they are not on the photograph.
    """

    name: str
    image: Tensor
    points: np.ndarray
    subject: np.ndarray | None
    scale: float
    outside: int


def photographs(
    table: FixationTable,
    folder: str | Path,
    *,
    scale: float | None = None,
    height_px: int = 512,
    minimum_px: int = 1,
    share: slice = slice(None),
) -> Iterator[Photograph]:
    """Yield the photographs of a table in the order of ``table.images``, one in memory at a time.

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
    """
    for index in range(len(table.images))[share]:
        image, file_size = resized_photograph(
            Path(folder) / table.images[index],
            scale=scale,
            height_px=height_px,
            minimum_px=minimum_px,
        )
        viewed = _viewed(table, index, file_size, tuple(image.shape[-2:]))
        yield Photograph(
            name=viewed.name,
            image=image,
            points=viewed.points,
            subject=viewed.subject,
            scale=height_px / file_size[0] if scale is None else scale,
            outside=viewed.outside,
        )


def cell_counts(points: np.ndarray, size: tuple[int, int], spacing_px: float = 1.0) -> Tensor:
    """Count points ``(N, 2)`` in a grid of cells, ``(rows, columns)`` float32.

    Points behind the last cell, where the image is no multiple of the spacing, count to it.
    """
    columns, rows = (points / spacing_px).astype(int).T
    counts = np.zeros(size, dtype=np.float32)
    np.add.at(counts, (rows.clip(0, size[0] - 1), columns.clip(0, size[1] - 1)), 1)
    return torch.from_numpy(counts)
