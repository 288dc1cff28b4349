"""Regressions, agreement and failures: checks that say what they should."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.effects.agreement import agreement
from analysis.effects.bootstrap import Resamples
from analysis.effects.contrasts import Contrast
from analysis.effects.failures import failures
from analysis.effects.models import clustered_logits


def trials(effect, source_sd, seed, n_subjects=20, n_sources=20):
    generator = np.random.default_rng(seed)
    rows = []
    base = generator.normal(-1, 0.5, n_sources)
    own = generator.normal(0, 0.3, n_subjects)
    effects = generator.normal(effect, source_sd, n_sources)
    for source in range(n_sources):
        for subject in range(n_subjects):
            for version in (0, 1):
                logit = base[source] + own[subject] + version * effects[source]
                hits = generator.binomial(9, 1 / (1 + np.exp(-logit)))
                rows.append((f"{subject}", f"s{source}", "t", "increase", version, hits, 9))
    columns = ["subject", "source_id", "target", "direction", "version", "on_target",
               "n_fixations"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def test_the_logit_finds_the_effect_and_how_sure_it_is():
    """Its clustered errors are as wide as effects differ from one experiment to the next."""
    found = pd.concat([clustered_logits(trials(0.8, 0.6, seed), "all") for seed in range(12)])
    assert found["log_odds"].mean() == pytest.approx(0.8, abs=0.15)
    spread = found["log_odds"].std()
    assert 0.5 * spread < found["standard_error"].mean() < 2 * spread
    # Without clusters the error would be that of 7,200 independent fixations, 0.05.
    assert found["standard_error"].mean() > 0.1
    assert (found["p"] < 0.01).all()


def test_a_target_that_nobody_fixated_and_a_study_too_small_give_no_model():
    table = trials(0.5, 0.3, 0)
    table.loc[table["source_id"] == "s0", "on_target"] = 0
    assert np.isfinite(clustered_logits(table, "all")["log_odds"]).all()
    one_source = table[table["source_id"] == "s1"]
    assert clustered_logits(one_source, "all")["log_odds"].isna().all()


def contrast(people, model, target="t", original=0.2):
    aim = SimpleNamespace(measure="p_obj" if target else "entropy_bits", target=target)
    return Contrast(
        aim,
        SimpleNamespace(people=original, model=original),
        SimpleNamespace(people=original + people, model=original + model),
    )


def test_slope_and_signs_of_people_who_do_a_quarter_of_what_is_predicted():
    model = np.array([0.4, 0.2, -0.3, -0.1])
    contrasts = [contrast(0.25 * change, change) for change in model]
    draws = np.random.default_rng(0).normal(0, 0.01, (500, 4)) + 0.25 * model
    row = agreement(contrasts, "all", Resamples(draws, draws, np.ones((500, 4)))).iloc[0]
    assert (row["n"], row["n_same_sign"], row["sign_agreement"]) == (4, 4, 1.0)
    assert row["slope"] == pytest.approx(0.25)
    assert row["slope_low"] < 0.25 < row["slope_high"]
    assert row["slope_high"] - row["slope_low"] < 0.1
    assert row["correlation"] == pytest.approx(1)


def test_failures_are_those_against_the_prediction_largest_first():
    contrasts = [
        contrast(0.1, 0.3), contrast(0.07, -0.32), contrast(np.nan, 0.3), contrast(-0.2, 0.1),
        contrast(1.0, -2.0, target=None),
    ]  # fmt: skip
    assert failures(contrasts) == [contrasts[3], contrasts[1], contrasts[4]]
