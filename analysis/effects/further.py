"""What else the recordings tell, beside the effects: models, people, ceilings and mechanism."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.bootstrap import draw, freedom_of
from analysis.effects.contrasts import Contrast
from analysis.effects.counts import Counts, counts_of
from analysis.effects.mechanism.features import comparison_features
from analysis.effects.mechanism.moderators import moderators_table
from analysis.effects.mechanism.predictors import CountedResamples, comparable, predictors_table
from analysis.effects.mixed.mixed_logit import mixed_logits
from analysis.effects.noise_ceiling import noise_ceiling, predicted_changes
from analysis.effects.standardised import standardised_effects, subject_effects
from stimuli.contract.study import Study


@dataclass(frozen=True, eq=False)
class FurtherResults:
    """Results of the counts of fixations on targets; tables without rows where there is no target.

    Attributes
    ----------
    mixed : DataFrame
        Odds of fixating the target by mixed logits (`MIXED_MODELS`).
    standardised, subjects : DataFrames
        Cohen's d_z over subjects and sources; the effect on every subject.
    ceiling : DataFrame
        How well half of the people foretell the others, and the model all of them.
    comparisons : DataFrame
        What is known of every comparison, and people's counted change.
    predictors, moderators : DataFrames
        Which prediction foretells people best; changes by object, edit and naturalness.
    """

    mixed: pd.DataFrame
    standardised: pd.DataFrame
    subjects: pd.DataFrame
    ceiling: pd.DataFrame
    comparisons: pd.DataFrame
    predictors: pd.DataFrame
    moderators: pd.DataFrame


def further_results(
    study: Study,
    contrasts: Sequence[Contrast],
    trials: pd.DataFrame,
    subject_strata: Mapping[str, str],
    label: str,
) -> FurtherResults:
    """Return what the counts of fixations on targets tell.

    Parameters
    ----------
    study : Study
        Its settings and its folder, where the objects' categories are.
    contrasts
        Versions with their originals, as `measure_effects` returns them.
    trials : DataFrame
        Rows by `analysis.effects.models.TRIALS`.
    subject_strata : mapping
        Group of every subject, as `analysis.subject_strata` returns it.
    label
        Content of the columns ``subset``.
    """
    counts, seed = counts_of(trials), study.settings.study.seed
    features = comparison_features(study, contrasts, counts, label)
    resamples = _resampled(counts, subject_strata, seed, study.settings.analysis.resamples)
    model, known = predicted_changes(contrasts, counts), comparable(features)
    ceiling = noise_ceiling(counts, model, subject_strata, seed=seed, label=label)
    # Predictions are compared where all of them are known; what can be reached there is another.
    of_known = noise_ceiling(counts, np.where(known, model, np.nan), subject_strata, seed=seed)
    ceilings = dict(zip(of_known["direction"], of_known["ceiling"], strict=True))
    return FurtherResults(
        mixed=mixed_logits(trials, label),
        standardised=standardised_effects(counts, label),
        subjects=subject_effects(counts, label),
        ceiling=ceiling,
        comparisons=features,
        predictors=predictors_table(features, resamples, label, ceilings),
        moderators=moderators_table(features, resamples, label),
    )


def _resampled(
    counts: Counts, subject_strata: Mapping[str, str], seed: int, resamples: int
) -> CountedResamples:
    """Draw subjects, within their groups, and sources anew, together."""
    generator = np.random.default_rng([seed, counts.hits.shape[2]])
    strata = [subject_strata[subject] for subject in counts.subjects]
    changes = counts.changes(draw(strata, resamples, generator))
    freedom = freedom_of(strata)
    if freedom < 1:  # of a group of one nobody knows how subjects differ
        changes = np.full_like(changes, np.nan)
    unit, names = pd.factorize(counts.sources)
    times = draw(["all"] * len(names), resamples, generator)
    return CountedResamples(changes, times[:, unit], freedom)
