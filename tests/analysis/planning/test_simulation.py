"""What intervals cover, over whole experiments with observers and photographs drawn anew."""

import numpy as np
import pytest

from analysis.planning.populations import population_of
from analysis.planning.simulation import (
    Population,
    change_interval,
    effect_logit,
    simulate,
)

PAPER = Population(baseline=0.2, source_effect_sd=0.7)  # 21 targets, 23 people


def coverage(sources_too, *, first_block=False, n=250, seed=3):
    """Share of experiments whose 95 % interval holds the population's mean change of 0.09."""
    shift, generator = effect_logit(PAPER, 0.09), np.random.default_rng(seed)
    held = 0
    for _ in range(n):
        experiment = simulate(PAPER, shift, 23, 21, generator, first_block=first_block)
        low, high = change_interval(experiment, generator, resamples=300, sources_too=sources_too)
        held += low <= 0.09 <= high
    return held / n


def test_the_pigeonhole_interval_covers_what_it_says():
    assert coverage(True) > 0.93  # and errs on the wide side


def test_the_pigeonhole_interval_covers_between_subjects_too():
    assert coverage(True, first_block=True) > 0.93


def test_subjects_alone_are_far_too_narrow():
    assert coverage(False) < 0.7


def mean_change(experiment):
    """The mean change over sources of the share of fixations on the target."""
    before, after = (
        hits.sum(axis=0) / n.sum(axis=0) for hits, n in (experiment.original, experiment.version)
    )
    return (after - before).mean()


def test_the_effect_on_the_logit_brings_about_the_change_that_was_asked_for():
    population = Population(fixations=40)
    generator = np.random.default_rng(1)
    for change in (0.1, -0.05):
        shift = effect_logit(population, change)
        found = [mean_change(simulate(population, shift, 30, 60, generator)) for _ in range(40)]
        assert np.mean(found) == pytest.approx(change, abs=0.01)
    with pytest.raises(ValueError, match="beyond"):
        effect_logit(population, 0.9)


def test_spreads_of_a_large_study_are_recovered():
    import pandas as pd

    true = Population(0.25, 0.6, 0.4, 0.7, 0.5, 30)
    experiment = simulate(true, effect_logit(true, 0.1), 80, 80, np.random.default_rng(2))
    rows = []
    for version, (hits, n) in enumerate((experiment.original, experiment.version)):
        for subject, source in np.ndindex(*hits.shape):
            rows.append(
                (f"{subject:02d}", f"s{source}", "1", "increase", version,
                 int(hits[subject, source]), int(n[subject, source]))
            )  # fmt: skip
    columns = ["subject", "source_id", "target", "direction", "version", "on_target",
               "n_fixations"]  # fmt: skip
    found = population_of(pd.DataFrame(rows, columns=columns))
    assert found.baseline == pytest.approx(0.27, abs=0.04)
    assert found.baseline_sd == pytest.approx(0.6, abs=0.15)
    assert found.subject_sd == pytest.approx(0.4, abs=0.1)
    assert found.source_effect_sd == pytest.approx(0.7, abs=0.2)
    assert found.subject_effect_sd == pytest.approx(0.5, abs=0.15)
    assert found.fixations == pytest.approx(30, abs=1)
