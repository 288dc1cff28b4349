"""The whole analysis as a function: tables in memory, and nothing on disk."""

import pytest

from analysis.effects.study_analysis import analyse_study, as_published
from analysis.effects.summary import SUMMARY
from analysis.fixations.subsets import Subset
from stimuli.contract.schemas import EFFECTS
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError


@pytest.fixture(scope="module")
def study(make_study, tmp_path_factory):
    root = tmp_path_factory.mktemp("analyse") / "study"
    return open_study(make_study(root, n_sources=3, n_fixations=4))


def test_tables_come_back_and_nothing_is_written(study):
    before = {path: path.stat().st_mtime_ns for path in study.root.rglob("*")}
    maps = {}
    analysis = analyse_study(
        study, subset=Subset.ALL, keep=lambda name, density, log_model: maps.update({name: density})
    )
    assert tuple(analysis.effects.columns) == EFFECTS.names
    assert tuple(analysis.summary.columns) == SUMMARY.names
    assert set(analysis.effects["subset"]) == {"all"}
    assert len(maps) == len(analysis.fits) == 9
    assert {path: path.stat().st_mtime_ns for path in study.root.rglob("*")} == before


def test_a_query_leaves_fixations_out(study):
    analysis = analyse_study(study, query="fixation == 2", label="second")
    assert set(analysis.used["fixation"]) == {2}
    assert set(analysis.effects["subset"]) == {"second"}
    assert len(analysis.fixations) > len(analysis.used)


def test_a_subset_that_does_not_exist_is_refused(study):
    with pytest.raises(InputError, match=r"last-block.*expected one of all"):
        analyse_study(study, subset="last-block")


def test_as_published_changes_four_choices_and_nothing_else(study):
    published = as_published(study)
    before, after = study.settings.as_dict(), published.settings.as_dict()
    changed = {name for name in after["analysis"] if after["analysis"][name] !=
               before["analysis"][name]}  # fmt: skip
    assert changed <= {"centre_bias", "p_obj", "entropy", "detector"}
    assert {**before, "analysis": None} == {**after, "analysis": None}
