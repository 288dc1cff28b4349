"""What the saliency model predicts for the people of this study.

The paper compares people with p = exp(S + b) / sum exp(S + b), where S is the model's log saliency
without centre bias and b the log of the centre bias that was measured on the other stimuli.
"""

import numpy as np

from analysis.density.grid import Grid
from analysis.density.maps import log_probabilities


def predicted_log_density(
    log_saliency: np.ndarray, log_centre_bias: np.ndarray, grid: Grid
) -> np.ndarray:
    """Return the model's log probability of every cell, with the measured centre bias.

    Parameters
    ----------
    log_saliency : array (height, width)
        Un-normalised, natural log, without centre bias; any size.
    log_centre_bias : array (rows, columns)
        Centre bias of the same stimulus and subset of fixations; its weight is 1.

    Returns
    -------
    log_density : array (rows, columns)
        The centre bias is constant within a cell, so summing exp(S + b) over the pixels of a cell
        is the mean of exp(S) times the cell's bias: exact, without a map at full size.
    """
    saliency = np.exp(log_saliency - log_saliency.max(), dtype=np.float64)
    return log_probabilities(grid.area_means(saliency) * np.exp(log_centre_bias))
