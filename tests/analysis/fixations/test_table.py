"""The fixation table of a made-up study is what its observers did."""

import numpy as np
import pytest

from analysis.fixations.subsets import Subset, select_fixations
from analysis.fixations.table import fixation_table
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.schemas import FIXATIONS
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError


def read(root):
    study = open_study(root)
    return fixation_table(read_runs(study, read_catalogue(study.catalogue)), study.settings)


@pytest.fixture(scope="module")
def root(make_study, tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("table") / "study", n_subjects=3, n_fixations=5)


@pytest.fixture(scope="module")
def table(root):
    return read(root)[0]


def test_every_trial_has_the_fixation_under_way_and_those_of_the_image(table):
    assert tuple(table.columns) == FIXATIONS.names
    numbers = table.groupby(["subject", "trial"])["fixation"].apply(list)
    assert len(numbers) == 3 * 12
    assert all(one == [0, 1, 2, 3, 4, 5] for one in numbers)


def test_times_are_from_image_onset_and_places_in_image_pixels(table):
    first, under_way = table[table["fixation"] == 1], table[table["fixation"] == 0]
    assert (first["onset_ms"] == 60).all()
    assert (under_way["onset_ms"] < 0).all()
    np.testing.assert_allclose(under_way[["x_px", "y_px"]], 64.0, atol=0.051)  # written to 0.1 px
    assert table["inside"].all()


def test_subsets_hold_what_their_names_say(table):
    assert (select_fixations(table)["fixation"] >= 1).all()
    assert len(select_fixations(table)) == 3 * 12 * 5
    first_block = select_fixations(table, Subset.FIRST_BLOCK)
    assert set(first_block["block_position"]) == {1}
    assert (first_block["fixation"] >= 1).all()
    assert first_block.groupby("subject")["block"].nunique().eq(1).all()
    assert set(select_fixations(table, Subset.FIRST_FIXATION)["fixation"]) == {1}


def test_fixations_off_the_image_stay_in_the_table_but_not_in_densities(table):
    moved = table.assign(inside=table["fixation"] != 2)
    assert not (select_fixations(moved)["fixation"] == 2).any()
    with pytest.raises(InputError, match="first-block holds no fixation on an image"):
        select_fixations(table.assign(inside=False), Subset.FIRST_BLOCK)


def test_trials_that_were_not_complete_or_were_cut_off_are_counted_not_used(make_study, tmp_path):
    root = make_study(tmp_path / "study", n_subjects=1, n_fixations=3)
    study = open_study(root)
    lines = study.events("01").read_text().splitlines()
    lines[2] = lines[2].replace("complete", "skipped")
    study.events("01").write_text("\n".join(lines) + "\n")
    asc = study.sourcedata("01") / "s01r1.asc"
    text = asc.read_text()
    asc.write_text(text[: text.index("TRIALID 11")])
    table, summary = read(root)
    assert sorted(table["trial"].unique()) == [1, *range(3, 11)]
    assert summary.counts["trials complete"] == 11
    assert summary.counts["trials skipped"] == 1
    assert summary.counts["trials complete, but cut from the recording"] == 2
    assert ("s01r1.asc", "last line cut", 1) in summary.warnings
