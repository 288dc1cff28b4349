"""What foretells people's changes and what they go with, of people who follow one model."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.effects.bootstrap import draw
from analysis.effects.correlations import correlations
from analysis.effects.counts import counts_of
from analysis.effects.mechanism.moderators import moderators_table
from analysis.effects.mechanism.object_groups import categories_of, object_group
from analysis.effects.mechanism.predictors import CountedResamples, predictors_table
from stimuli.contract.settings import Settings, SourceSettings, VersionSettings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Direction
from stimuli.support.files import write_json
from tests.analysis.effects.trials import simulated_trials


@pytest.fixture(scope="module")
def followed():
    """Features and resamples of people whose changes judge ``good`` foretells, and no other."""
    parts = [
        simulated_trials(seed, 16, 20, effect, source_sd=0.6, direction=name, fixations=20)
        for seed, (effect, name) in enumerate(((0.8, "increase"), (-0.8, "decrease")))
    ]
    counts = counts_of(pd.concat(parts))
    generator = np.random.default_rng(99)
    n = len(counts.sources)
    sign = np.where(counts.directions == "increase", 1.0, -1.0)
    features = counts.comparisons.assign(
        change=counts.pooled, predicted_guide=0.2 * sign + 0.1 * generator.normal(size=n),
        predicted_model=0.2 * sign, asked=np.nan, realism=np.nan, feature_distance=np.nan,
        predicted_by_good=counts.pooled + 0.01 * generator.normal(size=n),
        predicted_by_poor=generator.normal(size=n), transform="edits",
        within_budget=None, aim_reached=None, group="animals",
    )  # fmt: skip
    times = draw(["all"] * 20, 800, generator)
    unit = pd.factorize(counts.sources)[0]
    changes = counts.changes(draw(["all"] * 16, 800, generator))
    return features, CountedResamples(changes, times[:, unit], 15)


def test_the_judge_that_people_follow_is_found_and_told_from_the_guide(followed):
    table = predictors_table(*followed, "all", {"both": 0.9})
    both = table[table["direction"] == "both"].set_index("predictor")
    assert set(both.index) == {"guide", "good", "poor", "guide + centre bias", "mean of judges",
                               "aim"}  # fmt: skip
    assert both["correlation"].idxmax() == "good"
    assert both.loc["good", "difference_low"] > 0
    assert both.loc["good", "from_aim_low"] > 0
    assert both.loc["poor", "correlation_low"] < 0 < both.loc["poor", "correlation_high"]
    assert both.loc["poor", "difference_high"] < 0
    assert both["correlation_low"].lt(both["correlation"]).all()
    assert both["ceiling"].eq(0.9).all()
    # Within a direction the aim alone says nothing, and the guide, which knows no more, little.
    within = table[table["direction"] == "increase"].set_index("predictor")
    assert "aim" not in within.index
    assert within.loc["guide", "correlation_low"] < 0 < within.loc["good", "correlation_low"]


def test_a_comparison_that_counts_twice_correlates_as_two_do():
    generator = np.random.default_rng(0)
    predictions, changes = generator.normal(5.0, 1.0, (2, 8)), generator.normal(size=(1, 8))
    changes[0, 2] = np.nan
    times = np.array([[0, 1, 1, 2, 3, 1, 0, 2], [1] * 8, [2, 1, 1, 0, 0, 0, 0, 0]], float)
    found = correlations(predictions, changes, times)
    for row, counts in zip(found[:2], times[:2].astype(int), strict=True):
        each = np.repeat(np.delete(np.arange(8), 2), np.delete(counts, 2))
        expected = [np.corrcoef(one[each], changes[0, each])[0, 1] for one in predictions]
        np.testing.assert_allclose(row, expected, rtol=1e-10)
    assert np.isnan(found[2]).all()  # two comparisons are too few


def test_predictions_are_held_against_the_comparisons_that_all_of_them_have(followed):
    features, resamples = followed
    few = features.assign(
        predicted_by_good=features["predicted_by_good"].where(features["source_id"] < "s02")
    )
    table = predictors_table(few, resamples, "all")
    assert set(table["n"]) == {4}
    assert table["note"].str.contains("fewer than 3 sources").all()
    assert table[["correlation_low", "difference_low"]].isna().all(axis=None)


def test_groups_have_the_mean_of_their_comparisons_and_an_interval_from_three_sources(followed):
    features, resamples = followed
    groups = np.where(features["source_id"] < "s02", "food", "animals")
    realism = features["source_id"].str[1:].astype(float)
    table = moderators_table(features.assign(group=groups, realism=realism), resamples, "all")
    assert set(table["by"]) == {"object", "realism"}  # one edit, and no budget: nothing to group
    rows = table[table["direction"] == Direction.INCREASE].set_index("level")
    own = features["change"][(features["direction"] == "increase") & (groups == "animals")]
    assert rows.loc["animals", "mean_change"] == pytest.approx(own.mean())
    low, high = rows.loc["animals", ["mean_change_low", "mean_change_high"]]
    assert low < own.mean() < high
    assert math.isnan(rows.loc["food", "mean_change_low"])
    assert "fewer than 3 sources" in rows.loc["food", "note"]
    assert rows.loc[["at most 9.5", "above 9.5"], "n"].tolist() == [10, 10]


@pytest.mark.parametrize(
    ("category", "group"),
    [
        ("person", "people and faces"), ("Face", "people and faces"), ("zebra", "animals"),
        ("stop sign", "text-bearing"), ("name plate", "text-bearing"), ("hot dog", "food"),
        ("couch", "furniture"), ("kite", "other things"), ("dog + cat", "animals"),
        ("dog + car", "other things"), (None, "unknown"),
    ],
)  # fmt: skip
def test_a_category_has_its_group(category, group):
    assert object_group(category) == group


def test_categories_come_from_the_annotations_that_the_study_keeps(tmp_path):
    image = {"id": 1, "width": 8, "height": 8, "file_name": "a.png"}
    entries = [{"id": 7, "image_id": 1, "category_id": 3}, {"id": 8, "image_id": 1}]
    content = {"images": [image], "annotations": entries, "categories": [{"id": 3, "name": "dog"}]}
    inside = tmp_path / "study" / "annotations.json"
    for path in (inside, tmp_path / "elsewhere.json"):
        write_json(path, content)
    versions = tuple(VersionSettings(direction=one, targets=()) for one in ("increase", "decrease"))
    sources = tuple(
        replace(_source(name, versions), annotations=str(path))
        for name, path in (("a", "annotations.json"), ("b", tmp_path / "elsewhere.json"))
    )
    study = Study(tmp_path / "study", replace(Settings(), sources=sources))
    targets = [("a", (7,)), ("a", (8,)), ("a", (99,)), ("b", (7,)), ("c", (7,))]
    assert categories_of(study, targets) == ["dog", None, None, None, None]


def _source(name, versions):
    return SourceSettings(
        source_id=name, photograph="a.png", condition="entropy", versions=versions
    )
