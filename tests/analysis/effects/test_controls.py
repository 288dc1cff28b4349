"""Increases against their controls, where the answer is known."""

import numpy as np
import pytest

from analysis.effects.bootstrap import Resamples
from analysis.effects.controls import control_pairs, control_table
from analysis.effects.failures import failed_contrasts
from analysis.report.sentences import effect_sentences
from stimuli.contract.vocabulary import Direction
from tests.analysis.effects.contrasts import contrast

INCREASE, DECREASE, CONTROL = Direction.INCREASE, Direction.DECREASE, Direction.CONTROL
# Change of people and of the model, in four sources; the last has no control.
CHANGES = {
    "a": {INCREASE: (0.30, 0.20), DECREASE: (-0.1, -0.1), CONTROL: (0.02, -0.01)},
    "b": {INCREASE: (0.10, 0.20), DECREASE: (-0.1, -0.1), CONTROL: (-0.04, 0.01)},
    "c": {INCREASE: (0.20, 0.20), DECREASE: (-0.1, -0.1), CONTROL: (-0.01, 0.0)},
    "d": {INCREASE: (0.90, 0.90), DECREASE: (-0.9, -0.9)},
}


@pytest.fixture
def contrasts():
    return [
        contrast(*change, source=source, direction=direction)
        for source, versions in CHANGES.items()
        for direction, change in versions.items()
    ]


def resamples(contrasts, sd):
    measured = np.array([one.version.people - one.original.people for one in contrasts])
    noise = np.random.default_rng(0).normal(0, sd, (4000, 1))  # subjects: the same for all
    change = measured + noise + np.random.default_rng(1).normal(0, sd, (4000, len(measured)))
    return Resamples(change, change, np.ones_like(change), 1000, 999)


def test_the_contrast_is_the_mean_difference_of_the_targets_that_have_both(contrasts):
    assert control_pairs(contrasts) == [(0, 2), (3, 5), (6, 8)]
    people, model = control_table(contrasts, "all", resamples(contrasts, 0.01)).to_dict("records")
    assert (people["n"], people["n_sources"]) == (3, 3)
    assert people["mean_increase"] == pytest.approx(0.2)
    assert people["mean_control"] == pytest.approx(-0.01)
    assert people["contrast"] == pytest.approx(0.21)
    assert model["contrast"] == pytest.approx(0.2)


def test_what_subjects_do_to_both_drops_out_of_the_interval(contrasts):
    row = control_table(contrasts, "all", resamples(contrasts, 0.05)).iloc[0]
    # The mean of three differences of independent errors of 0.05; sources were not drawn anew.
    half = 1.96 * 0.05 * np.sqrt(2 / 3)
    assert row["contrast_low"] == pytest.approx(0.21 - half, abs=0.006)
    assert row["contrast_high"] == pytest.approx(0.21 + half, abs=0.006)
    assert row["p"] < 0.01


def test_a_study_without_controls_has_no_rows_and_no_sentence(contrasts):
    without = [one for one in contrasts if one.comparison.direction != CONTROL]
    assert control_table(without, "all", resamples(without, 0.01)).empty


def test_controls_that_move_against_the_prediction_are_no_failures(contrasts):
    assert failed_contrasts(contrasts) == []
    turned = contrast(-0.1, 0.1, direction=INCREASE)
    assert failed_contrasts([*contrasts, turned]) == [turned]


def test_a_sentence_states_the_contrast_with_its_interval(contrasts):
    table = control_table(contrasts, "all", resamples(contrasts, 0.01))
    summary = table.rename(columns={"contrast": "condition"}).iloc[:0]
    summary = summary.assign(direction=[], measure=[], mean_change_low=[])
    (sentence,) = effect_sentences(summary, controls=table)
    assert "by +0.210 more than their controls" in sentence
    assert "n = 3 targets); the model predicted +0.200." in sentence
