"""The course of viewing in a whole study whose people look by known shares."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis.effects.study_analysis import analyse_study
from analysis.fixations.subsets import Subset, select_fixations
from analysis.report.viewing_sentences import viewing_sentences
from analysis.viewing.study import study_viewing
from stimuli.contract.study import open_study


@pytest.fixture(scope="module")
def study(make_study, tmp_path_factory):
    root = tmp_path_factory.mktemp("viewing") / "study"
    make_study(root, n_sources=3, n_subjects=6, n_fixations=8, grid_px=32)
    with open(root / "study.toml", "a") as file:
        file.write("resamples = 200\n")
    return open_study(root)


@pytest.fixture(scope="module")
def analysis(study):
    return analyse_study(study)


def summary_of_model(analysis, direction):
    rows = analysis.summary.set_index(["observer", "measure", "direction"])
    return rows.loc["model", "p_obj", direction]


def test_shares_are_those_that_the_effects_count_and_trials_are_all_there(study, analysis):
    viewing = study_viewing(analysis)
    measures = viewing.measures.set_index(["direction", "measure"])
    summary = analysis.summary[analysis.summary["observer"] == "people"]
    counted = summary[summary["measure"] == "p_obj"].set_index("direction")["mean_change_counted"]
    for direction in ("increase", "decrease"):
        # All fixations of the made-up people have one duration, but the last, which is cut.
        row = measures.loc[[(direction, "dwell_share")]].iloc[0]
        assert row["difference"] == pytest.approx(counted[direction], abs=0.03)
        assert (row["n_pairs"], row["n_original"], row["n_version"]) == (2, 12, 12)
    course = viewing.time_course.course
    model = course[course["direction"] == "increase"].iloc[0]
    increases = summary_of_model(analysis, "increase")
    assert model["model_original"] == pytest.approx(increases["mean_original"])
    assert model["model_version"] - model["model_original"] == pytest.approx(
        increases["mean_change"]
    )
    # The fixation under way at the onset ends after 42 ms; nobody's is on a target.
    assert viewing.time_course.first_saccades["n_original"].sum() == 2 * 12
    assert viewing.time_course.first_saccades["latency_ms"].dropna().between(35, 45).all()
    assert course[course["by"] == "fixations"]["n_original"].sum() == 2 * 12 * 8
    assert len(viewing.scanpaths.similarity) == 5 * 4
    assert viewing_sentences(viewing)[0].startswith("Where the aim was an increase, the target was")


def test_the_first_block_has_its_trials_and_first_fixations_or_versions_alone_no_course(analysis):
    def viewing_of(subset=Subset.ALL, **choice):
        used = select_fixations(analysis.fixations, subset, **choice)
        return study_viewing(replace(analysis, subset=subset, used=used))

    measures = viewing_of(Subset.FIRST_BLOCK).measures
    dwell = measures[measures["measure"] == "dwell"]
    assert (dwell[["n_original", "n_version"]] == 4).all(axis=None)
    assert viewing_of(Subset.FIRST_FIXATION) is None
    assert viewing_of(query="condition != 'original'") is None


def test_the_same_study_gives_the_same_tables(analysis):
    for (_, _, one), (_, _, other) in zip(
        study_viewing(analysis).tables(), study_viewing(analysis).tables(), strict=True
    ):
        pd.testing.assert_frame_equal(one, other)
