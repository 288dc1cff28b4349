"""Which fixations lie on the aim of their source: the fixation table for regressions."""

import numpy as np
import pandas as pd

from analysis.effects.comparisons import Comparison
from analysis.effects.design import StudyDesign
from stimuli.contract.vocabulary import Condition, Direction


def fixations_on_targets(design: StudyDesign, fixations: pd.DataFrame) -> pd.DataFrame:
    """Return a fixation table with the columns that a regression of single fixations needs.

    A fixation is on a target where at least half of its cell of the study's grid is, as in
    ``effects/trials.csv``.

    Parameters
    ----------
    design : StudyDesign
        The study and its targets.
    fixations : DataFrame
        Rows by `stimuli.contract.schemas.FIXATIONS`.

    Returns
    -------
    fixations : DataFrame
        Rows by `stimuli.contract.schemas.FIXATIONS_ON_TARGETS`, in the same order.

    Examples
    --------
    >>> from analysis import fixations_on_targets, read_design, read_fixations
    >>> from stimuli import open_study
    >>> study = open_study("demo-study")
    >>> table = fixations_on_targets(read_design(study), read_fixations(study))
    >>> shares = table.dropna(subset="on_target").groupby("direction")["on_target"].mean()
    """
    target = np.full(len(fixations), None, object)
    on_target = np.full(len(fixations), None, object)
    xy_px = design.in_frame(fixations)[["x_px", "y_px"]].to_numpy(float)
    of_source = fixations.groupby("source_id").indices
    inside = fixations["inside"].to_numpy(bool)
    for source_id, aim in _aims(design).items():
        coverage = design.coverage_in_frame(aim)
        if coverage is None:
            continue
        rows = of_source.get(source_id, np.empty(0, int))
        target[rows], on_target[rows] = aim.annotation_ids, False
        rows = rows[inside[rows]]
        on_target[rows] = coverage.ravel()[design.grid.cell_of(xy_px[rows])] >= 0.5
    version = (fixations["condition"] != Condition.ORIGINAL).astype(int)
    return fixations.assign(version=version, target=target, on_target=on_target)


def _aims(design: StudyDesign) -> dict[str, Comparison]:
    """Return the first target of every source: of its increase, or else of another version."""
    aims: dict[str, Comparison] = {}
    for one in design.comparisons:
        before = aims.get(one.version.source_id)
        first = one.target is not None and one.target == one.version.targets[0]
        raises = one.version.direction == Direction.INCREASE
        if first and (
            before is None or (raises and before.version.direction != Direction.INCREASE)
        ):
            aims[one.version.source_id] = one
    return aims
