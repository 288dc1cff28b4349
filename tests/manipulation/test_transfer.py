"""The command that compares transforms: its table, its sheets, and what it refuses."""

import json

import pytest
import torch

from manipulation import transfer
from manipulation.networks.files import transform_file
from manipulation.saliency import load_saliency_model, save_saliency_model
from stimuli.contract.schemas import TRANSFER
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, read_json
from stimuli.support.tables import read_table


@pytest.fixture
def photographs(tmp_path):
    """Three of the demo's photographs as a folder with annotations, one outline broken."""
    for one in PHOTOGRAPHS[:3]:
        (tmp_path / one.source_id).write_bytes(photograph_path(one).read_bytes())
    content = json.loads(DEMO_ANNOTATIONS.read_text())
    broken = [[0, 0, 1e12, 0, 1, 1]]
    content["annotations"].append({**content["annotations"][0], "id": 999, "segmentation": broken})
    annotations = tmp_path / "annotations.json"
    annotations.write_text(json.dumps(content))
    return ["--images", str(tmp_path), "--annotations", str(annotations)]


def test_the_command_writes_a_table_and_a_sheet_of_pictures(photographs, tmp_path, capsys):
    mine = f"mine={transform_file('fgtransform-shift')}"
    transfer.main([
        *photographs, "--objects", "2", "--out", str(tmp_path / "out"), "--transforms", mine,
        "--budget", "0.1", "--distance", "4", "--local-distance", "3", "--colour", "90",
        "--tone", "80", "--memory-colour", "70", "--pixel-guides", "robust",
        "--largest-change", "16",
    ])  # fmt: skip
    made_with = read_json(tmp_path / "out" / "transfer.provenance.json")["settings"]
    bounds = {"budget": 0.1, "distance": 4, "local_distance": 3, "colour": 90, "tone": 80}
    bounds["memory_colour"] = 70
    assert bounds.items() <= made_with.items()
    assert (made_with["pixel_guides"], made_with["largest_change"]) == (["robust"], 16)
    rows = read_table(tmp_path / "out" / "transfer.tsv", TRANSFER)
    assert [row["transform"] for row in rows] == ["mine"] * 4
    assert all(row["asked_change"] * row["k_shift"] > 0 for row in rows)
    assert read_image(tmp_path / "out" / "mine.png").shape == (2 * 512, 3 * 512, 3)
    said = capsys.readouterr().err
    assert "transfer" in said
    assert f"not in {tmp_path}: 5 annotated photographs, such as " in said
    assert said.count("used: 1 object:") == 1
    assert f"{PHOTOGRAPHS[0].source_id}, annotation 999: " in said


def test_the_table_has_a_column_for_every_model_and_the_least(photographs, tmp_path, capsys):
    other, model = tmp_path / "other.safetensors", load_saliency_model("icf")
    model.data = "MIT1003 (Judd et al. 2009)"
    with torch.no_grad():
        model.blur.log_sigma.add_(0.5)
    save_saliency_model(other, model)
    transfer.main([
        *photographs, "--objects", "1", "--out", str(tmp_path / "out"),
        "--transforms", "fgtransform-shift", "--saliency", "scratch",
        "--second-opinion", "icf", str(other),
    ])  # fmt: skip
    for row in read_table(tmp_path / "out" / "transfer.tsv", TRANSFER):
        least = min if row["k_shift"] > 0 else max
        assert row["second_change"] == least(row["second_change_icf"], row["second_change_other"])
    told = capsys.readouterr().err
    assert all(f" {name} " in told for name in ("icf (shares OSIE)", "other", "least of them"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--second-opinion", "none"], "the second opinion is none"),
        (
            ["--saliency", "scratch", "--second-opinion", "scratch"],
            "is 'scratch', the same weights as 'scratch'",
        ),
        (["--also", "icf", "--second-opinion", "icf"], "is 'icf', the same weights as 'icf'"),
        (["--second-opinion", "icf", "icf"], "names 'icf' twice"),
        (["--transforms", "edit"], "transform is 'edit'"),
        (["--objects", "0"], "objects is 0; expected at least 1"),
        (["--objects", "40"], "needed for 40 sources are 35"),
    ],
)
def test_wrong_options_are_named_before_anything_is_computed(
    photographs, tmp_path, options, message
):
    with pytest.raises(InputError, match=message):
        transfer.main([*photographs, "--out", str(tmp_path / "out"), *options])
    assert not (tmp_path / "out").exists()


def test_a_sheet_without_pictures_is_refused_before_anything_is_computed(
    photographs, tmp_path, capsys
):
    with pytest.raises(SystemExit):
        transfer.main([*photographs, "--out", str(tmp_path / "out"), "--pictures", "0"])
    assert "--pictures: '0'; expected a whole number from 1" in capsys.readouterr().err
