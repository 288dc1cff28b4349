"""Whole simulated studies: slope, effect and interval against what is true of them."""

import numpy as np
import pytest

from analysis.fixations.subsets import Subset
from benchmarks.simulated_studies import Truth, analysed, mean_model_change, simulate_study
from stimuli.contract.settings import AnalysisSettings
from stimuli.contract.vocabulary import Direction

N = 8


@pytest.fixture(scope="module")
def studies():
    generator = np.random.default_rng(11)
    return [simulate_study(Truth(), 12, 12, 0, generator) for _ in range(N)]


@pytest.fixture(scope="module")
def population():
    return {str(one): mean_model_change(one, 400)
            for one in (Direction.INCREASE, Direction.DECREASE)}  # fmt: skip


@pytest.mark.parametrize("subset", Subset)
def test_slope_and_effect_of_a_right_model_are_those_that_are_true(studies, population, subset):
    slopes, held, errors = [], [], []
    for seed, study in enumerate(studies):
        summary, agreement = analysed(study, subset, seed=seed, resamples=300)
        row = agreement.iloc[0]
        slopes.append(row["slope"])
        held.append(row["slope_low"] <= 1 <= row["slope_high"])
        for people in summary[summary["observer"] == "people"].to_dict("records"):
            truth = population[people["direction"]]
            held.append(people["mean_change_low"] <= truth <= people["mean_change_high"])
            errors.append(people["mean_change"] / truth - 1)
    assert np.mean(slopes) == pytest.approx(1, abs=0.12)
    assert np.mean(errors) == pytest.approx(0, abs=0.12)
    assert sum(held) >= 3 * N - 3  # of 24 at 0.95 fewer than 21 would be one in a hundred


def test_as_published_the_slope_of_a_right_model_is_less_than_1(studies):
    """The defect that counted shares repair: the density of people is smoothed, the model's not."""
    published = AnalysisSettings(p_obj="density", entropy="plain")
    _, agreement = analysed(studies[0], Subset.ALL, seed=0, settings=published, resamples=200)
    row = agreement.iloc[0]
    assert row["slope_high"] < 1
    assert row["slope"] == row["slope_density"] < 0.85
