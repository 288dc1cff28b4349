"""The densities of a whole set of stimuli, one after the other so that memory stays flat."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias, smooth_counts
from analysis.density.fitted import FittedDensity, fit_density
from analysis.density.grid import Grid
from analysis.density.part import Part
from stimuli.support.threads import in_threads


def stimulus_densities(
    fixations: pd.DataFrame,
    groups: Mapping[str, str],
    centre_bias: CentreBias,
    *,
    bandwidth_factor: float = 1.0,
    parts: Mapping[str, Part] | None = None,
) -> Iterator[tuple[str, FittedDensity]]:
    """Fit the density of every stimulus, in a few threads; yield its name and the density.

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
    samples = _samples(fixations, groups, centre_bias, parts)

    def fitted(one: _Sample) -> tuple[str, FittedDensity]:
        density = fit_density(
            one.xy_px, one.subjects, one.grid, log_centre_bias=one.log_centre_bias,
            bandwidth_factor=bandwidth_factor,
        )  # fmt: skip
        return one.stim_id, density

    yield from in_threads(fitted, samples)


@dataclass(frozen=True, eq=False)
class _Sample:
    """What the density of a stimulus is fitted to, in pixels of its photograph."""

    stim_id: str
    xy_px: np.ndarray
    subjects: np.ndarray
    grid: Grid
    log_centre_bias: np.ndarray


def _samples(
    fixations: pd.DataFrame,
    groups: Mapping[str, str],
    centre_bias: CentreBias,
    parts: Mapping[str, Part] | None,
) -> Iterator[_Sample]:
    by_stimulus = {str(name): rows for name, rows in fixations.groupby("stim_id", sort=False)}
    by_group = {
        str(name): rows for name, rows in fixations.groupby(fixations["stim_id"].map(groups))
    }
    nothing = fixations.iloc[:0]
    exposure = None if parts is None else _Exposure(parts, groups, by_stimulus, centre_bias)
    group: str | None = None
    log_centre_bias = np.empty(0)
    for stim_id, group_now in groups.items():
        if group_now != group:
            group = group_now
            log_centre_bias = centre_bias.log_map(_positions(by_group.get(group, nothing)))
            if exposure is not None:
                log_centre_bias = log_centre_bias - exposure.log_of_others(group)
        rows = by_stimulus.get(stim_id, nothing)
        subjects = rows["subject"].to_numpy(dtype=str)
        xy_px, grid, log_bias = _positions(rows), centre_bias.grid, log_centre_bias
        if parts is not None:
            part = parts[stim_id]
            xy_px, log_bias = part.positions(xy_px), part.cut(log_bias, grid)
            grid = part.grid
        yield _Sample(stim_id, xy_px, subjects, grid, log_bias)


def _positions(fixations: pd.DataFrame) -> np.ndarray:
    return fixations[["x_px", "y_px"]].to_numpy(dtype=np.float64)


class _Exposure:
    """Where fixations would lie in the frame if each photograph's were spread evenly over it.

    Photographs of several shapes overlap in the middle of the frame, where more fixations lie
    whatever people prefer; the centre bias is what there is beyond that.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        groups: Mapping[str, str],
        by_stimulus: Mapping[str, pd.DataFrame],
        centre_bias: CentreBias,
    ) -> None:
        self._centre_bias, frame = centre_bias, centre_bias.grid
        self._differ = any(part.grid != frame for part in parts.values())
        self._of_group: dict[str, np.ndarray] = {}
        for stim_id, group in groups.items() if self._differ else ():
            covered = parts[stim_id].covered(frame)
            even = len(by_stimulus.get(stim_id, ())) / covered.sum() * covered
            self._of_group[group] = self._of_group.get(group, 0.0) + even
        self._all: np.ndarray | float = sum(self._of_group.values(), 0.0)

    def log_of_others(self, group: str) -> np.ndarray | float:
        """Return the logarithm of the exposure by all other groups, smoothed as the bias is."""
        bias = self._centre_bias
        others = np.asarray(self._all - self._of_group.get(group, 0.0))
        if not self._differ or not np.isfinite(bias.bandwidth_px) or others.max() <= 0:
            return 0.0
        smooth = smooth_counts(others, bias.bandwidth_px, bias.grid)
        return np.log(smooth.clip(1e-6 * smooth.max()))
