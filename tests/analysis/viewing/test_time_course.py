"""What is said of hand-made trials is what was put into them."""

import numpy as np
import pandas as pd
import pytest

from analysis.viewing.first_saccades import latency_groups
from analysis.viewing.time_course import time_course
from stimuli.support.errors import InputError
from tests.analysis.viewing.scanpath_tables import BESIDE, OFF, ON, pair, table, trial


@pytest.fixture(scope="module")
def fixations():
    """Of two people on the original and the version of one source, shown for a second.

    On the original one never looks at the target, the other after 600 ms; on the version both do.
    """
    return table(
        trial("a-original", "1", (ON, -200, 350), (OFF, 180, 300), (OFF, 510, 900)),
        trial("a-original", "2", (OFF, -200, 300), (OFF, 120, 400), (ON, 600, 100), (OFF, 720, 90)),
        # Two visits: two fixations, then one after another; the last goes on after the image.
        trial("a-version", "1", (OFF, -200, 350), (ON, 200, 100), (ON, 320, 150), (OFF, 500, 200),
              (ON, 750, 400)),
        # A fixation off the image parts two visits, and is in no share.
        trial("a-version", "2", (OFF, -200, 300), (ON, 120, 100), (BESIDE, 240, 200),
              (ON, 450, 200)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(fixations):
    return time_course(fixations, [pair()], viewing_ms=1000, resamples=200)


def test_latency_dwell_and_visits_are_those_of_the_trials(found):
    of = found.measures.set_index("measure")
    expected = {
        # Mean of 1000 (never) and 600; of 200 and 120.
        "latency_mean": (800, 160), "latency_median": (600, 120), "fixated": (0.5, 1.0),
        # 100 in one of two trials; 100 + 150 + 250 until the end, and 300.
        "dwell": (50, 400), "visits": (0.5, 2.0), "first_fixation": (100, 100),
        # Of all fixations until the end: 300 + 490 + 400 + 100 + 90; 500 + 200 + 300.
        "dwell_share": (100 / 1380, 800 / 1000),
    }  # fmt: skip
    for name, (original, version) in expected.items():
        row = of.loc[name]
        assert (row["original"], row["version"]) == pytest.approx((original, version)), name
        assert row["difference"] == pytest.approx(version - original), name
    assert (of.loc["first_fixation"][["n_original", "n_version"]] == [1, 2]).all()


def test_shares_by_time_count_fixations_begun_and_the_time_spent(found):
    course = found.course.set_index(["by", "step"])
    begun, gaze = course.loc["fixations"], course.loc["gaze"]
    assert begun["to_ms"].tolist() == [250, 500, 750, 1000]
    # Begun in the first quarter: two beside the target on the original, two on it on the version.
    assert begun.loc[1, ["original", "version"]].tolist() == [0, 1]
    assert begun.loc[2, "n_original"] == 0  # nobody began one: no share
    assert np.isnan(begun.loc[2, "original"])
    assert begun.loc[3, ["original", "version"]].tolist() == [1 / 3, 0]  # of three, and of one
    # 500 to 750 ms: 240 + 20 + 30 beside and 100 on it; 150 and 200 beside, 0 and 150 on it.
    assert gaze.loc[3, "original"] == pytest.approx(100 / (240 + 20 + 100 + 30))
    assert gaze.loc[3, "version"] == pytest.approx(150 / (200 + 150))
    numbers = course.loc["number"]
    assert numbers.loc[1, ["original", "version"]].tolist() == [0, 1]
    assert numbers.loc[2, ["original", "version"]].tolist() == [0.5, 1]  # off the image: not seen


def test_first_saccades_need_a_fixation_under_way_that_is_beside_the_target(fixations):
    found = time_course(fixations, [pair()], viewing_ms=1000, resamples=20, latency_groups=1)
    row = found.first_saccades.iloc[0]
    # On the original the first subject's gaze was on the target when the image appeared.
    assert (row["n_original"], row["n_version"]) == (1, 2)
    assert (row["original"], row["version"], row["latency_ms"]) == (0, 1, 100)


def test_latencies_are_grouped_within_subjects_and_the_effect_is_found_where_it_is():
    generator, rows = np.random.default_rng(0), []
    pairs = [pair(f"s{number}") for number in range(12)]
    for subject in range(10):  # everybody has another pace, and the effect is in fast saccades
        for number, one in enumerate(pairs):
            fast = (number + subject) % 2 == 0
            for image in one.images:
                latency = 100 + 60 * subject + (0 if fast else 40) + generator.uniform(0, 20)
                lands = fast and image == one.version
                rows.append(trial(image, str(subject), (OFF, -300, 300 + latency),
                                  (ON if lands else OFF, latency + 30, 200)))  # fmt: skip
    found = time_course(table(*rows), pairs, latency_groups=2, resamples=200)
    fast, slow = found.first_saccades.to_dict("records")
    assert (fast["n_original"], fast["n_version"]) == (60, 60)
    assert (fast["difference"], slow["difference"]) == (1.0, 0.0)
    assert fast["last_minus_first"] == -1.0
    assert fast["latency_ms"] < slow["latency_ms"]


def test_numbers_of_fixations_may_be_given_and_trials_may_recur(fixations):
    numbered = fixations.assign(
        fixation=fixations.groupby(["image", "subject"]).cumcount(), trial="1"
    )
    again = pd.concat([numbered, numbered.assign(trial="2")])
    one, two = (time_course(rows, [pair()], viewing_ms=1000, resamples=20).measures
                for rows in (fixations, again))  # fmt: skip
    pd.testing.assert_frame_equal(
        one[["original", "version", "difference"]], two[["original", "version", "difference"]]
    )
    assert (two["n_version"] == 2 * one["n_version"]).all()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"bin_ms": 4000}, "bin_ms is 4000.*several bins"),
        ({"resamples": 0}, "resamples is 0"),
        ({"viewing_ms": 0}, "viewing_ms is 0"),
        ({"groups": {"1": "all"}}, "no entry for subject '2'"),
        ({"pairs": [pair("b")]}, "nobody saw the original.*'b-original'"),
        ({"pairs": []}, "pairs is empty"),
        ({"viewing_ms": np.inf}, "viewing_ms is inf"),
    ],
)
def test_a_wrong_argument_is_named(fixations, change, match):
    arguments = {"pairs": [pair()], "viewing_ms": 1000, "resamples": 20, "bin_ms": 250} | change
    with pytest.raises(InputError, match=match):
        time_course(fixations, **arguments)


def test_equal_latencies_are_in_one_group_whatever_the_order_of_trials():
    subject = np.repeat(["1", "2"], 8)
    latency_ms = np.array([*[200.0] * 8, 150, 150, 150, 150, 250, 250, 250, 250])
    group = latency_groups(latency_ms, np.arange(16), subject, 2)
    assert len(set(group[:8])) == 1
    assert group[8:].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["x_px", "fixation", "viewing_ms"])
def test_a_value_that_is_missing_is_named(fixations, name):
    whole = fixations.assign(fixation=1.0, viewing_ms=1000.0)
    with pytest.raises(InputError, match=f"row 0: {name} is 'nan'"):
        time_course(whole.assign(**{name: np.nan}), [pair()])
    with pytest.raises(InputError, match="duration_ms is -5"):
        time_course(whole.assign(duration_ms=-5), [pair()])


def test_a_wrong_table_is_named(fixations):
    with pytest.raises(InputError, match="'duration_ms' is missing"):
        time_course(fixations.rename(columns={"duration_ms": "duration"}), [pair()])
    with pytest.raises(InputError, match=r"row 1: x_px is 'left'"):
        time_course(
            fixations.astype({"x_px": object}).assign(
                x_px=["1", "left", *["3"] * (len(fixations) - 2)]
            ),
            [pair()],
        )
    with pytest.raises(InputError, match=r"none of .* began within"):
        time_course(fixations.assign(onset_ms=9000.0), [pair()])
    with pytest.raises(InputError, match=r"mask of 'a' is .*expected truth values"):
        type(pair())("a", "x", "y", mask=np.zeros((4, 4), bool))
