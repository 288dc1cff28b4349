"""The paper's sentences with other numbers in them."""

import math

import pandas as pd

from analysis.report.numbers import percent, plain, signed
from analysis.report.sentences import effect_sentences


def summary(**people):
    row = {
        "condition": "object", "direction": "increase", "measure": "p_obj", "observer": "people",
        "n": 21, "mean_change": 0.09, "mean_change_low": 0.05, "mean_change_high": 0.13,
        "mean_relative_change": 0.43, "median_relative_change": 0.40, "share_as_asked": 18 / 21,
        "change_of_mean": 0.45, "change_of_mean_low": 0.21, "change_of_mean_high": 0.69,
        "mean_relative_change_low": math.nan, "mean_relative_change_high": math.nan,
        "p": 0.004, "p_holm": 0.012,
        "mean_change_density": 0.05, "n_sources": 21, "n_subjects": 23,
    } | people  # fmt: skip
    model = row | {"observer": "model", "mean_change": 0.43}
    model |= {"mean_relative_change": 1.42, "change_of_mean": 2.15}
    return pd.DataFrame([row, model])


def test_the_sentence_of_the_paper():
    assert effect_sentences(summary(), of_densities=True) == [
        "Where the aim was an increase, the probability of fixating the target changed by +0.090 "
        "(+43 %, median +40 %; 95 % interval +0.050 to +0.130, p = 0.004, after Holm = 0.012; n = "
        "21 targets, 18 of which moved as asked); the model predicted +0.430 (+142 %)."
    ]


def test_what_is_read_first_is_what_fixations_did_and_the_papers_number_stands_beside():
    assert effect_sentences(summary()) == [
        "Where the aim was an increase, the probability of fixating the target changed by +0.090 "
        "(+45 %, +21 to +69 %; 95 % interval +0.050 to +0.130, p = 0.004, after Holm = 0.012; n = "
        "21 targets, 18 of which moved as asked), +0.050 in fitted densities, as published; the "
        "model predicted +0.430 (+215 %)."
    ]


def test_one_source_has_no_interval_and_few_have_a_rough_one():
    unknown = {"mean_change_low": math.nan, "mean_change_high": math.nan, "p": math.nan}
    first, last = effect_sentences(summary(n_sources=1, **unknown))
    assert "no interval from 1 source;" in first
    assert last.startswith("No interval is given from fewer than 3 sources")
    assert "Intervals from 4 subjects are rough" in effect_sentences(summary(n_subjects=4))[-1]


def test_no_estimate_is_said_in_words():
    (sentence,) = effect_sentences(summary(n=0, mean_change=math.nan))
    assert "cannot be estimated: too few subjects looked" in sentence
    assert "nan" not in sentence


def test_numbers_have_a_true_minus_and_dashes_where_there_is_none():
    assert signed(-0.041) == "\N{MINUS SIGN}0.04"
    assert percent(-0.22) == "\N{MINUS SIGN}22 %"
    assert [percent(one) for one in (0.0097, 0.0093, -0.003, 0.0)] == [
        "+1 %", "+0.9 %", "\N{MINUS SIGN}0.3 %", "+0.0 %"
    ]  # fmt: skip
    assert {signed(math.nan), percent(math.inf), plain(math.nan, 3)} == {"\N{EN DASH}"}
