"""Pearson's correlations over comparisons, where comparisons count several times or not at all."""

import numpy as np

MOST = 0.999999  # Fisher's z of a correlation of 1 is infinite


def correlations(predictions: np.ndarray, changes: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the correlations of changes with predictions, a row a resample.

    Parameters
    ----------
    predictions : array (k, comparisons)
        Every one known.
    changes, times : arrays (rows, comparisons)
        What people did, and how often each comparison counts; a single row of either stands for
        all rows of the other. NaN changes do not count.

    Returns
    -------
    correlations : array (rows, k)
        NaN where fewer than three comparisons count or one side does not vary.
    """
    known = np.isfinite(changes) & (times > 0)
    weights = np.where(known, times, 0.0)
    # From about their middles, so that sums of squares lose no digits.
    x = predictions - predictions.mean(axis=1, keepdims=True)
    shift = np.where(np.isfinite(changes), changes, 0.0).mean()
    y = np.where(known, changes - shift, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = weights / total
        weighted = weights * y
        mean_x, mean_y = weights @ x.T, weighted.sum(axis=1, keepdims=True)
        together = weighted @ x.T - mean_x * mean_y
        spread_x = weights @ (x * x).T - mean_x**2
        spread_y = np.einsum("rc,rc->r", weighted, y)[:, None] - mean_y**2
        varies = np.minimum(spread_x, spread_y) > 1e-15
        enough = varies & (known.sum(axis=1, keepdims=True) > 2)
        return np.where(enough, together / np.sqrt(spread_x * spread_y), np.nan)


def fisher_z(correlation: np.ndarray) -> np.ndarray:
    """Return correlations on Fisher's scale, on which their errors are alike."""
    return np.arctanh(np.clip(correlation, -MOST, MOST))
