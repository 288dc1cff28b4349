"""The command that says how many subjects a study needs."""

import pandas as pd
import pytest

from analysis.power import main
from stimuli.support.errors import InputError


@pytest.fixture(scope="module")
def study(make_study, tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("power") / "study", n_subjects=1, n_fixations=1)


def table(study, *options):
    main([str(study), *options, "--simulations", "80"])
    return pd.read_csv(study / "derivatives/power/power.csv")


def test_power_grows_with_subjects_and_effect_and_is_rare_without_one(study):
    found = table(
        study, "--effect", "0", "0.04", "0.12", "--subjects", "8", "30", "--sources", "20",
        "--source-effect-sd", "0.1",
    )  # fmt: skip
    power = found.pivot(index="effect", columns="subjects", values="power")
    assert (power.loc[0.0] < 0.1).all()
    assert power.loc[0.04, 8] < power.loc[0.04, 30]
    assert power.loc[0.12, 30] > 0.95
    width = found.pivot(index="effect", columns="subjects", values="mean_width")
    assert (width[30] < width[8]).all()


def test_what_is_in_the_study_is_taken_from_it(study):
    found = table(study, "--effect", "0.1", "--subjects", "10")
    assert found["sources"].tolist() == [3]  # of four, one aims at the entropy
    described = (study / "derivatives/power/power.json").read_text()
    assert '"TakenFrom": "defaults"' in described


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--effect", "0.95"], "beyond"),
        (["--effect", "0.1", "--subjects", "1"], "subjects is 1; expected at least 2"),
        (["--effect", "0.1", "--baseline", "2"], "baseline is 2.0; expected 0.001 to 0.999"),
    ],
)
def test_what_cannot_be_is_named(study, options, says):
    with pytest.raises(InputError, match=says):
        main([str(study), *options])
