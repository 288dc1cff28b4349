"""Pearson's correlations over comparisons, where comparisons count several times or not at all."""

import numpy as np

from analysis.effects.bootstrap import percentile_interval

MOST = 0.999999  # Fisher's z of a correlation of 1 is infinite


def correlations(first: np.ndarray, second: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the correlation of each row of `first` with that of `second`.

    Parameters
    ----------
    first, second : arrays (rows, comparisons)
        A single row stands for all rows of the other. NaN values do not count.
    times : array (rows, comparisons)
        How often each comparison counts.

    Returns
    -------
    correlations : array (rows,)
        NaN where fewer than three comparisons count or one side does not vary.
    """
    known = np.isfinite(first) & np.isfinite(second) & (times > 0)
    weights = np.where(known, times, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = []
        for side in (first, second):
            values = np.where(known, side, 0.0)
            mean = (weights * values).sum(axis=1, keepdims=True) / total
            apart.append(values - mean)
        products = [(weights * apart[i] * apart[j]).sum(axis=1) for i, j in _PAIRS]
        varies = np.minimum(products[1], products[2]) > 1e-15 * total[:, 0]
        enough = varies & (known.sum(axis=1) > 2)
        return np.where(enough, products[0] / np.sqrt(products[1] * products[2]), np.nan)


_PAIRS = ((0, 1), (0, 0), (1, 1))


def centred_correlations(resampled: np.ndarray, measured: float) -> np.ndarray:
    """Shift resampled correlations, on Fisher's scale, so that their mean is what was measured.

    Drawing subjects anew adds noise and so lowers every correlation; without the shift the interval
    would lie below the estimate.
    """
    known = np.arctanh(np.clip(resampled[np.isfinite(resampled)], -MOST, MOST))
    if not (len(known) and np.isfinite(measured)):
        return np.empty(0)
    return np.tanh(known - known.mean() + np.arctanh(np.clip(measured, -MOST, MOST)))


def correlation_interval(resampled: np.ndarray, measured: float) -> tuple[float, float]:
    """Return the 95 % interval of a correlation from resamples, centred on what was measured."""
    return percentile_interval(centred_correlations(resampled, measured))
