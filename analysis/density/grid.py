"""The grid of a density map, and how other pixels map onto it.

A map divides an image into ``rows x columns`` equal cells and holds the probability of each, so a
density is constant within a cell. Masks and predictions of any size are carried over by area, so
that nothing is lost and nothing invented.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.sparse import csr_array

from stimuli.support.errors import InputError


@dataclass(frozen=True)
class Grid:
    """Cells that tile an image of ``width_px x height_px`` pixels.

    Attributes
    ----------
    width_px, height_px
        Size of the image.
    columns, rows
        Numbers of cells.

    Examples
    --------
    >>> from analysis import Grid
    >>> grid = Grid(800, 600, columns=80, rows=60)
    >>> grid.shape, grid.cell_area_px
    ((60, 80), 100.0)
    """

    width_px: float
    height_px: float
    columns: int
    rows: int

    def __post_init__(self) -> None:
        for name in ("width_px", "height_px", "columns", "rows"):
            if not getattr(self, name) > 0:
                raise InputError(f"Grid.{name} is {getattr(self, name)}; expected more than 0")

    @property
    def shape(self) -> tuple[int, int]:
        """``(rows, columns)`` of a map."""
        return self.rows, self.columns

    @property
    def size_px(self) -> tuple[float, float]:
        """Size of the image, ``(width, height)``."""
        return self.width_px, self.height_px

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.rows * self.columns

    @property
    def cell_area_px(self) -> float:
        """How many pixels of the image one cell holds."""
        return self.width_px * self.height_px / self.cells

    @cached_property
    def x_edges_px(self) -> np.ndarray:
        """Edges of the columns, ``(columns + 1,)``."""
        return np.linspace(0.0, self.width_px, self.columns + 1)

    @cached_property
    def y_edges_px(self) -> np.ndarray:
        """Edges of the rows, ``(rows + 1,)``."""
        return np.linspace(0.0, self.height_px, self.rows + 1)

    def cell_of(self, xy_px: np.ndarray) -> np.ndarray:
        """Return the flat index of the cell in which each point ``(n, 2)`` of the image lies."""
        columns = np.floor(xy_px[:, 0] * (self.columns / self.width_px)).astype(np.intp)
        rows = np.floor(xy_px[:, 1] * (self.rows / self.height_px)).astype(np.intp)
        return rows.clip(0, self.rows - 1) * self.columns + columns.clip(0, self.columns - 1)

    def centres_px(self, cells: np.ndarray) -> np.ndarray:
        """Return the centres ``(n, 2)`` of cells with these flat indices, in image pixels."""
        rows, columns = np.divmod(cells, self.columns)
        return np.stack(
            [
                (columns + 0.5) * (self.width_px / self.columns),
                (rows + 0.5) * (self.height_px / self.rows),
            ],
            axis=1,
        )

    def centre_of(self, xy_px: np.ndarray) -> np.ndarray:
        """Return the centre ``(n, 2)`` of the cell in which each point lies."""
        return self.centres_px(self.cell_of(xy_px))

    def area_means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of a ``(height, width)`` array over the area of each cell."""
        height, width = values.shape
        rows, columns = _overlaps(height, self.rows), _overlaps(width, self.columns)
        return np.asarray(columns @ np.asarray(rows @ values).T).T

    def coarser(self, longest: int) -> "Grid":
        """Return a grid of the same image with at most `longest` cells a side."""
        factor = min(1.0, longest / max(self.shape))
        columns, rows = (max(1, round(n * factor)) for n in (self.columns, self.rows))
        return Grid(self.width_px, self.height_px, columns, rows)


@lru_cache(maxsize=32)
def _overlaps(old: int, new: int) -> csr_array:
    """Return ``(new, old)`` shares of each new interval that each old one covers; rows sum to 1."""
    edges = np.linspace(0.0, old, new + 1)
    first = np.floor(edges[:-1]).astype(int)
    last = np.minimum(np.ceil(edges[1:]).astype(int), old)
    row, column, share = [], [], []
    for index, (low, high) in enumerate(zip(first, last, strict=True)):
        covered = np.arange(low, high)
        length = np.minimum(covered + 1, edges[index + 1]) - np.maximum(covered, edges[index])
        row.append(np.full(len(covered), index))
        column.append(covered)
        share.append(length.clip(0.0) / (old / new))
    return csr_array(
        (np.concatenate(share), (np.concatenate(row), np.concatenate(column))), shape=(new, old)
    )


def checked_fixations(
    xy_px: np.ndarray, labels: np.ndarray, grid: Grid, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return fixations ``(n, 2)`` and a label of each ``(n,)``; `what` says of what they tell.

    Raises
    ------
    InputError
        If the shapes do not fit, or a fixation has no position or lies beside the image.
    """
    xy_px, labels = np.asarray(xy_px, dtype=np.float64), np.asarray(labels)
    if xy_px.ndim != 2 or xy_px.shape[1] != 2 or labels.shape != xy_px.shape[:1]:
        raise InputError(
            f"xy_px is {xy_px.shape} and {what} {labels.shape}; expected (n, 2), a row a fixation, "
            f"and (n,)"
        )
    beside = ~((xy_px >= 0) & (xy_px <= grid.size_px)).all(axis=1)
    if beside.any():
        row = int(np.flatnonzero(beside)[0])
        raise InputError(
            f"xy_px[{row}] is {xy_px[row].tolist()}, one of {beside.sum()} of {len(xy_px)} beside "
            f"the image of {grid.width_px:g} x {grid.height_px:g} px; leave them out"
        )
    return xy_px, labels
