"""The same effects by regression, without any density: a check, and a table for other programs.

Every fixation lies on its target or beside it. A logit with a term for each target and one for the
version gives the odds of fixating the target, version against original. Fixations of a subject,
and fixations on a photograph, are alike, so that errors are clustered both ways (Cameron, Gelbach
& Miller 2011). With few clusters such an error can fall far below that of independent fixations by
chance, so that it is the largest of four: by subject, by source, by both, and binomial. Intervals
are Student's with one degree of freedom less than there are clusters of the rarer kind (Cameron &
Miller 2015): few photographs make for broad ones, and fewer than three for none.
"""

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.density.grid import Grid
from analysis.effects.comparisons import Comparison
from analysis.effects.intervals import LEAST_SOURCES
from analysis.effects.student import quantile, two_sided
from stimuli.contract.vocabulary import Direction
from stimuli.support.tables import Column, Schema

TRIALS = Schema(
    "trials",
    (
        Column("subject", str, "Participant's number"),
        Column("source_id", str, "Photograph"),
        Column("stim_id", str, "Stimulus"),
        Column("target", str, "COCO annotations of the target"),
        Column("direction", str, "Aim for this target: increase or decrease"),
        Column("version", int, "0 the original, 1 the version"),
        Column("block_position", int, "1 for the block that this subject saw first"),
        Column("on_target", int, "Fixations on the target"),
        Column("n_fixations", int, "Fixations on the image"),
        Column("trial", int, "Trial, counted from 1 over the subject's session"),
        Column("block", str, "Set of stimuli that the trial stood in"),
        Column("version_id", str, "Version that the row is about; an original has a row for each"),
    ),
)

MODELS = Schema(
    "models",
    (
        Column("subset", str, "Fixations used"),
        Column("direction", str, "Aim for the targets"),
        Column("n_trials", int, "Trials, counted for each target"),
        Column("n_fixations", int, "Fixations in them"),
        Column("log_odds", float, "Version against original, of fixating the target"),
        Column("standard_error", float, "Largest of: by subject, by source, by both, binomial"),
        Column("log_odds_low", float, "Lower end of the 95 % interval"),
        Column("log_odds_high", float, "Upper end"),
        Column("p", float, "Of no change, two-sided"),
    ),
)

_TRIAL = ["subject", "block_position", "block", "trial"]
_NO_ESTIMATE = (math.nan, math.nan, math.nan)


def trial_table(
    comparisons: Sequence[Comparison],
    fixations: pd.DataFrame,
    coverage: Mapping[Comparison, np.ndarray],
    grid: Grid,
) -> pd.DataFrame:
    """Return how many fixations of every trial lay on each target that the trial bears on.

    In R: ``glmer(cbind(on_target, n_fixations - on_target) ~ version + (version | subject) +
    (version | source_id) + (1 | target), family = binomial)``.

    Parameters
    ----------
    fixations : DataFrame
        Fixations that are used, by `stimuli.contract.schemas.FIXATIONS`.
    coverage : mapping
        Share of every cell that the target covers, by comparison.

    Returns
    -------
    trials : DataFrame
        Rows by `TRIALS`.
    """
    parts, about = [], list[dict[str, object]]()
    columns = [*_TRIAL, "x_px", "y_px"]
    by_stimulus = {str(name): rows for name, rows in fixations.groupby("stim_id")[columns]}
    for comparison in comparisons:
        if comparison.target is None:
            continue
        covered = coverage[comparison].ravel() >= 0.5
        for version, stimulus in enumerate((comparison.original, comparison.version)):
            rows = by_stimulus.get(stimulus.stim_id)
            if rows is None:
                continue
            cells = grid.cell_of(rows[["x_px", "y_px"]].to_numpy(float))
            parts.append(rows.assign(on_target=covered[cells], about=len(about)))
            about.append(
                {
                    "source_id": stimulus.source_id, "stim_id": stimulus.stim_id,
                    "target": comparison.annotation_ids, "direction": str(comparison.direction),
                    "version": version, "version_id": comparison.version.stim_id,
                }
            )  # fmt: skip
    if not parts:
        return pd.DataFrame(columns=list(TRIALS.names))
    trials = pd.concat(parts, ignore_index=True).groupby(["about", *_TRIAL])["on_target"]
    counted = trials.agg(on_target="sum", n_fixations="size").reset_index()
    table = counted.join(pd.DataFrame(about), on="about")
    return table[list(TRIALS.names)].astype({"on_target": int})


def clustered_logits(trials: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return the log odds of fixating the target, version against original, by regression.

    Parameters
    ----------
    trials : DataFrame
        Rows by `TRIALS`.
    label
        Content of the column ``subset``.

    Returns
    -------
    models : DataFrame
        Rows by `MODELS`, one a direction; NaN where a model cannot be fitted.
    """
    rows = []
    for direction in (Direction.INCREASE, Direction.DECREASE, Direction.CONTROL):
        chosen = trials[trials["direction"] == direction]
        if chosen.empty:
            continue
        estimate, error, freedom = _logit(chosen)
        half = quantile(0.975, freedom) * error
        rows.append(
            {
                "subset": label, "direction": str(direction), "n_trials": len(chosen),
                "n_fixations": int(chosen["n_fixations"].sum()), "log_odds": estimate,
                "standard_error": error, "log_odds_low": estimate - half,
                "log_odds_high": estimate + half,
                "p": two_sided(estimate / error, freedom),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(MODELS.names))


def _logit(table: pd.DataFrame) -> tuple[float, float, float]:
    """Return the log odds of the version, their error and its degrees of freedom, or NaN."""
    from statsmodels.genmod.families import Binomial  # statsmodels.api takes a second to import
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

    item = table["source_id"].astype(str) + "/" + table["target"].astype(str)
    # A target that nobody or everybody fixated tells nothing, and its term would run away.
    share = table.groupby(item)["on_target"].transform("sum") / table.groupby(item)[
        "n_fixations"
    ].transform("sum")
    table, item = table[share.between(0, 1, "neither")], item[share.between(0, 1, "neither")]
    n_subjects, n_sources = table["subject"].nunique(), table["source_id"].nunique()
    if n_subjects < 2 or n_sources < LEAST_SOURCES or table["version"].nunique() < 2:
        return _NO_ESTIMATE
    design = pd.get_dummies(item, dtype=float)
    design.insert(0, "version", table["version"].astype(float))
    if len(design) <= design.shape[1]:  # the model would fit every trial, and errors divide by 0
        return _NO_ESTIMATE
    # Trials of one target and image have one probability: fitted are their sums.
    x, hits, n = design.to_numpy(), table["on_target"].to_numpy(), table["n_fixations"].to_numpy()
    _, first, image = np.unique(
        2 * pd.factorize(item)[0] + table["version"].to_numpy(int),
        return_index=True, return_inverse=True,
    )  # fmt: skip
    sums = np.column_stack([np.bincount(image, hits), np.bincount(image, n - hits)])
    groups = [pd.factorize(table[name])[0] for name in ("subject", "source_id")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = GLM(sums, x[first], family=Binomial()).fit(tol=1e-12)
            scores = (hits - n * fitted.fittedvalues[image])[:, None] * x
            # By both, by subject, by source.
            clustered = cov_cluster_2groups((scores, fitted.cov_params()), *groups)
        except (ValueError, np.linalg.LinAlgError):
            return _NO_ESTIMATE
        estimate = float(fitted.params[0])
        # Of both, a difference of variances, can be negative; the binomial one never is.
        variances = [float(fitted.cov_params()[0, 0]), *(float(one[0, 0]) for one in clustered)]
        error = math.sqrt(max(variances))
    sound = math.isfinite(estimate + error) and error > 0
    return (estimate, error, min(n_subjects, n_sources) - 1.0) if sound else _NO_ESTIMATE
