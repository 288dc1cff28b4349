"""How well people foretell people, where it is known how much they differ."""

import numpy as np
import pandas as pd
import pytest

from analysis.effects.counts import counts_of
from analysis.effects.noise_ceiling import noise_ceiling
from tests.analysis.effects.trials import simulated_trials


def ceiling_of(counts, predicted, strata=None, **options):
    strata = strata or dict.fromkeys(counts.subjects, "all")
    return noise_ceiling(counts, predicted, strata, seed=0, **options)


def test_halves_predict_as_well_as_two_groups_of_other_people_would():
    """Two groups of the same size who look at the same photographs correlate as is foretold."""
    both = simulated_trials(3, 24, 300, source_sd=0.6, subject_sd=0.1)
    early = both["subject"] <= "12"
    first, second = counts_of(both[early]), counts_of(both[~early])
    between = np.corrcoef(first.pooled, second.pooled)[0, 1]
    row = ceiling_of(first, second.pooled).iloc[0]
    assert row["reliability"] == pytest.approx(between, abs=0.06)
    assert row["reliability_low"] < between < row["reliability_high"]
    assert row["split_half"] < row["reliability"] < row["ceiling"] < 1
    assert row["ceiling"] == pytest.approx(np.sqrt(row["reliability"]))
    # Other people are as noisy as these: they reach the ceiling times a ceiling of their own.
    assert row["of_ceiling"] == pytest.approx(row["ceiling"], abs=0.06)


def test_directions_have_ceilings_of_their_own_and_controls_none():
    effects = {"increase": 1.0, "decrease": -1.0, "control": 0.0}
    parts = [
        simulated_trials(seed, 8, 10, effect, direction=name)
        for seed, (name, effect) in enumerate(effects.items())
    ]
    counts = counts_of(pd.concat(parts))
    table = ceiling_of(counts, counts.pooled).set_index("direction")
    assert table["n"].to_dict() == {"both": 20, "increase": 10, "decrease": 10}
    # That versions went up or down is foretold with ease; how far, less so.
    assert table.loc["both", "reliability"] > table.loc["increase", "reliability"]
    few = ceiling_of(counts, np.where(counts.sources < "s02", counts.pooled, np.nan))
    assert few["note"].str.contains("too few sources").all()


def test_too_few_people_have_no_ceiling_and_the_note_says_so():
    counts = counts_of(simulated_trials(0, 3, 10))
    row = ceiling_of(counts, counts.pooled).iloc[0]
    assert "too few subjects" in row["note"]
    assert np.isnan(row[["reliability", "ceiling", "of_ceiling"]].astype(float)).all()


def test_halves_of_a_first_block_both_saw_originals_and_versions():
    counts = counts_of(simulated_trials(0, 12, 30, source_sd=1.5, first_block=True))
    strata = {subject: str(int(subject) % 3) for subject in counts.subjects}
    row = ceiling_of(counts, counts.pooled, strata).iloc[0]
    assert row["n"] == 30
    assert 0 < row["reliability"] < 1


def test_people_who_do_nothing_alike_have_nothing_to_foretell():
    trials = simulated_trials(5, 6, 8, 0.0, source_sd=0.0, subject_sd=0.0)
    halves = [trials[trials["subject"] <= "03"], trials[trials["subject"] > "03"]]
    rising = halves[0]["source_id"].str[1:].astype(int)
    up = halves[0].assign(on_target=np.where(halves[0]["version"] == 1, rising, 0), n_fixations=9)
    down = halves[1].assign(on_target=np.where(halves[1]["version"] == 1, 8 - rising.to_numpy(), 0),
                            n_fixations=9)  # fmt: skip
    counts = counts_of(pd.concat([up, down]))
    row = ceiling_of(counts, counts.pooled).iloc[0]
    assert "do not agree" in row["note"]
    assert row["split_half"] < 0
    # Spearman and Brown's formula would make less than -1 of it.
    assert row[["reliability", "reliability_low", "ceiling", "of_ceiling"]].isna().all()


def test_a_ceiling_that_may_be_nothing_gives_no_interval_of_what_a_model_has_of_it():
    """People who all do the same on every photograph, but for chance."""
    found = []
    for seed in range(8):
        counts = counts_of(simulated_trials(seed, 8, 8, source_sd=0.0, subject_sd=0.0))
        found.append(ceiling_of(counts, np.linspace(-1, 1, 8)).iloc[0])
    unsure = [row for row in found if row["split_half"] > 0 and not row["reliability_low"] > 0]
    assert len(unsure) > 2
    assert all("not told from zero" in row["note"] for row in unsure)
    assert all(np.isnan(row["of_ceiling_low"]) and np.isfinite(row["of_ceiling"]) for row in unsure)
