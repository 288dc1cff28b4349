"""The part of a study's frame that one photograph fills, with cells of its own.

The frame is the smallest rectangle of the images as shown that holds every photograph. Where all
have one shape a photograph fills it, as it does where images are square; else the centre bias,
which all photographs share, is cut out of the frame for each and sums to one there. It is then
relative to exposure: where more photographs reach, more fixations lie without any bias.
"""

from dataclasses import dataclass

import numpy as np

from analysis.density.grid import Grid
from stimuli.contract.geometry import Rectangle


@dataclass(frozen=True)
class Part:
    """A photograph in the frame.

    Attributes
    ----------
    place
        Where it lies, in pixels of the frame.
    grid
        Cells that tile it.
    """

    place: Rectangle
    grid: Grid

    def positions(self, xy_px: np.ndarray) -> np.ndarray:
        """Return points ``(n, 2)`` of the frame in pixels of the photograph."""
        return xy_px - self.place.origin

    def cut(self, log_density: np.ndarray, frame: Grid) -> np.ndarray:
        """Return a log density over the cells of the frame over those of the photograph.

        Every cell has the density of the frame's cell at its centre, and all sum to one.
        """
        if self.grid == frame:
            return log_density
        centres = self.grid.centres_px(np.arange(self.grid.cells)) + self.place.origin
        cut = log_density.ravel()[frame.cell_of(centres)].reshape(self.grid.shape)
        return cut - np.logaddexp.reduce(cut, axis=None)

    def covered(self, frame: Grid) -> np.ndarray:
        """Return the share of every cell of the frame that the photograph covers."""
        place = self.place
        across = _overlap(frame.x_edges_px, place.left_px, place.left_px + place.width_px)
        down = _overlap(frame.y_edges_px, place.top_px, place.top_px + place.height_px)
        return down[:, None] * across


def _overlap(edges_px: np.ndarray, low_px: float, high_px: float) -> np.ndarray:
    """Return the share of every interval between edges that lies between two positions."""
    inside = np.clip(edges_px, low_px, high_px)
    return np.diff(inside) / np.diff(edges_px)


def part_of(place: Rectangle, cells_per_px: float) -> Part:
    """Return the part of a photograph in the frame, with cells as large as they are elsewhere."""
    columns, rows = (
        max(1, round(cells_per_px * side)) for side in (place.width_px, place.height_px)
    )
    return Part(place, Grid(place.width_px, place.height_px, columns, rows))
