"""The kernel density at every fixation, from the fixations of the other subjects.

Points are ``(n, 2)`` arrays of ``(x, y)`` in image pixels; densities are per pixel of the image.
"""

import numpy as np

from analysis.density.kernels import peak_density


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
        difference = xy_px[:, None, :] - xy_px[None, :, :]
        self._squared = np.einsum("ijk,ijk->ij", difference, difference)
        # An infinite distance takes a subject's own fixations out of every sum below.
        self._squared[own] = np.inf
        self._xy_px, self._size_px, self._truncate = xy_px, size_px, truncate

    def density(self, bandwidth_px: float) -> np.ndarray:
        """Return the left-one-subject-out density at every fixation, ``(n,)`` per pixel."""
        kernels = np.exp(self._squared * (-0.5 / bandwidth_px**2))
        peaks = peak_density(self._xy_px, bandwidth_px, self._size_px, truncate=self._truncate)
        return kernels @ peaks / self._n_other
