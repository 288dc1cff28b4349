"""The report of a study on its models, subjects, ceiling and mechanism; the page on models."""

import contextlib
import doctest
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.effects.on_targets import fixations_on_targets
from analysis.report.study_report import report_study
from stimuli.contract.study import open_study

PAGE = Path(__file__).parents[3] / "docs" / "models.md"
TABLES = ("mixed_models", "standardised", "subject_effects", "noise_ceiling", "comparisons",
          "predictors", "moderators")  # fmt: skip


@pytest.fixture(scope="module")
def reported(make_study, tmp_path_factory):
    root = tmp_path_factory.mktemp("further") / "demo-study"
    study = open_study(make_study(root, n_sources=5, n_subjects=6, n_fixations=6))
    return report_study(study)


def table(reported, name):
    path = reported.analysis.study.derivatives / "effects" / f"{name}.csv"
    return pd.read_csv(path, na_values="n/a", dtype={"subject": str, "target": str})


def test_every_table_stands_beside_the_effects_and_describes_its_columns(reported):
    for name in TABLES:
        columns = set(table(reported, name).columns)
        sidecar = reported.analysis.study.derivatives / "effects" / f"{name}.json"
        assert columns <= set(pd.read_json(sidecar, typ="series").index), name


def test_the_known_odds_lie_within_the_interval_of_the_mixed_logit(reported):
    rows = table(reported, "mixed_models").set_index("direction")
    # Shares are 0.3 on originals, 0.6 and 0.1 on versions.
    for direction, share in (("increase", 0.6), ("decrease", 0.1)):
        row, ratio = rows.loc[direction], (share / (1 - share)) / (0.3 / 0.7)
        assert row["odds_ratio_low"] < ratio < row["odds_ratio_high"]
    assert rows["odds_ratio"].between(0, 10).all()


def test_the_fixations_of_single_rows_are_those_of_the_trials(reported):
    """What fixations.csv has of the first target adds up to what trials.csv counted of it."""
    analysis = reported.analysis
    used = fixations_on_targets(analysis.design, analysis.used).dropna(subset="on_target")
    single = used.groupby(["stim_id", "subject"])["on_target"].agg(["sum", "size"])
    counted = analysis.trials.drop_duplicates(["stim_id", "subject"])
    counted = counted.set_index(["stim_id", "subject"]).sort_index()
    assert single["sum"].tolist() == counted["on_target"].tolist()
    assert single["size"].tolist() == counted["n_fixations"].tolist()
    # An entropy's source has no target; an original is no version.
    assert analysis.fixations.loc[analysis.fixations["source_id"] == "photo-00",
                                  "target"].isna().all()  # fmt: skip
    versions = analysis.fixations.groupby("direction")["version"].unique()
    assert {name: list(one) for name, one in versions.items()} == {
        "decrease": [1], "increase": [1], "none": [0],
    }  # fmt: skip


def test_trials_have_their_place_in_the_session(reported):
    trials = reported.analysis.trials
    shown = reported.analysis.used.set_index(["subject", "trial"])["stim_id"]
    for row in trials.itertuples():
        assert (shown.loc[(row.subject, row.trial)] == row.stim_id).all()
    assert trials.loc[trials["version"] == 1, "version_id"].eq(
        trials.loc[trials["version"] == 1, "stim_id"]).all()  # fmt: skip
    assert set(trials["block"]) == {"originals", "versions-1", "versions-2"}


def test_the_report_shows_subjects_and_says_what_cannot_be_told(reported):
    page = reported.page.read_text(encoding="utf-8")
    assert "6 simulated observers, 4 sources with a target" in page
    assert "Mean change of every subject" in page
    assert "(version | subject) + (version | source_id)" in page
    # No catalogue of predictions: nothing but the study's model and the aim foretells people.
    predictors = table(reported, "predictors")
    assert set(predictors["predictor"]) == {"guide + centre bias", "aim"}
    # Everything is of an unknown kind and unedited: no groups, and so no figure of them.
    assert "By object, edit and naturalness" not in page
    assert table(reported, "moderators")["level"].unique().tolist() == ["unknown"]


def test_the_examples_of_the_page_on_models_run(reported):
    blocks = re.findall(r"^```pycon\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    assert len(blocks) == 2
    told: list[str] = []
    test = doctest.DocTestParser().get_doctest("".join(blocks), {}, "models.md", "models.md", 0)
    with contextlib.chdir(reported.analysis.study.root.parent):
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append)
    assert not told, "".join(told)
