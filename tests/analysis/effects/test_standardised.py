"""Effects in units of their spread, and on every subject, where the answer is known."""

import numpy as np
import pandas as pd
import pytest

from analysis.effects.counts import counts_of
from analysis.effects.standardised import cohens_d_z, standardised_effects, subject_effects
from tests.analysis.effects.trials import simulated_trials


def test_the_interval_of_d_z_ends_where_the_t_value_is_as_rare_as_it_says():
    """At the ends the noncentral t distribution has 2.5 % beyond the t value that was found."""
    generator = np.random.default_rng(0)
    changes = generator.normal(0.5, 1, 12)
    d_z, low, high = cohens_d_z(changes)
    t = d_z * np.sqrt(12)
    # By simulation, without scipy's noncentral t.
    noise, spread = generator.normal(size=200_000), np.sqrt(generator.chisquare(11, 200_000) / 11)
    for end, share in ((low, 0.975), (high, 0.025)):
        below = ((noise + end * np.sqrt(12)) / spread < t).mean()
        assert below == pytest.approx(share, abs=0.003)


def test_equal_changes_have_no_spread_and_two_are_too_few():
    assert np.isnan(cohens_d_z(np.full(5, 0.2))).all()
    assert np.isnan(cohens_d_z(np.array([0.1, 0.3]))).all()


def by_hand():
    """Two subjects, three sources: shares 0.2 before; after by subject and source."""
    after = {"01": (4, 6, 5), "02": (1, 2, 3)}
    rows = [
        (subject, source, version, hits if version else 2)
        for subject, many in after.items()
        for source, hits in zip("abc", many, strict=True)
        for version in (0, 1)
    ]
    columns = ["subject", "source_id", "version", "on_target"]
    trials = pd.DataFrame(rows, columns=columns).assign(target="7", n_fixations=10)
    return trials.assign(version_id=trials["source_id"], direction="increase")


def test_every_subject_has_the_mean_of_its_own_changes():
    table = subject_effects(counts_of(by_hand()), "all").set_index("subject")
    assert table["change"].to_dict() == pytest.approx({"01": 0.3, "02": 0.0})
    # Changes 0.2, 0.4, 0.3: standard error 0.1 / sqrt(3), Student's quantile of 2 degrees 4.303.
    half = 4.30265 * 0.1 / np.sqrt(3)
    assert table.loc["01", "change_high"] == pytest.approx(0.3 + half, abs=1e-5)
    assert table["as_asked"].to_dict() == {"01": True, "02": False}


def test_photographs_have_the_change_of_all_people_together():
    table = standardised_effects(counts_of(by_hand()), "all").set_index("over")
    assert table.loc["sources", "mean_change"] == pytest.approx(0.15)
    assert table.loc["sources", "d_z"] == pytest.approx(0.15 / np.std([0.05, 0.2, 0.2], ddof=1))
    assert table["n"].to_dict() == {"subjects": 2, "sources": 3}
    assert np.isnan(table.loc["subjects", "d_z"])


def test_a_first_block_has_changes_of_photographs_and_of_no_subject():
    counts = counts_of(simulated_trials(0, 9, 6, first_block=True))
    assert subject_effects(counts, "first-block").empty
    table = standardised_effects(counts, "first-block").set_index("over")
    assert table["n"].to_dict() == {"subjects": 0, "sources": 6}
