import json

import numpy as np
import pytest
from PIL import Image

from manipulation import evaluate_saliency, fit_saliency
from manipulation.saliency import load_saliency_model
from stimuli.support.errors import InputError
from stimuli.support.files import sha256


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Photographs of noise with a disc of strong contrast that three people look at."""
    folder = tmp_path_factory.mktemp("discs")
    generator = np.random.default_rng(0)
    rows, columns = np.indices((96, 128))
    lines = ["image,subject,x_px,y_px"]
    for index in range(10):
        centre = generator.uniform((20, 20), (108, 76))
        disc = np.hypot(columns - centre[0], rows - centre[1]) < 12
        grey = 128 + np.where(disc, 100, 10) * generator.uniform(-1, 1, (96, 128))
        Image.fromarray(grey.astype(np.uint8)).save(folder / f"{index}.png")
        points = generator.normal(centre, 4, (30, 2))
        lines += [f"{index}.png,{i % 3},{x:.1f},{y:.1f}" for i, (x, y) in enumerate(points)]
    lines.append("0.png,0,-5,10")
    (folder / "fixations.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def weights(study):
    out = study / "own.safetensors"
    fit_saliency.main(
        [
            *("--images", str(study), "--fixations", str(study / "fixations.csv")),
            *("--out", str(out), "--height-px", "96", "--pixels-per-degree", "10"),
            *("--folds", "2", "--epochs", "20", "--batch-size", "4", "--learning-rate", "0.01"),
        ]
    )
    return out


def evaluated(study, weights, table="fixations.csv"):
    evaluate_saliency.main(
        [
            *("--model", str(weights), "--images", str(study)),
            *("--fixations", str(study / table), "--pixels-per-degree", "10"),
            *("--json", str(study / "scores.json")),
        ]
    )
    return json.loads((study / "scores.json").read_text())


def test_fit_writes_model_card_and_sidecar(weights):
    assert load_saliency_model(weights).pixels_per_degree == 10
    card = weights.with_suffix(".md").read_text()
    assert "1 beside the photographs left out" in card
    assert sha256(weights) in card
    sidecar = json.loads(weights.with_suffix(".json").read_text())
    assert sidecar["settings"]["folds"] == 2


def test_scores_say_how_well_the_model_predicts(study, weights):
    scores = evaluated(study, weights)
    assert scores["n_images"] == 10
    assert scores["n_fixations"] == 300
    assert scores["n_outside"] == 1
    assert scores["information_gain_bits"] > 0.5
    gold = scores["gold_standard_gain_bits"]
    assert scores["information_gain_explained"] == pytest.approx(
        scores["information_gain_bits"] / gold
    )
    assert 0.5 < scores["sauc"] <= 1
    assert 0.5 < scores["auc"] <= 1
    for name, (low, high) in scores["intervals_95"].items():
        assert low <= scores[name] <= high


def test_without_subjects_there_is_no_explained_information(study, weights):
    lines = (study / "fixations.csv").read_text().splitlines()
    (study / "nobody.csv").write_text("\n".join(line.replace("subject", "who") for line in lines))
    scores = evaluated(study, weights, "nobody.csv")
    assert scores["information_gain_explained"] is None
    assert "gold_standard_gain_bits" not in scores


def test_fixations_that_are_all_outside_are_refused(study):
    (study / "outside.csv").write_text("image,x_px,y_px\n0.png,500,3\n1.png,-1,3\n")
    with pytest.raises(InputError, match=r"0 images have fixations inside \(2 fixations"):
        fit_saliency.main(
            [
                *("--images", str(study), "--fixations", str(study / "outside.csv")),
                *("--out", str(study / "none.safetensors")),
            ]
        )
    assert not (study / "none.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--epochs", "0"], "whole number from 1"), (["--folds", "1"], "expected 2 or more")],
)
def test_settings_without_meaning_are_refused(study, arguments, message, capsys):
    given = ["--images", ".", "--fixations", "f.csv", "--out", "o.safetensors", *arguments]
    with pytest.raises(SystemExit):
        fit_saliency.main(given)
    assert message in capsys.readouterr().err
