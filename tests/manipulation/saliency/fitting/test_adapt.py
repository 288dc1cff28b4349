"""A model adapted to other people finds what makes them other."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from manipulation import fit_saliency
from manipulation.saliency import load_saliency_model
from manipulation.saliency.fitting.adapt import LEAST, AdaptedModel, adapt_saliency_model
from manipulation.saliency.fixations.table import read_fixations
from stimuli.support.errors import InputError

TEMPERATURE, SIGMA_PX, BIAS_WEIGHT = 0.6, 14.0, 1.0
SIZE = (96, 128)


@pytest.fixture(scope="module")
def audience():
    """A model of people who are less sure, look more finely, and look to the upper left."""
    model = copy.deepcopy(load_saliency_model("icf"))
    *_, last = model.readout.linear
    with torch.no_grad():
        last.weight.mul_(TEMPERATURE)
        model.blur.log_sigma.fill_(float(np.log(SIGMA_PX)))
        model.centre_bias.weight.fill_(BIAS_WEIGHT)
        rows, columns = torch.from_numpy(np.indices((60, 80)))
        log_map = -(((rows - 20) / 15.0) ** 2 + ((columns - 30) / 20.0) ** 2) / 2
        model.centre_bias.log_map.copy_(log_map - log_map.exp().sum().log())
    return model


@pytest.fixture(scope="module")
def study(tmp_path_factory, audience):
    folder = tmp_path_factory.mktemp("audience")
    generator = np.random.default_rng(0)
    lines = ["image,x_px,y_px"]
    for index in range(LEAST):
        pixels = np.full((*SIZE, 3), 128.0)
        for _ in range(6):
            top, left = generator.integers((0, 0), (76, 108))
            pixels[top : top + 20, left : left + 20] = generator.uniform(0, 255, 3)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index:02d}.png")
        image = torch.from_numpy(pixels.astype(np.uint8)).permute(2, 0, 1)[None].float() / 255
        density = audience.log_density(image)[0].exp().double().flatten().numpy()
        drawn = generator.choice(density.size, 300, p=density / density.sum())
        rows, columns = np.divmod(drawn, SIZE[1])
        lines += [
            f"{index:02d}.png,{x + 0.5},{y + 0.5}" for y, x in zip(rows, columns, strict=True)
        ]
    (folder / "fixations.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_what_makes_an_audience_other_is_recovered(study):
    model = load_saliency_model("icf")
    before = {name: one.clone() for name, one in model.state_dict().items()}
    adapted = adapt_saliency_model(
        model, read_fixations(study / "fixations.csv", study), study,
        pixels_per_degree=model.pixels_per_degree,
    )  # fmt: skip
    numbers = adapted.numbers
    assert numbers.temperature == pytest.approx(TEMPERATURE, rel=0.15)
    assert numbers.sigma_px == pytest.approx(SIGMA_PX, rel=0.3)
    assert numbers.bias_weight == pytest.approx(BIAS_WEIGHT, rel=0.15)
    assert adapted.after.bits_per_fixation > adapted.before.bits_per_fixation + 0.02
    assert set(adapted.after.names) == {f"{index:02d}.png" for index in range(LEAST)}
    changed = {
        name
        for name, one in adapted.model.state_dict().items()
        if not torch.equal(one, before[name])
    }
    *_, last = [name for name in before if name.startswith("readout.layers") and "weight" in name]
    assert changed <= {last, last.replace("weight", "bias"), "blur.log_sigma",
                       "centre_bias.log_map", "centre_bias.weight"}  # fmt: skip
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())


def test_the_command_writes_the_adapted_model_with_card_and_sidecar(study, tmp_path, capsys):
    out = tmp_path / "ours.safetensors"
    fit_saliency.main(
        ["--adapt", "icf", "--images", str(study), "--fixations", str(study / "fixations.csv"),
         "--out", str(out), "--pixels-per-degree", "20.48", "--data", "Ours (50 people)"]
    )  # fmt: skip
    printed = capsys.readouterr()
    assert "adapted: " in printed.out
    assert "no better" not in printed.err + out.with_suffix(".md").read_text()
    model = load_saliency_model(out)
    assert model.data.startswith("OSIE (")
    assert model.data.endswith("; adapted to Ours (50 people)")
    card = out.with_suffix(".md").read_text()
    assert "adapted from | `icf`" in card
    settings = json.loads(out.with_suffix(".json").read_text())["settings"]
    assert f"temperature | {settings['temperature']:.3f}" in card


def test_options_of_a_fit_do_not_go_with_adapting(study, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        fit_saliency.main(
            ["--adapt", "icf", "--images", str(study), "--fixations", "fixations.csv", "--out",
             str(tmp_path / "a.safetensors"), "--model", "deepgaze2", "--folds", "3"]
        )  # fmt: skip
    assert ended.value.code == 2
    assert "does not go with --model, --folds" in capsys.readouterr().err


def test_numbers_that_gain_nothing_are_said_to(study, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(AdaptedModel, "gains", property(lambda self: False))
    out = tmp_path / "again.safetensors"
    fit_saliency.main(
        ["--adapt", "icf", "--images", str(study), "--fixations", str(study / "fixations.csv"),
         "--out", str(out), "--pixels-per-degree", "20.48"]
    )  # fmt: skip
    assert "predicts unseen photographs no better; use icf as it is" in capsys.readouterr().err
    assert "no better than it did" in out.with_suffix(".md").read_text()


def test_whether_numbers_gain_is_by_the_halves_that_they_did_not_see(study):
    table = read_fixations(study / "fixations.csv", study)
    adapted = adapt_saliency_model(
        load_saliency_model("icf"), table, study, pixels_per_degree=20.48
    )
    assert adapted.gains
    assert not replace(adapted, before=adapted.after, after=adapted.before).gains
    assert not replace(adapted, after=adapted.before).gains


def test_too_few_photographs_are_refused(study, tmp_path):
    lines = (study / "fixations.csv").read_text().splitlines()
    few = tmp_path / "few.csv"
    few.write_text("\n".join([lines[0], *(one for one in lines[1:] if one < "49")]) + "\n")
    with pytest.raises(InputError, match=r"49 images have fixations inside.*at least 50"):
        adapt_saliency_model(load_saliency_model("icf"), read_fixations(few, study), study,
                             pixels_per_degree=20.48)  # fmt: skip
