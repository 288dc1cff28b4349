"""``analysis``: the paper's whole analysis, from fixations to intervals.

72 stimuli of 24 sources, seen by 23 people: for all fixations, the first block and the first
fixation, the fitted densities and their maps, the maps that leave each person out, p_obj and
entropies of people and model, and 10,000 resamples. Reading recordings and drawing the report are
not in it.
"""

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from analysis.density.centre_bias import fit_centre_bias
from analysis.density.grid import Grid
from analysis.density.maps import leave_one_out_maps
from analysis.density.stimuli import stimulus_densities
from analysis.effects.bootstrap import pigeonhole_bootstrap
from analysis.effects.comparisons import Comparison, comparisons_of
from analysis.effects.contrasts import Contrast
from analysis.effects.estimates import Estimate, estimate
from analysis.effects.measuring import subject_strata
from analysis.effects.predictions import predicted_log_density
from analysis.effects.summary import summary_table
from analysis.fixations.subsets import Subset, select_fixations
from benchmarks.harness import Row
from stimuli.contract.vocabulary import Block, Condition, Direction, Stimulus, Target

SOURCES, ENTROPY_SOURCES, SUBJECTS, FIXATIONS, SIDE_PX, CELLS = 24, 3, 23, 9, 1024, 512
ORDERS = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
_BLOCKS = (Block.ORIGINALS, Block.VERSIONS_1, Block.VERSIONS_2)
_DIRECTIONS = (Direction.NONE, Direction.INCREASE, Direction.DECREASE)
_SHIFTS = {Direction.NONE: 0.0, Direction.INCREASE: 2.0, Direction.DECREASE: -2.0}


def run() -> list[Row]:
    """Time the analysis of a made-up study: its three subsets in two threads.

    The arithmetic is NumPy's, which lets other threads run, and threads need no start.
    """
    grid = Grid(SIDE_PX, SIDE_PX, CELLS, CELLS)
    stimuli, coverage = _stimuli(grid)
    table = _fixations(stimuli, coverage, grid)
    start = time.perf_counter()
    with threadpool_limits(1):
        done = joblib.Parallel(n_jobs=2, prefer="threads")(
            joblib.delayed(_timed)(stimuli, coverage, table, subset, grid) for subset in Subset
        )
    seconds = time.perf_counter() - start
    n_maps = sum(one.n_maps for one in done)
    note = (
        f"{SOURCES * 3} stimuli, {SUBJECTS} people, {len(table)} fixations, maps of {CELLS} x "
        f"{CELLS}, {n_maps} left-out maps, 10,000 resamples; 2 threads with one of BLAS each, "
        f"at most {max(one.peak_gib for one in done):.1f} GiB"
    )
    rows = [Row(f"analysis/{one.subset}", one.seconds, note="beside the others") for one in done]
    return [Row("analysis", seconds, note=note), *rows]


@dataclass(frozen=True)
class _Took:
    subset: Subset
    seconds: float
    peak_gib: float
    n_maps: int


def _timed(stimuli, coverage, table, subset, grid) -> _Took:
    start = time.perf_counter()
    n_maps = _analyse(stimuli, coverage, select_fixations(table, subset), subset, grid)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return _Took(subset, time.perf_counter() - start, peak, n_maps)


def _stimuli(grid: Grid) -> tuple[list[Stimulus], dict[str, np.ndarray]]:
    """Return the stimuli, and by source the share of every cell that its target covers."""
    generator, stimuli, coverage = np.random.default_rng(0), [], {}
    for number in range(SOURCES):
        kind = Condition.ENTROPY if number < ENTROPY_SOURCES else Condition.OBJECT
        source = f"source-{number:02d}"
        left, top = generator.integers(CELLS // 8, CELLS // 2, 2)
        coverage[source] = np.zeros(grid.shape)
        coverage[source][top : top + CELLS // 5, left : left + CELLS // 5] = 1.0
        for direction, block in zip(_DIRECTIONS, _BLOCKS, strict=True):
            original = direction == Direction.NONE
            targets = (Target((number,), _SHIFTS[direction], "mask.png"),)
            stimuli.append(
                Stimulus(
                    f"{source}-{direction}", source, Condition.ORIGINAL if original else kind,
                    direction, block, () if original or kind == Condition.ENTROPY else targets,
                    1.0, "", None, "", "", "", "", "",
                )
            )  # fmt: skip
    return stimuli, coverage


def _fixations(
    stimuli: list[Stimulus], coverage: Mapping[str, np.ndarray], grid: Grid
) -> pd.DataFrame:
    generator, parts = np.random.default_rng(1), []
    for stimulus in stimuli:
        p = {"none": 0.2, "increase": 0.4, "decrease": 0.1}[stimulus.direction]
        rows, columns = np.nonzero(coverage[stimulus.source_id])
        for subject in range(SUBJECTS):
            on = generator.random(FIXATIONS) < p
            chosen = generator.integers(0, len(rows), FIXATIONS)
            at = np.stack([columns[chosen], rows[chosen]], axis=1) * SIDE_PX / CELLS
            near = generator.normal(SIDE_PX / 2, SIDE_PX / 6, (FIXATIONS, 2))
            xy = np.where(on[:, None], at, near).clip(0, SIDE_PX - 1)
            position = ORDERS[subject % 3].index(_BLOCKS.index(stimulus.block)) + 1
            parts.append(
                pd.DataFrame(
                    {
                        "subject": f"{subject:02d}", "block": str(stimulus.block),
                        "block_position": position, "stim_id": stimulus.stim_id,
                        "fixation": np.arange(1, FIXATIONS + 1), "x_px": xy[:, 0],
                        "y_px": xy[:, 1], "inside": True,
                    }
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _analyse(
    stimuli: list[Stimulus], coverage: Mapping[str, np.ndarray], fixations: pd.DataFrame,
    subset: Subset, grid: Grid,
) -> int:  # fmt: skip
    """Do all of it; return the number of left-out maps."""
    comparisons = comparisons_of(stimuli)
    groups = {one.stim_id: one.source_id for one in stimuli}
    by_id = {one.stim_id: one for one in stimuli}
    xy = fixations[["x_px", "y_px"]].to_numpy()
    bias = fit_centre_bias(xy, fixations["stim_id"].map(groups).to_numpy(str), grid)
    subjects = sorted(fixations["subject"].unique())
    estimates: dict[tuple[Comparison, str], Estimate] = {}
    n_maps = 0
    for stim_id, density in stimulus_densities(fixations, groups, bias):
        stimulus = by_id[stim_id]
        target = coverage[stimulus.source_id]
        log_model = predicted_log_density(
            (target * _SHIFTS[stimulus.direction]).astype(np.float32), density.log_centre_bias, grid
        )
        left_out = leave_one_out_maps(
            density.fit, density.xy_px, density.subjects, np.exp(density.log_centre_bias), grid
        )
        n_maps += sum(1 for _ in left_out)
        for one in comparisons:
            if stim_id in (one.original.stim_id, one.version.stim_id):
                region = target if one.target else None
                estimates[one, stim_id] = estimate(density, log_model, region, subjects)
    contrasts = [
        Contrast(one, estimates[one, one.original.stim_id], estimates[one, one.version.stim_id])
        for one in comparisons
    ]
    strata = subject_strata(fixations)
    resamples = pigeonhole_bootstrap(contrasts, strata, seed=0, resamples=10_000)
    summary_table(contrasts, subset, resamples)
    return n_maps
