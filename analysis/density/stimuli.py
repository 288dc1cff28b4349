"""The densities of a whole set of stimuli, one after the other so that memory stays flat."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias
from analysis.density.fitted import FittedDensity, fit_density
from analysis.density.part import Part


def stimulus_densities(
    fixations: pd.DataFrame,
    groups: Mapping[str, str],
    centre_bias: CentreBias,
    *,
    bandwidth_factor: float = 1.0,
    parts: Mapping[str, Part] | None = None,
) -> Iterator[tuple[str, FittedDensity]]:
    """Fit the density of every stimulus; yield its name and the density.

    Parameters
    ----------
    fixations : DataFrame
        ``stim_id``, ``subject``, ``x_px``, ``y_px``; on the image only, in pixels of the frame.
    groups : mapping
        Group that the centre bias of each stimulus leaves out: its source, or itself. Stimuli
        of one group should follow each other, since the centre bias is made once a group.
    centre_bias : CentreBias
        Fitted to the same fixations with the same groups.
    bandwidth_factor
        Factor on every fitted bandwidth, the weights being fitted anew.
    parts
        What the photograph of each stimulus fills of the frame; all of it where this is None.
    """
    by_stimulus = {str(name): rows for name, rows in fixations.groupby("stim_id", sort=False)}
    by_group = {
        str(name): rows for name, rows in fixations.groupby(fixations["stim_id"].map(groups))
    }
    nothing = fixations.iloc[:0]
    group: str | None = None
    log_centre_bias = np.empty(0)
    for stim_id, group_now in groups.items():
        if group_now != group:
            group = group_now
            log_centre_bias = centre_bias.log_map(_positions(by_group.get(group, nothing)))
        rows = by_stimulus.get(stim_id, nothing)
        subjects = rows["subject"].to_numpy(dtype=str)
        xy_px, grid, log_bias = _positions(rows), centre_bias.grid, log_centre_bias
        if parts is not None:
            part = parts[stim_id]
            xy_px, log_bias = part.positions(xy_px), part.cut(log_bias, grid)
            grid = part.grid
        yield (
            stim_id,
            fit_density(
                xy_px, subjects, grid, log_centre_bias=log_bias, bandwidth_factor=bandwidth_factor
            ),
        )


def _positions(fixations: pd.DataFrame) -> np.ndarray:
    return fixations[["x_px", "y_px"]].to_numpy(dtype=np.float64)
