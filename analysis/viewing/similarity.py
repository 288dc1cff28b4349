"""How alike scanpaths are within an image and between two, with intervals over people and sources.

Similarities are of pairs of people, and a person takes part in many pairs. So people are drawn, not
pairs: in a resample a pair counts as often as the one was drawn times as often as the other was,
and nobody is compared with themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.viewing.multimatch import DIMENSIONS
from analysis.viewing.pairs import ImagePair, by_direction
from analysis.viewing.resampling import Draws, intervals
from stimuli.support.tables import Column, Schema, interval_columns

SIMILARITY = Schema(
    "similarity",
    (
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What the versions were made for"),
        Column(
            "dimension", str, "In what scanpaths are alike (MultiMatch)", levels={
                "shape": "Vectors of aligned saccades",
                "direction": "Angle between them",
                "length": "Their amplitudes",
                "position": "Where they begin",
                "duration": "Of the fixations before them",
            },
        ),
        Column("n_pairs", int, "Pairs of original and version"),
        Column("n_sources", int, "Sources that they come from"),
        Column("n_comparisons", int, "Pairs of scanpaths that were compared"),
        Column("within_original", float, "Mean similarity of two people's scanpaths on the "
               "original; 1: alike in this"),
        Column("within_version", float, "The same on the version"),
        Column("between", float, "The same of one on the original and one on the version"),
        Column("difference", float, "between - mean of the two within; below 0: the version "
               "changes scanpaths"),
        *interval_columns("difference"),
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ImageSimilarities:
    """Similarities of pairs of people, by pair of images.

    Attributes
    ----------
    matrices
        Number of each pair of images; of one image with itself too.
    matrix, first, second : arrays (n,)
        Pair of images, and the people who looked at the one and at the other; on one image every
        two people stand once.
    values : array (n, 5)
        By `DIMENSIONS`.
    """

    matrices: Mapping[tuple[str, str], int]
    matrix: np.ndarray
    first: np.ndarray
    second: np.ndarray
    values: np.ndarray

    def resampled(self, images: tuple[str, str], times: np.ndarray) -> np.ndarray:
        """Return mean similarities ``(rows, 5)`` where people count as `times` ``(rows, n)`` say.

        NaN where no two people are left.
        """
        rows = np.flatnonzero(self.matrix == self.matrices[images])
        first, second, n = self.first[rows], self.second[rows], times.shape[1]
        if len(rows) < len(DIMENSIONS) * n:  # then one by one they are fewer than all that may be
            together = times[:, first] * times[:, second]
            with np.errstate(invalid="ignore", divide="ignore"):
                return (together @ self.values[rows]) / together.sum(axis=1, keepdims=True)
        by_people = np.zeros((len(DIMENSIONS) + 1, n, n))
        by_people[:-1, first, second] = self.values[rows].T
        by_people[-1, first, second] = 1.0
        *sums, counts = (((times @ one) * times).sum(axis=1) for one in by_people)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.column_stack(sums) / counts[:, None]


def similarity_table(
    similarities: ImageSimilarities, pairs: Sequence[ImagePair], draws: Draws
) -> pd.DataFrame:
    """Return rows by `SIMILARITY`."""
    kept = {images: similarities.resampled(images, draws.subjects)
            for images in similarities.matrices}  # fmt: skip
    n = np.bincount(similarities.matrix, minlength=len(similarities.matrices))
    rows = []
    for (condition, direction), places in by_direction(pairs).items():
        own = [pairs[place] for place in places]
        keys = [((one.original,) * 2, (one.version,) * 2, one.images) for one in own]
        values = np.stack([[kept[images] for images in three] for three in keys])  # (p, 3, R, 5)
        known = np.isfinite(values).all(axis=1)
        weights = draws.pairs[:, places].T[..., None] * known
        with np.errstate(invalid="ignore"):
            means = (np.where(known[:, None], values, 0.0) * weights[:, None]).sum(
                axis=0
            ) / weights.sum(axis=0)
        difference = means[2] - (means[0] + means[1]) / 2
        low, high = intervals(difference, draws.of(places).freedom)
        counted = known[:, 0, 0]
        compared = {images for three in keys for images in three}
        rows += [
            {
                "condition": condition, "direction": direction, "dimension": dimension,
                "n_pairs": int(counted.sum()),
                "n_sources": len({one.source for one, c in zip(own, counted, strict=True) if c}),
                "n_comparisons": int(sum(n[similarities.matrices[one]] for one in compared)),
                "within_original": means[0, 0, k], "within_version": means[1, 0, k],
                "between": means[2, 0, k], "difference": difference[0, k],
                "difference_low": low[k], "difference_high": high[k],
            }
            for k, dimension in enumerate(DIMENSIONS)
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(SIMILARITY.names))
