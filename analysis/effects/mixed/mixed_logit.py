"""The odds of fixating the target by a mixed logit: subjects and sources as random effects.

Every fixation lies on its target or beside it. Subjects differ in how often they look at targets
and in how far a version moves them, and so do sources; a source may have several targets. The log
odds of a version are those of a typical subject on a typical source: somewhat larger than what the
clustered logit (`analysis.effects.models`) gives, which averages over people. Intervals are
Student's with one degree of freedom less than there are units of the rarer kind, since the spread
between m units is itself uncertain, and by sqrt(m / (m - 1)) wider, since its likelihood is highest
where it is too small by that much.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.mixed.laplace import LaplaceFit, RandomTerm, fit_laplace
from analysis.effects.student import quantile, two_sided
from stimuli.contract.vocabulary import Direction
from stimuli.support.tables import Column, Schema

MIXED_MODELS = Schema(
    "mixed_models",
    (
        Column("subset", str, "Fixations used"),
        Column("direction", str, "Aim for the targets"),
        Column("n_trials", int, "Trials, counted for each target"),
        Column("n_fixations", int, "Fixations in them"),
        Column("n_subjects", int, "Subjects who made them"),
        Column("n_sources", int, "Photographs on which they lie"),
        Column("formula", str, "The model, as glmer of R's lme4 reads it; n/a: none was fitted"),
        Column("log_odds", float, "Version against original, of fixating the target"),
        Column("standard_error", float, "Of the log odds, as glmer has it"),
        Column("log_odds_low", float, "Lower end of the 95 % interval"),
        Column("log_odds_high", float, "Upper end"),
        Column("odds_ratio", float, "Odds of fixating the target in the version over the original"),
        Column("odds_ratio_low", float, "Lower end of the 95 % interval"),
        Column("odds_ratio_high", float, "Upper end"),
        Column("df", float, "Degrees of freedom of the interval"),
        Column("p", float, "Of no change, two-sided"),
        Column("sd_subject", float, "Spread of subjects' log odds on originals"),
        Column("sd_subject_version", float, "Spread of the version's effect between subjects"),
        Column("sd_source", float, "Spread of sources' log odds on originals"),
        Column("sd_source_version", float, "Spread of the version's effect between sources"),
        Column("sd_target", float, "Spread of the log odds between targets of a source"),
        Column("note", str, "What the model leaves out, or why there is none"),
    ),
)

_OUTCOME = "cbind(on_target, n_fixations - on_target)"
_VERSIONS = (0, 1)
_LARGEST_ERROR = 20.0  # of a log odds; beyond it the likelihood is flat
_SPREADS_UNSURE = "the likelihood does not tell the spreads; the interval takes them as they are"


@dataclass(frozen=True, eq=False)
class _Model:
    """A model of the trials of one direction, in numbers and in R's words."""

    names: Sequence[str]
    terms: Sequence[RandomTerm]
    slopes: Sequence[bool]

    @property
    def formula(self) -> str:
        effects = [
            f"({'version' if slope else '1'} | {name})"
            for name, slope in zip(self.names, self.slopes, strict=True)
        ]
        return " + ".join([f"{_OUTCOME} ~ version", *effects])


def mixed_logits(trials: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return the odds of fixating the target, version over original, by mixed logits.

    Intercepts are random over subjects, sources and, where a source has several, its targets; the
    effect of the version is random over those subjects and sources of whom both originals and
    versions were seen. The likelihood is Laplace's, as ``glmer`` of R's lme4 has it, and `formula`
    gives the very model.

    Parameters
    ----------
    trials : DataFrame
        Counts of every trial, as ``effects/trials.csv`` holds them: ``subject``, ``source_id``,
        ``target``, ``direction``, ``version`` (0 or 1), ``on_target``, ``n_fixations``.
    label
        Content of the column ``subset``.

    Returns
    -------
    models : DataFrame
        Rows by `analysis.effects.mixed.mixed_logit.MIXED_MODELS`, one a direction; NaN where a
        model cannot be fitted.

    Examples
    --------
    >>> from analysis import mixed_logits
    >>> import pandas as pd
    >>> cells = [(subject, source, version)
    ...          for subject in "1234" for source in "abcd" for version in (0, 1)]
    >>> trials = pd.DataFrame(cells, columns=["subject", "source_id", "version"])
    >>> trials = trials.assign(target="t", direction="increase", n_fixations=10)
    >>> trials["on_target"] = 2 + 3 * trials["version"]
    >>> models = mixed_logits(trials, "all")
    >>> models["odds_ratio"].round(2).tolist()  # (5 / 5) / (2 / 8)
    [4.0]
    >>> models["formula"][0].split(" ~ ")[1]
    'version + (version | subject) + (version | source_id)'
    """
    rows = []
    for direction in (Direction.INCREASE, Direction.DECREASE, Direction.CONTROL):
        chosen = trials[trials["direction"] == direction]
        if not chosen.empty:
            rows.append({"subset": label, "direction": str(direction)} | _row(chosen))
    return pd.DataFrame(rows, columns=list(MIXED_MODELS.names))


def _row(trials: pd.DataFrame) -> dict[str, object]:
    n_subjects, n_sources = trials["subject"].nunique(), trials["source_id"].nunique()
    counts: dict[str, object] = {
        "n_trials": len(trials), "n_fixations": int(trials["n_fixations"].sum()),
        "n_subjects": n_subjects, "n_sources": n_sources,
    }  # fmt: skip
    if n_subjects < 3 or n_sources < 3:
        return counts | {"note": "fewer than three subjects or sources: no model"}
    if set(trials["version"]) != set(_VERSIONS):
        return counts | {"note": "originals or versions alone: no model"}
    hits, n = trials["on_target"].to_numpy(float), trials["n_fixations"].to_numpy(float)
    if not 0 < hits.sum() < n.sum():
        return counts | {"note": "no fixation, or every one, lies on the target: no model"}
    for version, images in enumerate(("originals", "versions")):
        seen = trials["version"].to_numpy() == version
        if not 0 < hits[seen].sum() < n[seen].sum():
            return counts | {"note": f"on {images} no fixation, or every one, lies on the target: "
                                     f"the odds ratio has no bound, no model"}  # fmt: skip
    model = _model(trials)
    fixed = np.column_stack([np.ones(len(trials)), trials["version"].to_numpy(float)])
    try:
        fit = fit_laplace(hits, n, fixed, model.terms)
    except (ValueError, np.linalg.LinAlgError):
        return counts | {"note": "the model cannot be fitted"}
    if not np.isfinite(fit.covariance).all() or fit.covariance[1, 1] > _LARGEST_ERROR**2:
        return counts | {"note": "the likelihood has no curvature at its maximum: no model"}
    df = float(min(n_subjects, n_sources) - 1)
    note = {} if fit.converged else {"note": _SPREADS_UNSURE}
    return counts | {"formula": model.formula} | note | _effect(fit, df) | _spreads(model, fit)


def _model(trials: pd.DataFrame) -> _Model:
    """Return the random effects that the trials can tell of."""
    version = trials["version"].to_numpy(float)
    names, terms, slopes = [], [], []
    for name in ("subject", "source_id"):
        seen = trials.groupby(name)["version"].nunique()
        # A spread of effects needs units of whom both were seen; in a first block no subject is.
        slope = int((seen == len(_VERSIONS)).sum()) > 2
        unit = pd.factorize(trials[name])[0]
        ones = np.ones(len(trials))
        columns = np.column_stack([ones, version]) if slope else ones[:, None]
        names.append(name)
        terms.append(RandomTerm(unit, columns))
        slopes.append(slope)
    targets = trials["source_id"].astype(str) + ":" + trials["target"].astype(str)
    if targets.nunique() > trials["source_id"].nunique() + 2:
        names.append("source_id:target")
        terms.append(RandomTerm(pd.factorize(targets)[0], np.ones((len(trials), 1))))
        slopes.append(False)
    return _Model(names, terms, slopes)


def _effect(fit: LaplaceFit, df: float) -> dict[str, object]:
    estimate, error = float(fit.beta[1]), math.sqrt(max(float(fit.covariance[1, 1]), 0.0))
    wide = error * math.sqrt((df + 1) / df)
    half = quantile(0.975, df) * wide
    low, high = estimate - half, estimate + half
    return {
        "log_odds": estimate, "standard_error": error, "log_odds_low": low, "log_odds_high": high,
        "odds_ratio": math.exp(estimate), "odds_ratio_low": math.exp(min(low, 700.0)),
        "odds_ratio_high": math.exp(min(high, 700.0)), "df": df,
        "p": two_sided(estimate / wide, df),
    }  # fmt: skip


def _spreads(model: _Model, fit: LaplaceFit) -> dict[str, object]:
    found: dict[str, object] = {}
    short = {"subject": "sd_subject", "source_id": "sd_source", "source_id:target": "sd_target"}
    for name, slope, factor in zip(model.names, model.slopes, fit.factors, strict=True):
        deviations = np.sqrt((factor**2).sum(axis=1))
        found[short[name]] = float(deviations[0])
        if slope:
            found[f"{short[name]}_version"] = float(deviations[1])
    return found
