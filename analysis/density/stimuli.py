"""The densities of a whole set of stimuli, one after the other so that memory stays flat."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias
from analysis.density.fit import Fit, fit_at, fit_density, log_density_map


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
    fixations: pd.DataFrame,
    groups: Mapping[str, str],
    centre_bias: CentreBias,
    *,
    bandwidth_factor: float = 1.0,
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
    bandwidth_factor
        On every fitted bandwidth, the weights being fitted anew.
    """
    by_stimulus = {str(name): rows for name, rows in fixations.groupby("stim_id", sort=False)}
    grid, group, xy = centre_bias.grid, None, ["x_px", "y_px"]
    by_group = {
        str(name): rows for name, rows in fixations.groupby(fixations["stim_id"].map(groups))
    }
    for stim_id, group_now in groups.items():
        if group_now != group:
            group = group_now
            own = by_group.get(group, fixations.iloc[:0])
            log_centre_bias = centre_bias.log_map(own[xy].to_numpy(dtype=np.float64))
        rows = by_stimulus.get(stim_id, fixations.iloc[:0])
        xy_px = rows[xy].to_numpy(dtype=np.float64)
        subjects = rows["subject"].to_numpy(dtype=str)
        centre = np.exp(log_centre_bias.ravel()[grid.cell_of(xy_px)])
        fit = fit_density(xy_px, subjects, centre, grid)
        if bandwidth_factor != 1.0 and fit.fitted:
            fit = fit_at(xy_px, subjects, centre, grid, bandwidth_factor * fit.bandwidth_px)
        log_density = log_density_map(fit, xy_px, log_centre_bias, grid)
        yield StimulusDensity(stim_id, fit, log_density, log_centre_bias, xy_px, subjects)
