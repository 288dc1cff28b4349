"""Tables of fixations on photographs, and the photographs themselves.

A comma-separated file with the columns ``image``, ``x_px``, ``y_px`` and, where given, ``subject``
and ``index`` comes in; points in image pixels come out, origin at the top-left corner.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from stimuli.errors import InputError, nearest
from stimuli.files import read_image

COLUMNS = ("image", "x_px", "y_px")


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
    """Read a table of fixations and check that its photographs are there.

    Parameters
    ----------
    path
        Comma-separated file with a header.
    folder
        Holds the photographs that the column ``image`` names.

    Raises
    ------
    InputError
        If the file or the folder is missing, a column is missing, there is no fixation, a
        coordinate is no finite number, or a photograph is not there.
    """
    path, folder = Path(path), Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the folder with the photographs")
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            _check_columns(path, header)
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected a table of fixations") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no comma-separated text in UTF-8 ({error})") from None
    if not rows:
        raise InputError(f"{path}: holds no fixation; expected one row a fixation")

    points = np.array([[_number(path, line, row, c) for c in COLUMNS[1:]] for line, row in rows])
    names = [row["image"] or "" for _, row in rows]
    images = tuple(sorted(set(names)))
    for name in images:
        if not name or not (folder / name).is_file():
            raise InputError(
                f"{path}: image {name!r} is not in {folder}; "
                f"expected every image of the table as a file there"
            )
    place = {name: index for index, name in enumerate(images)}
    subject = np.array([row["subject"] for _, row in rows]) if "subject" in header else None
    return FixationTable(images, np.array([place[name] for name in names]), points, subject)


def _check_columns(path: Path, header: list[str]) -> None:
    for column in COLUMNS:
        if column not in header:
            raise InputError(
                f"{path}: has no column {column!r}; expected a header with {', '.join(COLUMNS)}"
                f"{nearest(column, header)}"
            )


def _number(path: Path, line: int, row: dict[str, str | None], column: str) -> float:
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{path}, line {line}: {column} is {row[column]!r}; expected a number of pixels; "
            f"leave out rows without a position"
        )
    return value


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
    table: FixationTable, folder: str | Path, *, scale: float | None = None, height_px: int = 512
) -> Iterator[Photograph]:
    """Yield the photographs of a table in the order of ``table.images``, one in memory at a time.

    Parameters
    ----------
    scale
        Factor on height and width; without it each photograph is resized to `height_px`.

    Raises
    ------
    InputError
        If a photograph cannot be read.
    """
    for index, name in enumerate(table.images):
        pixels = read_image(Path(folder) / name)
        height, width = pixels.shape[:2]
        factor = height_px / height if scale is None else scale
        size = (max(1, round(height * factor)), max(1, round(width * factor)))
        chosen = table.of_image(index)
        points = table.points[chosen]
        inside = ((points >= 0) & (points < (width, height))).all(axis=1)
        yield Photograph(
            name=name,
            image=to_tensor(pixels, size),
            points=points[inside] * (size[1] / width, size[0] / height),
            subject=None if table.subject is None else table.subject[chosen][inside],
            scale=factor,
            outside=int((~inside).sum()),
        )


def to_tensor(pixels: np.ndarray, size: tuple[int, int]) -> Tensor:
    """Return ``(height, width, 3)`` uint8 as ``(3, H, W)`` float32 in [0, 1], resized to `size`."""
    resized = Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(resized)).permute(2, 0, 1).to(torch.float32) / 255


def cell_counts(points: np.ndarray, size: tuple[int, int], spacing_px: float = 1.0) -> Tensor:
    """Count points ``(N, 2)`` in a grid of cells, ``(rows, columns)`` float32.

    Points behind the last cell, where the image is no multiple of the spacing, count to it.
    """
    columns, rows = (points / spacing_px).astype(int).T
    counts = np.zeros(size, dtype=np.float32)
    np.add.at(counts, (rows.clip(0, size[0] - 1), columns.clip(0, size[1] - 1)), 1)
    return torch.from_numpy(counts)
