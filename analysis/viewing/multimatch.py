"""MultiMatch: how alike two scanpaths are in five respects (Jarodzka, Holmqvist & Nystroem 2010).

Saccades of the one are aligned with saccades of the other along the cheapest way through the matrix
of differences of their vectors; the medians of five differences along it become similarities. As
Dewhurst et al. (2012) define them, without simplifying the scanpaths first. Many pairs are aligned
at once, so that all pairs of observers can be compared; the values are those of `multimatch-gaze`
(Wagner, Halchenko & Hanke 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

DIMENSIONS = ("shape", "direction", "length", "position", "duration")
LEAST_FIXATIONS = 3
_AT_ONCE = 4096  # pairs held in memory together


@dataclass(frozen=True, eq=False)
class Scanpaths:
    """Scanpaths by saccade, filled up with zeros to the longest.

    Attributes
    ----------
    n : array (scanpaths,)
        Number of saccades.
    start_px, vector_px : arrays (scanpaths, longest, 2)
        Where each saccade begins, and where it goes from there.
    duration : array (scanpaths, longest)
        Of the fixation that it ends.
    """

    n: np.ndarray
    start_px: np.ndarray
    vector_px: np.ndarray
    duration: np.ndarray

    @cached_property
    def polar(self) -> tuple[np.ndarray, np.ndarray]:
        """Lengths and angles of all saccades, one scanpath after the other."""
        x, y = self.vector_px.reshape(-1, 2).T
        return np.hypot(x, y), np.arctan2(y, x)


def scanpaths_of(paths: Sequence[tuple[np.ndarray, np.ndarray]]) -> Scanpaths:
    """Return scanpaths of positions ``(n, 2)`` and durations ``(n,)`` of at least two fixations."""
    n = np.array([len(durations) - 1 for _, durations in paths], int)
    longest = int(n.max(initial=1))
    start, vector = np.zeros((len(paths), longest, 2)), np.zeros((len(paths), longest, 2))
    duration = np.zeros((len(paths), longest))
    for row, (xy, durations) in enumerate(paths):
        start[row, : n[row]], vector[row, : n[row]] = xy[:-1], np.diff(xy, axis=0)
        duration[row, : n[row]] = durations[:-1]
    return Scanpaths(n, start, vector, duration)


def similarities(
    paths: Scanpaths, first: np.ndarray, second: np.ndarray, size_px: tuple[float, float]
) -> np.ndarray:
    """Return how alike pairs of scanpaths are.

    Parameters
    ----------
    first, second : arrays (pairs,)
        Places of the two scanpaths of each pair.
    size_px
        Width and height that distances are divided by the diagonal of.

    Returns
    -------
    similarities : array (pairs, 5)
        In the order of `DIMENSIONS`, 1 where there is no difference.
    """
    if not len(first):
        return np.empty((0, len(DIMENSIONS)))
    parts = [
        _similarities(paths, first[start : start + _AT_ONCE], second[start : start + _AT_ONCE])
        for start in range(0, len(first), _AT_ONCE)
    ]
    diagonal = float(np.hypot(*size_px))
    return 1.0 - np.concatenate(parts) / [2 * diagonal, np.pi, diagonal, diagonal, 1.0]


def _similarities(paths: Scanpaths, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the median differences ``(pairs, 5)`` along the cheapest way."""
    n, m = paths.n[first], paths.n[second]
    vectors = paths.vector_px[first, : n.max()], paths.vector_px[second, : m.max()]
    costs = np.hypot(
        vectors[0][:, :, None, 0] - vectors[1][:, None, :, 0],
        vectors[0][:, :, None, 1] - vectors[1][:, None, :, 1],
    )
    i, j, length = _ways(_steps(costs), n - 1, m - 1)
    longest = int(length.max())
    on_way = np.arange(longest) < length[:, None]
    pair, at = np.nonzero(on_way)
    i, j = i[pair, at], j[pair, at]
    width = paths.duration.shape[1]
    one, other = first[pair] * width + i, second[pair] * width + j
    starts, durations = paths.start_px.reshape(-1, 2), paths.duration.ravel()
    lengths, angles = paths.polar
    turn = np.abs(angles[one] - angles[other])
    apart = starts[one] - starts[other]
    longer = np.maximum(np.maximum(durations[one], durations[other]), 1e-9)
    differences = (
        costs[pair, i, j], np.minimum(turn, 2 * np.pi - turn),
        np.abs(lengths[one] - lengths[other]), np.hypot(apart[:, 0], apart[:, 1]),
        np.abs(durations[one] - durations[other]) / longer,
    )  # fmt: skip
    every, medians = np.arange(len(first)), np.empty((len(first), len(differences)))
    for place, values in enumerate(differences):
        ordered = np.full(on_way.shape, np.inf)
        ordered[on_way] = values
        ordered.sort(axis=1)
        medians[:, place] = (ordered[every, (length - 1) // 2] + ordered[every, length // 2]) / 2
    return medians


def _steps(costs: np.ndarray) -> np.ndarray:
    """Return from where the cheapest way comes to each cell: 0 above and left, 1 above, 2 left."""
    n_pairs, rows, columns = costs.shape
    steps = np.zeros(costs.shape, np.int8)
    ahead = np.full((columns + 1, n_pairs), np.inf)  # totals of the row above, after a border
    for i in range(rows):
        row = np.full((columns + 1, n_pairs), np.inf)
        for j in range(columns):
            if i == j == 0:
                row[1] = 0.0
                continue
            best = np.minimum(ahead[j + 1], row[j])
            step = np.where(ahead[j + 1] <= row[j], 1, 2)
            steps[:, i, j] = np.where(ahead[j] <= best, 0, step)
            row[j + 1] = np.minimum(ahead[j], best) + costs[:, i, j]
        ahead = row
    return steps


def _ways(
    steps: np.ndarray, i: np.ndarray, j: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cells of each way back from its end (i, j) to (0, 0), and how many there are."""
    pair = np.arange(len(steps))
    rows, columns = [i], [j]
    while (i + j).any():
        step = steps[pair, i, j]
        moving = i + j > 0
        i, j = i - (moving & (step != 2)), j - (moving & (step != 1))
        rows.append(i)
        columns.append(j)
    i, j = np.column_stack(rows), np.column_stack(columns)
    return i, j, (i + j > 0).sum(axis=1) + 1
