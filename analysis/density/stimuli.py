"""The densities of a whole set of stimuli, one after the other so that memory stays flat."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias
from analysis.density.fit import Fit, fit_density, log_density_map


@dataclass(frozen=True, eq=False)
class StimulusDensity:
    """The fixation density of one stimulus.

    Attributes
    ----------
    log_density, log_centre_bias : arrays (rows, columns)
        Natural-log probability of every cell of the grid; both sum to one.
    xy_px, subjects : arrays (n, 2), (n,)
        The fixations it was made from.
    """

    stim_id: str
    fit: Fit
    log_density: np.ndarray
    log_centre_bias: np.ndarray
    xy_px: np.ndarray
    subjects: np.ndarray


def stimulus_densities(
    fixations: pd.DataFrame, groups: Mapping[str, str], centre_bias: CentreBias
) -> Iterator[StimulusDensity]:
    """Fit and yield the density of every stimulus.

    Parameters
    ----------
    fixations : DataFrame
        ``stim_id``, ``subject``, ``x_px``, ``y_px``; on the image only.
    groups : mapping
        By stimulus, the group that its centre bias leaves out: its source, or itself. Stimuli
        of one group should follow each other, since the centre bias is made once a group.
    centre_bias : CentreBias
        Fitted to the same fixations with the same groups.
    """
    by_stimulus = {str(name): rows for name, rows in fixations.groupby("stim_id", sort=False)}
    grid, group = centre_bias.grid, None
    for stim_id, group_now in groups.items():
        if group_now != group:
            group, log_centre_bias = group_now, centre_bias.log_map(group_now)
        rows = by_stimulus.get(stim_id, fixations.iloc[:0])
        xy_px = rows[["x_px", "y_px"]].to_numpy(dtype=np.float64)
        subjects = rows["subject"].to_numpy(dtype=str)
        fit = fit_density(xy_px, subjects, log_centre_bias, grid)
        log_density = log_density_map(fit, xy_px, log_centre_bias, grid)
        yield StimulusDensity(stim_id, fit, log_density, log_centre_bias, xy_px, subjects)
