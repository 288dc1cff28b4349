"""The whole analysis of made-up studies whose effects are known."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from analysis.effects.design import read_design
from analysis.results.outputs import Outputs
from analysis.results.run_record import other_runs
from analysis.run import main
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue, write_catalogue
from stimuli.contract.schemas import EFFECTS, FIXATIONS_ON_TARGETS
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Direction, PredictedEffect
from stimuli.support.errors import InputError
from stimuli.support.files import sha256, write_image


@pytest.fixture(scope="module")
def study(make_study, tmp_path_factory):
    root = make_study(
        tmp_path_factory.mktemp("run") / "study", n_subjects=18, n_fixations=12, seed=3
    )
    for subset in ("all", "first-block"):
        main([str(root), "--subset", subset])
    return root


@pytest.fixture(scope="module")
def small(make_study, tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("run") / "small", n_sources=2, n_subjects=2)


@pytest.fixture(scope="module")
def analysed(small, tmp_path_factory):
    root = copied(small, tmp_path_factory.mktemp("analysed"))
    main([str(root)])
    return root


def copied(root, tmp_path):
    shutil.copytree(root, tmp_path / "copy")
    return tmp_path / "copy"


def read(root, name):
    return pd.read_csv(root / "derivatives" / name, dtype={"subject": str, "annotation_ids": str})


def test_the_known_effects_come_back_from_the_recordings(study):
    effects = read(study, "effects/effects.csv")
    assert tuple(effects.columns) == EFFECTS.names
    people = effects[effects["observer"] == "people"]
    asked = np.where(people["direction"] == "increase", 1, -1)
    assert (np.sign(people["change"]) == asked).all()

    summary = read(study, "effects/summary.csv")
    people = summary[summary["observer"] == "people"].set_index(["condition", "direction"])
    more, less = people.loc["object", "increase"], people.loc["object", "decrease"]
    # The observers' shares: 0.3, raised to 0.6, lowered to 0.1.
    assert more["mean_change_counted"] == pytest.approx(0.3, abs=0.06)
    assert less["mean_change_counted"] == pytest.approx(-0.2, abs=0.06)
    assert more["mean_change"] == pytest.approx(more["mean_change_counted"])
    assert 0.1 < more["mean_change_low"] < 0.3 < more["mean_change_high"] < 0.5
    assert -0.4 < less["mean_change_low"] < -0.2 < less["mean_change_high"] < 0
    # Fitted densities, as the paper's, smooth a third of the change away.
    assert 0.5 < more["mean_change_density"] / more["mean_change"] < 0.85
    # A Gaussian of twice the spread has two bits more; this one is cut by the image.
    assert 0.5 < people.loc["entropy", "increase"]["mean_change"] < 2
    # From a spread of 0.15 to 0.06 of the side: 2 log2(0.06 / 0.15) = -2.64 bits.
    assert people.loc["entropy", "decrease"]["mean_change"] == pytest.approx(-2.64, abs=0.5)
    assert (summary["sign_agreement"] == 1).all()
    # One photograph of the entropy tells nothing of others.
    assert people.loc["entropy"]["mean_change_low"].isna().all()


def test_the_known_effects_lie_within_the_intervals_of_the_logits(study):
    models = read(study, "effects/models.csv").set_index("direction")
    # The shares are 0.3 on originals, 0.6 and 0.1 on versions, whatever the density makes of them.
    for direction, share in (("increase", 0.6), ("decrease", 0.1)):
        true = np.log(share / (1 - share)) - np.log(0.3 / 0.7)
        row = models.loc[direction]
        assert row["log_odds_low"] < true < row["log_odds_high"]
        assert row["p"] < 0.05  # although there are three photographs only


def test_the_model_is_measured_with_the_centre_bias_of_the_people(study):
    effects = read(study, "effects/effects.csv")
    model = effects[(effects["observer"] == "model") & (effects["measure"] == "p_obj")]
    maps = np.load(study / "derivatives/densities/maps/photo-01-increase.npz")
    for name in ("people", "model", "centre_bias"):
        assert np.exp(maps[name].astype(float)).sum() == pytest.approx(1, abs=1e-4)
    assert model[model["direction"] == "increase"]["change"].gt(0.1).all()


def test_first_block_compares_between_subjects_and_stands_beside_all(study):
    fixations = read(study, "fixations/fixations.csv")
    assert tuple(fixations.columns) == FIXATIONS_ON_TARGETS.names
    effects = read(study, "effects/effects_first-block.csv")
    shown = fixations[(fixations["fixation"] >= 1) & (fixations["block_position"] == 1)]
    counts = shown.groupby("stim_id").size()
    assert (effects["n_version"] == effects["stim_id"].map(counts)).all()
    assert set(effects["subset"]) == {"first-block"}
    page = (study / "derivatives/report/index_first-block.html").read_text()
    assert "comparisons between subjects" in page
    assert (study / "derivatives/effects/effects.csv").is_file()


def test_the_report_is_one_file_that_says_who_looked(study):
    page = (study / "derivatives/report/index.html").read_text()
    assert "Simulated observers, not people" in page
    assert "<script" not in page
    assert not re.findall(r'src="(?!data:)', page)
    links = re.findall(r'href="([^"]*)"', page)
    sections = {one for one in links if one.startswith("#")}
    assert len(sections) == page.count("<h2 ") > 5
    assert all(f'id="{one[1:]}"' in page for one in sections)
    tables = [study / "derivatives/report" / one for one in links if not one.startswith("#")]
    assert all(one.is_file() for one in tables)
    assert {"effects.csv", "trials.csv", "latency.csv"} <= {one.name for one in tables}
    assert page.count('data-who="simulated observers"') == page.count("<h2 ")
    assert page.count("data:image/jpeg") == 4 * (9 + 2)  # pictures and colour bars of each source
    for sentence in json.loads((study / "derivatives/effects/summary.json").read_text())[
        "Sentences"
    ]:
        assert str(escape(sentence)) in page


def test_the_provenance_holds_every_result_and_every_input(study):
    sidecar = json.loads((study / "derivatives" / "analysis.json").read_text())
    for listed in ("inputs", "outputs"):
        assert all(sha256(study / name) == digest for name, digest in sidecar[listed].items())
    assert "sourcedata/sub-01/s01r1.asc" in sidecar["inputs"]
    assert {"derivatives/effects/effects.csv", "derivatives/report/index.html"} <= set(
        sidecar["outputs"]
    )
    assert sidecar["settings"]["subset"] == "all"


def test_results_of_another_subset_stand_beside_only_those_of_the_same_files(study, tmp_path):
    page = (study / "derivatives/report/index_first-block.html").read_text()
    assert "Mean changes in every subset" in page
    root = copied(study, tmp_path)
    opened = open_study(root)
    design = read_design(opened)
    summary = read(root, "effects/summary.csv")

    def others():
        runs = read_runs(opened, design.stimuli)
        of_all = SimpleNamespace(
            study=opened, design=design, runs=runs, label="all", summary=summary
        )  # fmt: skip
        return {one.label: one.stale for one in other_runs(of_all)}

    assert others() == {"first-block": ""}
    opened.participants.write_text(opened.participants.read_text() + "sub-77\t1\tsimulated\n")
    assert others() == {"first-block": "participants.tsv has changed since it ran"}
    (root / "derivatives/analysis_first-block.json").unlink()
    assert others() == {"first-block": "its last run was not finished"}


@pytest.mark.parametrize(("setting", "n_groups"), [("other-sources", 2), ("other-stimuli", 6)])
def test_the_centre_bias_leaves_out_the_source_or_the_stimulus(small, tmp_path, setting, n_groups):
    root = copied(small, tmp_path)
    with open(root / "study.toml", "a") as file:
        file.write(f'centre_bias = "{setting}"\n')
    study = open_study(root)
    groups = read_design(study).centre_bias_groups
    assert len(groups) == 6
    assert len(set(groups.values())) == n_groups


def test_running_again_gives_the_same_and_leaves_nothing_old(
    small, analysed, tmp_path, monkeypatch
):
    root, results = copied(analysed, tmp_path), analysed / "derivatives"
    stale = root / "derivatives/densities/maps/gone.npz"
    stale.write_bytes(b"")
    _name_as_results(root, "derivatives/densities/maps/gone.npz")
    monkeypatch.setattr("stimuli.support.beside.processors", lambda: 2)
    main([str(root)], beside=True)  # figures from another process
    again = {path.relative_to(root / "derivatives") for path in (root / "derivatives").rglob("*")}
    assert again == {path.relative_to(results) for path in results.rglob("*")}
    for name in again - {Path("analysis.json")}:  # which holds the time
        assert (results / name).is_dir() or sha256(results / name) == sha256(
            root / "derivatives" / name
        ), name
    raw = [path for path in small.rglob("*") if path.is_file()]
    assert all(sha256(path) == sha256(root / path.relative_to(small)) for path in raw)


def _name_as_results(root, *names):
    """Let the provenance of the last run name further files."""
    provenance = root / "derivatives/analysis.json"
    content = json.loads(provenance.read_text())
    content["outputs"] |= dict.fromkeys(names, "0" * 64)
    provenance.write_text(json.dumps(content))


def test_what_a_researcher_keeps_among_the_results_stays(analysed, tmp_path):
    root = copied(analysed, tmp_path)
    maps, figures = root / "derivatives/densities/maps", root / "derivatives/report/figures"
    own = [maps / "mine.npz", figures / "poster.svg", figures / "old/a.png", tmp_path / "victim"]
    for path in own:
        path.parent.mkdir(exist_ok=True)
        path.write_text("own")
    (maps / "link").symlink_to(tmp_path / "victim")
    names = ["derivatives/report/figures/old", "../victim", str(tmp_path / "victim")]
    _name_as_results(root, *names)
    main([str(root)])
    assert [path.read_text() for path in own] == ["own"] * 4
    assert (maps / "link").is_symlink()


def test_a_folder_of_results_that_lies_elsewhere_loses_nothing(analysed, tmp_path):
    root = copied(analysed, tmp_path)
    figures, elsewhere = root / "derivatives/report/figures", tmp_path / "elsewhere"
    figures.rename(elsewhere)
    figures.symlink_to(elsewhere)
    (elsewhere / "victim").write_text("keep")
    _name_as_results(root, "derivatives/report/figures/victim", str(elsewhere / "victim"))
    main([str(root)])
    assert (elsewhere / "victim").read_text() == "keep"


@pytest.mark.parametrize("content", ["[]", "{", '{"outputs": 3}', '{"outputs": [3]}'])
def test_a_provenance_that_cannot_be_read_names_nothing(small, tmp_path, content):
    outputs = Outputs(open_study(copied(small, tmp_path)), "all")
    own = outputs.maps("mine")
    own.parent.mkdir(parents=True)
    own.write_text("own")
    (own.parents[2] / "analysis.before.json").write_text(content)
    outputs._remove_earlier()
    assert own.read_text() == "own"


def judged(stimulus):
    """A version that two models judged: one sees half of every change, the other less."""
    if stimulus.direction == Direction.NONE:
        return replace(stimulus, effect=PredictedEffect(0.3))
    sign = 1 if stimulus.direction == Direction.INCREASE else -1
    changes = {"icf": 0.1 * sign, "mine": 0.08 * sign}
    return replace(stimulus, effect=PredictedEffect(0.3, 0.4 * sign, 0.2 * sign, changes))


def test_the_report_shows_every_model_that_took_no_part_and_the_least(small, tmp_path):
    root = copied(small, tmp_path)
    assert "took no part" not in page_of(root)
    catalogue = open_study(root).catalogue
    stimuli = [judged(one) for one in read_catalogue(catalogue)]
    write_catalogue(catalogue, stimuli, {"icf": "shares OSIE", "mine": ""})
    page = page_of(root)
    assert "Models that took no part" in page
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    named = [row for row in rows if len(row) == 8 and not row[1].isdigit()]
    means = {row[1]: row[2:] for row in named if "obj" in row[0]}
    numbers = ["2", "+0.400", "+0.200"]
    assert means == {
        "icf (shares OSIE)": [
            *numbers,
            "+0.100",
            "50\N{NO-BREAK SPACE}%",
            "100\N{NO-BREAK SPACE}%",
        ],
        "mine": [*numbers, "+0.080", "40\N{NO-BREAK SPACE}%", "100\N{NO-BREAK SPACE}%"],
        "least": [*numbers, "+0.080", "40\N{NO-BREAK SPACE}%", "100\N{NO-BREAK SPACE}%"],
    }
    assert page.count('<td class="number">mine</td>') == 4  # the least of every version


def page_of(root):
    main([str(root)])
    return (root / "derivatives/report/index.html").read_text()


def test_one_subject_gives_a_report_that_claims_nothing(make_study, tmp_path):
    root = make_study(tmp_path / "one", n_sources=2, n_subjects=1, observer="human")
    main([str(root)])
    effects = read(root, "effects/effects.csv")
    assert effects[effects["observer"] == "people"]["change"].isna().all()
    assert effects[effects["observer"] == "model"]["change"].notna().all()
    page = (root / "derivatives/report/index.html").read_text()
    assert "cannot be estimated: too few subjects looked" in page
    assert "Simulated observers" not in page


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda root: shutil.rmtree(root / "stimuli"), "no such table"),
        (lambda root: (root / "study.toml").unlink(), "no study.toml"),
        (lambda root: shutil.rmtree(root / "sourcedata/sub-02"), "s02r1.asc.*found nothing"),
        (lambda root: [shutil.rmtree(one) for one in root.glob("sub-*")], "no subject is recorded"),
        (lambda root: next(root.glob("stimuli/images/*")).write_bytes(b"x"), "has changed since"),
        (lambda root: (root / "stimuli/masks/photo-01.png").write_bytes(b"x"), "expected a mask"),
        (lambda root: next(root.glob("stimuli/predictions/*")).unlink(), "no such prediction"),
        (lambda root: (root / "participants.tsv").unlink(), "no such table"),
    ],
)
def test_what_is_missing_or_broken_is_named(small, tmp_path, broken, says):
    root = copied(small, tmp_path)
    broken(root)
    with pytest.raises(InputError, match=says):
        main([str(root)])


def test_a_mask_of_another_size_is_named_with_both_sizes(small, tmp_path):
    root = copied(small, tmp_path)
    write_image(root / "stimuli/masks/photo-01.png", np.full((64, 64), 255, np.uint8))
    with pytest.raises(InputError, match="64 x 64 px; expected 128 x 128"):
        main([str(root)])


def test_a_recording_that_was_cut_is_analysed_or_refused(small, tmp_path):
    root = copied(small, tmp_path)
    asc = root / "sourcedata/sub-01/s01r1.asc"
    whole = asc.read_bytes()
    asc.write_bytes(whole[: len(whole) // 2 - 80])
    main([str(root)])
    page = (root / "derivatives/report/index.html").read_text()
    assert "recordings that are not whole" in page
    asc.write_bytes(b"")
    with pytest.raises(InputError, match=r"s01r1\.asc: holds no EyeLink event"):
        main([str(root)])
