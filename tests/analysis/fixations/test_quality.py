"""Which trials and fixations are left out, by which rule, and what is said of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.fixations.blinks import beside_blinks
from analysis.fixations.quality import TrialQuality, exclude_subjects, rule_broken
from analysis.fixations.subsets import select_fixations
from analysis.fixations.table import fixation_table
from analysis.fixations.trials import EyeFixations
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.settings import ExclusionSettings, parse_settings
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import ShownBy
from stimuli.support.errors import InputError

GOOD = TrialQuality(8, 0.02, 0.4, 0.3, 0.02)


@pytest.mark.parametrize(
    ("rules", "quality", "says"),
    [
        ({"track_loss": 0.2}, {"track_loss": 0.31}, "track_loss 0.31 above 0.2"),
        ({"validation_deg": 1.0}, {"validation_deg": 1.5}, "validation_deg 1.5 above 1"),
        ({"drift_deg": 1.0}, {"drift_deg": 2.5}, "drift_deg 2.5 above 1"),
        ({"precision_deg": 0.1}, {"precision_deg": 0.2}, "precision_deg 0.2 above 0.1"),
        ({"duration_frames": 1}, {"frames_off": -2.0}, "duration_frames 2 above 1"),
        ({"duration_frames": 1}, {"frames_off": 1.0}, None),
        ({"fixations": 3}, {"n_fixations": 2}, "fixations 2 below 3"),
        ({"validation_deg": 1.0}, {"validation_deg": np.nan}, None),
        ({}, {"track_loss": 1.0, "drift_deg": 20.0, "n_fixations": 0}, None),
    ],
)
def test_a_rule_leaves_out_what_breaks_it_and_says_by_how_much(rules, quality, says):
    assert rule_broken(replace(GOOD, **quality), ExclusionSettings(**rules)) == says


@pytest.mark.parametrize(
    ("shown_by", "says"),
    [
        (ShownBy.BY_HAND, "shown_by by-hand"),
        (ShownBy.CHECK_SKIPPED, None),
        (ShownBy.GAZE, None),
        (None, None),
    ],
)
def test_images_shown_by_hand_are_left_out_where_the_study_says_so(shown_by, says):
    rules = parse_settings('[exclusions]\nshown_by = ["by-hand"]').exclusions
    assert rule_broken(GOOD, rules, shown_by) == says


def test_a_subject_goes_whole_by_name_or_where_too_many_trials_went():
    table = pd.DataFrame(
        {"subject": ["01"] * 4 + ["02"] * 4 + ["03"] * 4,
         "excluded": ["drift", "drift", "drift", None] + ["drift", None, None, None] + [None] * 4}
    )  # fmt: skip
    rules = ExclusionSettings(subject_trials=0.5, subjects=("03",))
    out = exclude_subjects(table, rules)["excluded"]
    assert out[3] == "subject: 75% of trials excluded, above 50%"
    assert out[4:8].isna().tolist() == [False, True, True, True]
    assert (out[8:] == "subject named in exclusions.subjects").all()


def test_short_fixations_next_to_a_blink_are_flagged():
    fixations = EyeFixations(
        np.array(["L"] * 4), np.array([0.0, 300, 500, 900]), np.array([200.0, 350, 560, 1200]),
        np.array([200.0, 50, 60, 300]), np.zeros((4, 2)),
    )  # fmt: skip
    blinks = pd.DataFrame(
        {"eye": ["L", "L", "R"], "start_ms": [380.0, 1210.0, 215.0],
         "end_ms": [470.0, 1300.0, 290.0]}
    )  # fmt: skip
    # The second ends 30 ms before a blink, the third begins 30 ms after it; the last is long.
    assert beside_blinks(fixations, blinks, 80, 40).tolist() == [False, True, True, False]
    assert beside_blinks(fixations, blinks, 55, 40).tolist() == [False, True, False, False]
    assert not beside_blinks(fixations, blinks, 80, 10).any()
    assert not beside_blinks(fixations, blinks[:0], 80, 40).any()


@pytest.fixture(scope="module")
def recorded(make_study, tmp_path_factory):
    """Two subjects; the first blinks away half of trial 1 and has a bad validation."""
    root = make_study(
        tmp_path_factory.mktemp("quality") / "study", n_sources=2, n_subjects=2, n_fixations=5,
        samples=True,
    )  # fmt: skip
    asc = root / "sourcedata/sub-01/s01r1.asc"
    lines = asc.read_text().splitlines()
    said = "MSG\t999000 !CAL VALIDATION HV9 L LEFT  POOR ERROR 1.40 avg. 2.83 max  " \
        "OFFSET 1.11 deg. 3.7,2.4 pix."  # fmt: skip
    lines.insert(1, said)
    at = next(n for n, line in enumerate(lines) if line.startswith("EFIX"))
    lines.insert(at + 1, "SBLINK L 1001000")
    lines.insert(at + 2, "EBLINK L 1001000\t1002500\t1502")
    asc.write_text("\n".join(lines) + "\n")
    study = open_study(root)
    return study, read_runs(study, read_catalogue(study.catalogue))


def test_the_quality_of_every_trial_is_measured(recorded):
    study, runs = recorded
    rules = replace(study.settings.exclusions, precision_deg=9.0)
    _, summary = fixation_table(runs, replace(study.settings, exclusions=rules))
    quality = summary.quality.set_index(["subject", "trial"])
    assert quality.loc[("01", 1), "track_loss"] == pytest.approx(0.5, abs=0.01)
    assert (quality["track_loss"].drop(("01", 1)) == 0).all()
    assert (quality.loc["01", "validation_deg"] == 1.40).all()
    assert quality.loc["02", "validation_deg"].isna().all()
    assert (quality["drift_deg"] < 0.05).all()  # fixation 0 stands on the cross
    assert (quality["precision_deg"] == 0).all()  # made-up samples stand still
    assert (quality["n_fixations"] == 5).all()


def test_excluded_trials_stay_in_the_table_but_are_not_used(recorded):
    study, runs = recorded
    rules = replace(study.settings.exclusions, track_loss=0.2)
    table, summary = fixation_table(runs, replace(study.settings, exclusions=rules))
    assert summary.excluded[["subject", "trial"]].to_numpy().tolist() == [["01", 1]]
    assert summary.counts["trials excluded by a rule"] == 1
    left_out = table[table["excluded"].notna()]
    assert set(zip(left_out["subject"], left_out["trial"], strict=True)) == {("01", 1)}
    used = select_fixations(table)
    assert not ((used["subject"] == "01") & (used["trial"] == 1)).any()
    assert len(used) == 5 * 11


def test_what_left_no_fixation_is_told_by_its_causes(recorded):
    study, runs = recorded
    table, _ = fixation_table(runs, study.settings)
    first = (table["subject"] == "01") & (table["trial"] <= 4)
    rules = np.where(first, "track_loss 0.35 above 0.2", "drift_deg 3.1 above 2")
    number = len(table)
    with pytest.raises(InputError) as caught:
        select_fixations(table.assign(excluded=rules))
    assert str(caught.value) == (
        f"subset all holds no fixation on an image, of {number} fixations in all: {number} are on "
        f"12 excluded trials (8 by drift_deg, 4 by track_loss); expected some: loosen the rules of "
        f"[exclusions] in study.toml, or look at the recordings (python -m analysis.session)"
    )
    with pytest.raises(InputError, match=r"12 were under way .*; 60 lie off the image; expected "
                       r"some: compare \[screen\]"):  # fmt: skip
        select_fixations(table.assign(inside=False))


def test_any_query_makes_a_subset(recorded):
    study, runs = recorded
    table, _ = fixation_table(runs, study.settings)
    used = select_fixations(table, query="fixation <= 2 and subject == '02'")
    assert len(used) == 2 * 6
    with pytest.raises(InputError, match=r"cannot be read.*duration_ms > 100"):
        select_fixations(table, query="no_such_column > 3")
    with pytest.raises(InputError, match="holds no fixation"):
        select_fixations(table, query="fixation > 99")


@pytest.mark.parametrize("detector", ["velocity", "dispersion"])
def test_fixations_found_anew_are_those_that_the_parser_found(recorded, detector):
    pytest.importorskip("pymovements")
    study, runs = recorded
    analysis = replace(study.settings.analysis, detector=detector)
    found, _ = fixation_table(runs, replace(study.settings, analysis=analysis))
    parsed, _ = fixation_table(runs, study.settings)
    # The made-up gaze jumps from place to place: both must see the same places and times.
    both = found[found["fixation"] > 0], parsed[parsed["fixation"] > 0]
    assert len(both[0]) == len(both[1])
    for column, near in (("x_px", 1.0), ("y_px", 1.0), ("onset_ms", 12), ("duration_ms", 24)):
        np.testing.assert_allclose(both[0][column], both[1][column], atol=near)


def test_a_detector_without_samples_says_what_is_missing(make_study, tmp_path):
    root = make_study(tmp_path / "study", n_sources=2, n_subjects=1, n_fixations=2)
    study = open_study(root)
    runs = read_runs(study, read_catalogue(study.catalogue))
    analysis = replace(study.settings.analysis, detector="velocity")
    with pytest.raises(InputError, match=r"analysis\.detector is 'velocity'.*holds no samples"):
        fixation_table(runs, replace(study.settings, analysis=analysis))
