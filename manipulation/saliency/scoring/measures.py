"""How well a map predicts fixations: the field's measures, one function each.

Maps are arrays ``(height, width)``; points are ``(N, 2)`` of ``(x, y)`` in pixels, inside the map,
pixel column j covering [j, j + 1). Log densities are natural logarithms of probabilities per pixel.
Which map a measure wants follows Kümmerer, Wallis & Bethge (2018), ECCV, "Saliency benchmarking
made easy": each measure has its own best map, and all of them derive from one density.
"""

import numpy as np
from numpy.typing import ArrayLike


def at(values: ArrayLike, points: np.ndarray) -> np.ndarray:
    """Return the values of a map at points, ``(N,)``.

    Raises
    ------
    ValueError
        If there is no point or one lies outside the map.
    """
    values, points = np.asarray(values), np.asarray(points)
    columns, rows = np.floor(points).astype(int).T
    height, width = values.shape
    if len(points) == 0:
        raise ValueError("no points; expected at least one fixation")
    if columns.min() < 0 or rows.min() < 0 or columns.max() >= width or rows.max() >= height:
        raise ValueError(f"points reach beyond the map; expected x < {width}, y < {height}")
    return values[rows, columns]


def log_likelihood(log_density: ArrayLike, points: np.ndarray) -> float:
    """Return the mean log density of the fixations in nats per fixation."""
    return float(at(log_density, points).mean(dtype=np.float64))


def information_gain(log_density: ArrayLike, baseline: ArrayLike, points: np.ndarray) -> float:
    """Return how much better a density predicts than a baseline, in bits per fixation.

    Kümmerer, Wallis & Bethge (2015), PNAS 112, 16054-16059. Both are log densities in nats.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import information_gain
    >>> uniform = np.log(np.full((2, 2), 0.25))
    >>> density = np.log([[0.5, 0.25], [0.125, 0.125]])
    >>> information_gain(density, uniform, np.array([[0.5, 0.5]]))
    1.0
    """
    difference = log_likelihood(log_density, points) - log_likelihood(baseline, points)
    return float(difference / np.log(2))


def auc(saliency: ArrayLike, points: np.ndarray) -> float:
    """Return the area under the ROC curve of fixations against all pixels.

    The probability that a fixation lies on a higher value than a pixel drawn at random, ties
    counting half. Any monotonic function of the density is as good.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import auc
    >>> auc(np.array([[4.0, 3.0], [2.0, 1.0]]), np.array([[0.5, 0.5]]))
    0.875
    """
    return _exceedance(at(saliency, points), np.ravel(saliency))


def shuffled_auc(saliency: ArrayLike, points: np.ndarray, other_points: np.ndarray) -> float:
    """Return the area under the ROC curve of fixations against those on other images.

    Tatler, Baddeley & Gilchrist (2005), Vision Research 45, 643-659. The centre bias is in both
    sets, so the best map is the log density less that of the centre bias.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import shuffled_auc
    >>> saliency = np.array([[4.0, 3.0], [2.0, 1.0]])
    >>> shuffled_auc(saliency, np.array([[0.5, 0.5]]), np.array([[1.5, 1.5], [0.5, 1.5]]))
    1.0
    """
    return _exceedance(at(saliency, points), at(saliency, other_points))


def _exceedance(positives: np.ndarray, negatives: np.ndarray) -> float:
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, side="left")
    not_above = np.searchsorted(ordered, positives, side="right")
    return float((below + not_above).mean() / 2 / len(ordered))


def nss(saliency: ArrayLike, points: np.ndarray) -> float:
    """Return the normalised scanpath saliency: the mean standard score at the fixations.

    Peters, Iyer, Itti & Koch (2005), Vision Research 45, 2397-2416. A uniform map scores 0.
    The best map is the density.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import nss
    >>> nss(np.array([[3.0, 1.0], [1.0, 3.0]]), np.array([[0.5, 0.5]]))
    1.0
    """
    saliency = np.asarray(saliency, dtype=np.float64)
    deviation = saliency.std()
    if deviation <= 1e-12 * np.abs(saliency).max():
        return 0.0
    return float((at(saliency, points).mean() - saliency.mean()) / deviation)


def cc(density: ArrayLike, empirical: ArrayLike) -> float:
    """Return Pearson's correlation between two maps; 0 where one of them is uniform.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import cc
    >>> cc(np.array([[1.0, 2.0]]), np.array([[2.0, 1.0]]))
    -1.0
    """
    first, second = (
        np.asarray(one, dtype=np.float64) - np.asarray(one).mean() for one in (density, empirical)
    )
    norm = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / norm) if norm > 0 else 0.0


def sim(density: ArrayLike, empirical: ArrayLike) -> float:
    """Return the similarity of two densities: the mass that they share, 0 to 1.

    Judd, Durand & Torralba (2012), MIT-CSAIL-TR-2012-001. Both are normalised first.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import sim
    >>> sim(np.array([[3.0, 1.0]]), np.array([[1.0, 1.0]]))
    0.75
    """
    return float(np.minimum(_normalised(density), _normalised(empirical)).sum())


def kl(density: ArrayLike, empirical: ArrayLike) -> float:
    """Return the Kullback-Leibler divergence of a density from the empirical one, in nats.

    Sum of q log(q / p) with q the empirical density: 0 where they agree, infinite where people
    looked at what the density excludes. Both are normalised first.

    Examples
    --------
    >>> import numpy as np
    >>> from manipulation import kl
    >>> round(kl(np.array([[1.0, 1.0]]), np.array([[1.0, 0.0]])), 3)
    0.693
    """
    p, q = _normalised(density), _normalised(empirical)
    seen = q > 0
    with np.errstate(divide="ignore"):
        return float((q[seen] * (np.log(q[seen]) - np.log(p[seen]))).sum())


def _normalised(density: ArrayLike) -> np.ndarray:
    density = np.asarray(density, dtype=np.float64)
    if (density < 0).any() or not 0 < density.sum() < np.inf:
        raise ValueError("a density must be finite, nowhere negative and somewhere positive")
    return density / density.sum()
