"""What is written for others: the paper's folders, and files that pysaliency reads."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.run import main
from stimuli.contract.catalogue import read_catalogue

h5py = pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def study(make_study, tmp_path_factory):
    """A study that was analysed with everything that can be asked for."""
    root = make_study(
        tmp_path_factory.mktemp("export") / "study", n_sources=3, n_subjects=4, n_fixations=3
    )
    with open(root / "study.toml", "a") as file:
        file.write("resamples = 500\n[exclusions]\ntrack_loss = 0.5\n")
    main([str(root), "--export", "--sensitivity"])
    return root


def test_the_papers_folders_hold_every_stimulus(study):
    to = study / "derivatives/export"
    stimuli = read_catalogue(study / "stimuli/stimuli.tsv")
    names = {stimulus.stim_id for stimulus in stimuli}
    for folder in ("HumanFixations", "DeepGazePrediction", "DataOnlyFirstBlock",
                   "DataOnlyFirstFixation"):  # fmt: skip
        assert {path.stem for path in (to / folder).glob("*.npz")} == names
        for path in (to / folder).glob("*.npz"):
            assert np.exp(np.load(path)["log_density"]).sum() == pytest.approx(1, abs=1e-4)
    assert {path.stem for path in (to / "Stimuli").glob("*.png")} == names
    assert len(list((to / "TargetSaliencyMaps").glob("*.npz"))) == 6  # no original has a target
    everything = pd.concat(map(pd.read_csv, (to / "HumanFixations").glob("*.csv")))
    first = pd.concat(map(pd.read_csv, (to / "DataOnlyFirstFixation").glob("*.csv")))
    block = pd.concat(map(pd.read_csv, (to / "DataOnlyFirstBlock").glob("*.csv")))
    assert (len(everything), len(first), len(block)) == (4 * 9 * 3, 4 * 9, 4 * 3 * 3)
    assert (first["fixation"] == 1).all()
    assert (block["block_position"] == 1).all()


def test_the_hdf5_files_have_the_form_of_pysaliencys(study):
    """Read back by pysaliency 0.2.22 itself when this was written."""
    to = study / "derivatives/export"
    table = pd.read_csv(study / "derivatives/fixations/fixations.csv", dtype={"subject": str})
    with h5py.File(to / "stimuli.hdf5") as stimuli, h5py.File(to / "fixations.hdf5") as fixations:
        assert stimuli.attrs["type"] == b"FileStimuli"
        assert fixations.attrs["type"] == b"FixationTrains"
        names = [name.decode() for name in stimuli["stim_id"][...]]
        assert all((to / name.decode()).is_file() for name in stimuli["filenames"][...])
        x, n = fixations["train_xs"][...], fixations["train_ns"][...]
        assert x.shape == (36, 3)
        assert json.loads(fixations["scanpath_attributes"].attrs["__attributes__"]) == [
            "block_position", "trial",
        ]  # fmt: skip
        trial = fixations["scanpath_attributes"]["trial"][...]
        own = table[(table["subject"] == "02") & (table["trial"] == 5) & (table["fixation"] > 0)]
        (row,) = np.flatnonzero((fixations["train_subjects"][...] == 1) & (trial == 5))
        assert names[n[row]] == own["stim_id"].iloc[0]
        np.testing.assert_allclose(x[row], own["x_px"])


def test_effects_under_other_choices(study):
    rows = pd.read_csv(study / "derivatives/effects/sensitivity.csv")
    choices = set(rows["choice"])
    assert {"as reported", "fitted densities", "fitted densities, bandwidths halved"} < choices
    reported = rows[rows["choice"] == "as reported"]
    assert (reported["difference"] == 0).all()
    # Broader kernels smear what lies on the target.
    wide = rows[
        (rows["choice"] == "fitted densities, bandwidths doubled") & (rows["measure"] == "p_obj")
    ]
    assert (wide["difference"] != 0).all()
    described = json.loads((study / "derivatives/effects/sensitivity.json").read_text())
    assert any("holds no samples" in one for one in described["NotTried"])


def test_the_report_says_what_was_measured_excluded_and_checked(study):
    page = (study / "derivatives/report/index.html").read_text()
    for said in (
        "Trials were left out for: track loss above 50%", "No trial was excluded by a rule",
        "Logit of fixating the target", "under other choices", "500 times", "(Holm)",
        "People against the model", ">Failures</h2>",
    ):  # fmt: skip
        assert said in page


def test_a_query_as_published_has_its_own_files(study):
    main([str(study), "--as-published", "--query", "fixation < 3", "--name", "early"])
    label = "early_as-published"
    settings = json.loads((study / f"derivatives/analysis_{label}.json").read_text())["settings"]
    assert settings["analysis"]["centre_bias"] == "other-stimuli"
    assert settings["analysis"]["entropy"] == "plain"
    effects = pd.read_csv(study / f"derivatives/effects/effects_{label}.csv")
    assert (effects["subset"] == f"all_{label}").all()
    everything = pd.read_csv(study / "derivatives/effects/effects.csv")
    assert (effects["n_original"] * 3 == everything["n_original"] * 2).all()
