"""A photograph as superpixels, and a random walker on them.

In go pixels; out come small patches of one colour (SLIC), which of them touch and how much changes
across their common border, and for any patch how often a walker that starts there visits the
others before it gives up. What is like the patch and not cut off from it is visited most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE_PX = 384  # longer side at which a photograph is cut into superpixels
_NUMBER = 600
_COMPACTNESS = 10.0
_STRENGTH = 2.0  # of borders: the walker crosses one of median contrast at exp(-2) of the rate
_GIVES_UP = 10.0  # rate of giving up over the whole picture, in units of the mean rate of moving
_LEAST_RATE = 1e-4


@dataclass(frozen=True, eq=False)
class Superpixels:
    """The superpixels of a photograph.

    Attributes
    ----------
    labels : ndarray (h, w), int
        Number of the superpixel of each pixel of the photograph, reduced to `SIDE_PX`.
    size : (int, int)
        Height and width of the photograph itself.
    areas : ndarray (n,)
        Share of the photograph that each covers.
    pairs : ndarray (m, 2), int
        Superpixels that touch.
    lengths : ndarray (m,)
        Length of their common border in pixels of `labels`.
    contrasts : ndarray (m,)
        What changes across it, in units of CIELAB: the mean of the difference of their colours and
        of the steepest gradient along the border.
    """

    labels: np.ndarray
    size: tuple[int, int]
    areas: np.ndarray
    pairs: np.ndarray
    lengths: np.ndarray
    contrasts: np.ndarray

    def at(self, x_px: float, y_px: float) -> int:
        """Return the superpixel at a point of the photograph; the nearest, if it is outside."""
        rows, columns = self.labels.shape
        row = int(np.clip(y_px / self.size[0] * rows, 0, rows - 1))
        return int(self.labels[row, int(np.clip(x_px / self.size[1] * columns, 0, columns - 1))])

    @property
    def relative_contrasts(self) -> np.ndarray:
        """The contrasts in units of their median."""
        if not self.contrasts.size:  # a single superpixel has no border
            return self.contrasts
        return self.contrasts / max(float(np.median(self.contrasts)), 1e-6)

    def visits(self, starts: Sequence[int]) -> np.ndarray:
        """Return how often a walker from each start visits each superpixel, ``(starts, n)``.

        Visits are counted by area and divided by those to the start itself, so they are in [0, 1].
        """
        from scipy.sparse import coo_matrix, diags
        from scipy.sparse.linalg import splu

        number = len(self.areas)
        rates = self.lengths * (np.exp(-_STRENGTH * self.relative_contrasts) + _LEAST_RATE)
        first, second = self.pairs.T
        both = (np.r_[first, second], np.r_[second, first])
        moves = coo_matrix((np.r_[rates, rates], both), (number, number))
        leaving = np.asarray(moves.sum(axis=1)).ravel()
        giving_up = _GIVES_UP * self.areas * max(leaving.mean(), _LEAST_RATE)
        walks = splu((diags(leaving + giving_up) - moves).tocsc())
        found = np.empty((len(starts), number))
        for row, start in enumerate(starts):
            here = np.zeros(number)
            here[start] = 1.0
            visited = walks.solve(here)
            found[row] = visited / visited[start]
        return found

    def mask(self, inside: np.ndarray) -> np.ndarray:
        """Return superpixels ``(n,)`` bool as a mask ``(height, width)`` of the photograph.

        Holes are filled.
        """
        from scipy.ndimage import binary_fill_holes

        small = binary_fill_holes(inside[self.labels])
        return enlarged_mask(small, self.size)


def enlarged_mask(small: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a mask at another height and width, its contour smoothed where it grows."""
    if small.shape == size:
        return small
    picture = Image.fromarray(small.astype(np.float32))
    return np.asarray(picture.resize(size[::-1], Image.Resampling.BILINEAR)) >= 0.5


def superpixels(pixels: np.ndarray) -> Superpixels:
    """Return the superpixels of a photograph ``(height, width, 3)`` uint8.

    Examples
    --------
    >>> import numpy as np
    >>> pixels = np.zeros((60, 80, 3), dtype=np.uint8)
    >>> pixels[20:40, 20:40] = 200
    >>> found = superpixels(pixels)
    >>> found.labels.shape, found.size
    ((60, 80), (60, 80))
    """
    from skimage.color import rgb2lab
    from skimage.segmentation import slic

    height, width = pixels.shape[:2]
    factor = min(1.0, SIDE_PX / max(height, width))
    reduced = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = np.asarray(Image.fromarray(pixels).resize(reduced, Image.Resampling.LANCZOS))
    labels = slic(
        small, n_segments=_NUMBER, compactness=_COMPACTNESS, sigma=1, start_label=0, channel_axis=2
    )
    lab = rgb2lab(small)
    counts = np.bincount(labels.ravel())
    colours = [np.bincount(labels.ravel(), lab[..., c].ravel()) / counts for c in range(3)]
    pairs, lengths, gradients = _borders(labels, _gradient(lab))
    between = np.stack(colours, axis=1)[pairs]
    differences = np.linalg.norm(between[:, 0] - between[:, 1], axis=1)
    return Superpixels(
        labels=labels, size=(height, width), areas=counts / labels.size, pairs=pairs,
        lengths=lengths, contrasts=(differences + gradients) / 2,
    )  # fmt: skip


def _gradient(lab: np.ndarray) -> np.ndarray:
    """Return the length of the gradient ``(h, w)`` over the three channels."""
    from scipy.ndimage import gaussian_gradient_magnitude

    channels = [gaussian_gradient_magnitude(lab[..., c], 1.0) for c in range(3)]
    return np.linalg.norm(channels, axis=0)


def _borders(labels: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of labels that touch, the length of their border, the mean gradient on it."""
    number = int(labels.max()) + 1
    codes, steepest = [], []
    sides = ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1]))
    for one, other in sides:
        a, b = labels[one], labels[other]
        apart = a != b
        codes.append((np.minimum(a, b) * number + np.maximum(a, b))[apart])
        steepest.append(np.maximum(gradient[one], gradient[other])[apart])
    found, place = np.unique(np.concatenate(codes), return_inverse=True)
    lengths = np.bincount(place, minlength=len(found))
    sums = np.bincount(place, np.concatenate(steepest), minlength=len(found))
    pairs = np.stack([found // number, found % number], axis=1).astype(int)
    return pairs, lengths.astype(float), sums / np.maximum(lengths, 1)
