"""Mixed logits recover the odds that people were made with, and say how sure they are."""

import numpy as np
import pandas as pd
import pytest

from analysis.effects.mixed.mixed_logit import MIXED_MODELS, mixed_logits
from tests.analysis.effects.trials import simulated_trials


def test_intervals_hold_the_true_odds_as_often_as_they_say():
    found = pd.concat([mixed_logits(simulated_trials(seed, 9, 8), "all") for seed in range(40)])
    held = found["log_odds_low"].lt(0.5) & found["log_odds_high"].gt(0.5)
    assert held.sum() >= 36
    assert found["log_odds"].mean() == pytest.approx(0.5, abs=0.1)
    # As wide as estimates differ from one study to the next, and no wider.
    assert found["standard_error"].mean() == pytest.approx(found["log_odds"].std(), rel=0.3)
    assert np.allclose(found["odds_ratio"], np.exp(found["log_odds"]))


def test_spreads_between_people_and_photographs_come_back():
    trials = simulated_trials(1, 30, 30, source_sd=0.8, subject_sd=0.0, fixations=20)
    row = mixed_logits(trials, "all").iloc[0]
    assert tuple(row.index) == MIXED_MODELS.names
    assert row["sd_source_version"] == pytest.approx(0.8, abs=0.25)
    assert row["sd_subject_version"] < 0.15
    assert row["sd_source"] == pytest.approx(0.8, abs=0.25)
    assert row["df"] == 29


def test_a_first_block_has_no_spread_of_effects_between_subjects():
    row = mixed_logits(simulated_trials(0, 12, 8, first_block=True), "first-block").iloc[0]
    assert "(1 | subject) + (version | source_id)" in row["formula"]
    assert np.isnan(row["sd_subject_version"])
    assert row["log_odds_low"] < 0.5 < row["log_odds_high"]


def test_several_targets_of_a_source_have_a_term_of_their_own():
    parts = [simulated_trials(seed, 6, 8).assign(target=str(seed)) for seed in (1, 2)]
    assert "(1 | source_id:target)" in mixed_logits(pd.concat(parts), "all")["formula"][0]


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        (lambda t: t[t["source_id"] < "s02"], "fewer than three"),
        (lambda t: t[t["version"] == 0], "originals or versions alone"),
        (lambda t: t.assign(on_target=0), "no fixation, or every one"),
        (lambda t: t.assign(on_target=t["on_target"] * t["version"]), "on originals no fixation"),
        # All on one photograph, none on the others: any odds ratio fits as well.
        (
            lambda t: t.assign(on_target=t["n_fixations"] * (t["source_id"] == "s00")),
            "no curvature",
        ),
    ],
)
def test_what_tells_nothing_has_no_model_and_says_why(changed, note):
    row = mixed_logits(changed(simulated_trials(0, 5, 5)), "all").iloc[0]
    assert note in row["note"]
    assert row[["log_odds", "odds_ratio", "formula"]].isna().all()
