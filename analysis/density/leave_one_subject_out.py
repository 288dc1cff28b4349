"""The kernel density at every fixation, from the fixations of the other subjects.

Points are ``(n, 2)`` arrays of ``(x, y)`` in image pixels; densities are per pixel of the image.
"""

import numpy as np

from analysis.density.kernels import peak_density

_BLOCK = 128
"""Fixations a side of a block of kernels, which then fits a processor's cache."""


class LeaveOneSubjectOut:
    """The KDE at every fixation from the fixations of the other subjects, for any bandwidth.

    The squared distances are computed once; a search for the bandwidth then costs one exponential
    a pair and step.

    Parameters
    ----------
    xy_px : array (n, 2)
    subjects : array (n,)
        Labels; at least two differ.
    size_px
        ``(width, height)`` of the image.
    truncate
        Whether kernels are cut at the image's edges and renormalised.
    """

    def __init__(
        self,
        xy_px: np.ndarray,
        subjects: np.ndarray,
        size_px: tuple[float, float],
        *,
        truncate: bool = True,
    ) -> None:
        _, subject = np.unique(subjects, return_inverse=True)
        own = subject[:, None] == subject
        self._n_other = len(subject) - own.sum(axis=1)
        if not self._n_other.all():
            raise ValueError("one subject alone; leaving it out leaves nobody")
        self._xy_px, self._size_px, self._truncate = xy_px, size_px, truncate
        parts = np.array_split(np.arange(len(xy_px)), -(-len(xy_px) // _BLOCK))
        spans = [slice(part[0], part[-1] + 1) for part in parts]
        # What i is from j, j is from i: blocks on one side of the diagonal hold it all.
        self._blocks = [
            (rows, columns, self._squared(rows, columns, own))
            for at, rows in enumerate(spans) for columns in spans[at:]
        ]  # fmt: skip

    def _squared(self, rows: slice, columns: slice, own: np.ndarray) -> np.ndarray:
        """Return squared distances; an infinite one takes a subject's own out of every sum."""
        difference = self._xy_px[rows, None, :] - self._xy_px[None, columns, :]
        squared = np.einsum("ijk,ijk->ij", difference, difference)
        squared[own[rows, columns]] = np.inf
        return squared

    def density(self, bandwidth_px: float) -> np.ndarray:
        """Return the left-one-subject-out density at every fixation, ``(n,)`` per pixel."""
        peaks = peak_density(self._xy_px, bandwidth_px, self._size_px, truncate=self._truncate)
        total = np.zeros(len(peaks))
        for rows, columns, squared in self._blocks:
            kernels = squared * (-0.5 / bandwidth_px**2)
            np.exp(kernels, out=kernels)
            total[rows] += kernels @ peaks[columns]
            if rows != columns:
                total[columns] += peaks[rows] @ kernels
        return total / self._n_other
