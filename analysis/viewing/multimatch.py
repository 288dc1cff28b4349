"""MultiMatch: how alike two scanpaths are in five respects (Jarodzka, Holmqvist & Nystroem 2010).

Saccades of the one are aligned with saccades of the other along the cheapest way through the matrix
of differences of their vectors; the medians of five differences along it become similarities. As
Dewhurst et al. (2012) define them, without simplifying the scanpaths first. Many pairs are aligned
at once, so that all pairs of observers can be compared; the values are those of `multimatch-gaze`
(Wagner, Halchenko & Hanke 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    pair = np.arange(len(first))[:, None]
    on_way = np.arange(i.shape[1]) < length[:, None]
    a, b = (paths.vector_px[which[:, None], at] for which, at in ((first, i), (second, j)))
    starts = paths.start_px[first[:, None], i] - paths.start_px[second[:, None], j]
    duration = paths.duration[first[:, None], i], paths.duration[second[:, None], j]
    turn = np.abs(np.arctan2(a[..., 1], a[..., 0]) - np.arctan2(b[..., 1], b[..., 0]))
    shorter = np.abs(duration[0] - duration[1]) / np.maximum(np.maximum(*duration), 1e-9)
    differences = (
        costs[pair, i, j], np.minimum(turn, 2 * np.pi - turn),
        np.abs(np.hypot(*np.moveaxis(a, 2, 0)) - np.hypot(*np.moveaxis(b, 2, 0))),
        np.hypot(starts[..., 0], starts[..., 1]), shorter,
    )  # fmt: skip
    medians = []
    for one in differences:
        ordered = np.sort(np.where(on_way, one, np.inf), axis=1)
        low, high = (ordered[pair[:, 0], at] for at in ((length - 1) // 2, length // 2))
        medians.append((low + high) / 2)
    return np.column_stack(medians)


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
            options = np.stack([ahead[j], ahead[j + 1], row[j]])
            best = options.argmin(axis=0)
            steps[:, i, j] = best
            row[j + 1] = options.min(axis=0) + costs[:, i, j]
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
