"""Regressions find the effect, and how sure it is."""

import numpy as np
import pandas as pd
import pytest

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


def test_a_model_of_as_many_terms_as_trials_gives_no_estimate():
    """In a first block two subjects see each source once: nothing is left for an error."""
    table = pd.DataFrame(
        [("1", "a", 0, 3), ("2", "a", 1, 5), ("1", "b", 1, 6)],
        columns=["subject", "source_id", "version", "on_target"],
    ).assign(target="t", direction="increase", n_fixations=9)
    found = clustered_logits(table, "first-block")
    assert found[["log_odds", "standard_error", "p"]].isna().all(axis=None)
    assert found["n_trials"].tolist() == [3]


def test_the_error_is_never_below_that_of_independent_fixations():
    """A subject's and a photograph's excess that cancel made an error of 0.037 where it is 0.23."""
    cells = {(0, 0): 4, (0, 1): 5, (1, 0): 5, (1, 1): 4, (0, 2): 4, (1, 2): 5}
    table = pd.DataFrame(
        [(str(i), f"s{j}", "t", "increase", version, hits + 2 * version, 9)
         for (i, j), hits in cells.items() for version in (0, 1)],
        columns=["subject", "source_id", "target", "direction", "version", "on_target",
                 "n_fixations"],
    )  # fmt: skip
    row = clustered_logits(table, "all").iloc[0]
    counts = table.groupby("version")["on_target"].sum()
    binomial = np.sqrt((1 / counts + 1 / (54 - counts)).sum())
    assert row["standard_error"] == pytest.approx(binomial, rel=0.02)
