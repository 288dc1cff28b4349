"""What people feed it: each is refused with a message that names it, or treated as documented."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from manipulation import evaluate_saliency, fit_saliency
from manipulation.images.sizes import resized_photograph
from manipulation.saliency import load_saliency_model, save_saliency_model
from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.fixations.viewed import viewed_photographs
from manipulation.saliency.models.files import build_saliency_model
from stimuli.support.errors import InputError
from stimuli.support.files import image_size, read_image


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (48, 64), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path, pixels):
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(pixels).convert("RGB").save(tmp_path / name)
    return tmp_path


@pytest.fixture
def model(tmp_path):
    model = build_saliency_model("icf", pixels_per_degree=10.0)
    model.readout.initialise(torch.Generator().manual_seed(0))
    path = tmp_path / "model.safetensors"
    save_saliency_model(path, model)
    return path


def fixations(folder, *rows):
    (folder / "fixations.csv").write_text("\n".join(["image,x_px,y_px", *rows]) + "\n")
    return folder / "fixations.csv"


def evaluated(folder, model, *rows, pixels_per_degree="10"):
    evaluate_saliency.main(
        ["--model", str(model), "--images", str(folder), "--json", str(folder / "scores.json"),
         "--fixations", str(fixations(folder, *rows)), "--pixels-per-degree", pixels_per_degree]
    )  # fmt: skip
    return json.loads((folder / "scores.json").read_text())


def test_grey_pictures_and_transparent_ones_become_rgb(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / "grey.png")
    Image.fromarray(pixels.astype(np.uint16) * 257).save(tmp_path / "grey16.png")
    Image.fromarray(np.dstack([pixels] * 3)).save(tmp_path / "rgb.png")
    alpha = np.full_like(pixels, 255)
    alpha[:24] = 0
    Image.fromarray(np.dstack([pixels] * 3 + [alpha])).save(tmp_path / "rgba.png")
    rgb, grey, grey16, rgba = (
        resized_photograph(tmp_path / f"{name}.png", height_px=48)[0]
        for name in ("rgb", "grey", "grey16", "rgba")
    )
    assert torch.equal(grey, rgb)
    assert torch.equal(grey16, rgb)
    assert torch.equal(rgba[:, 24:], rgb[:, 24:])
    torch.testing.assert_close(rgba[:, :24], torch.full((3, 24, 64), 128 / 255))


def test_a_picture_of_one_pixel_is_a_uniform_photograph_or_too_small(tmp_path):
    Image.new("RGB", (1, 1), (255, 0, 0)).save(tmp_path / "one.png")
    image, _ = resized_photograph(tmp_path / "one.png", height_px=64, minimum_px=32)
    assert image.shape == (3, 64, 64)
    assert image.std(dim=(1, 2)).max() == 0
    assert torch.isfinite(load_saliency_model("icf")(image[None])).all()
    with pytest.raises(InputError, match=r"one.png: is 1 x 1 px .* --pixels-per-degree"):
        resized_photograph(tmp_path / "one.png", scale=1.0, minimum_px=32)


def test_8000_pixels_are_resized_or_a_wrong_scale(tmp_path):
    Image.new("L", (8000, 6000), 90).save(tmp_path / "large.png", compress_level=1)
    image, size = resized_photograph(tmp_path / "large.png", height_px=256)
    assert size == image_size(tmp_path / "large.png") == (6000, 8000)
    assert image.shape == (3, 256, 341)
    with pytest.raises(InputError, match=r"resized to 6800 x 5100; expected .* to 4096 px"):
        resized_photograph(tmp_path / "large.png", scale=0.85)
    Image.new("L", (8000, 60)).save(tmp_path / "band.png")
    with pytest.raises(InputError, match=r"band.png: is 8000 x 60 px .* --height-px"):
        resized_photograph(tmp_path / "band.png", height_px=512)


def test_the_size_in_the_header_is_that_of_the_upright_picture(tmp_path):
    exif = Image.Exif()
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.jpg"
        Image.new("RGB", (40, 30)).save(path, exif=exif)
        assert image_size(path) == read_image(path).shape[:2]


def test_fixations_outside_are_counted_and_photographs_without_any_left_out(folder, model):
    inside = [f"{name}.png,{x},{y}" for name in "ab" for x, y in ((10, 10), (40, 30))]
    scores = evaluated(folder, model, *inside, "a.png,64,10", "b.png,-0.1,3", "c.png,100,100")
    assert (scores["n_images"], scores["n_fixations"], scores["n_outside"]) == (2, 4, 3)
    assert all(scores[name] is not None for name in ("auc", "sauc", "nss", "cc", "sim", "kl"))


def test_no_fixation_at_all_is_refused(folder, model):
    with pytest.raises(InputError, match=r"fixations.csv: holds no fixation"):
        evaluated(folder, model)
    with pytest.raises(InputError, match=r"0 images have fixations inside \(1 fixations"):
        evaluated(folder, model, "a.png,500,3")


@pytest.mark.parametrize("value", ["nan", "inf", "", "12px"])
def test_a_coordinate_that_is_no_number_is_named_with_its_line(folder, model, value):
    with pytest.raises(InputError, match=rf"line 3: y_px is '{value}'; expected a number"):
        evaluated(folder, model, "a.png,1,1", f"b.png,1,{value}")


def test_a_truncated_photograph_is_named(folder, model):
    path = folder / "a.png"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"a.png: cannot be read as an image"):
        evaluated(folder, model, "a.png,1,1", "b.png,2,2")


def test_a_photograph_that_is_no_picture_is_named_from_its_header(folder):
    (folder / "a.png").write_text("words")
    table = read_fixations(fixations(folder, "a.png,1,1"), folder)
    with pytest.raises(InputError, match=r"a.png: cannot be read as an image"):
        list(viewed_photographs(table, folder, scale=1.0))


def test_a_wrong_scale_is_said_to_be_one(folder, model):
    with pytest.raises(InputError, match=r"a.png: is 64 x 48 px .* --pixels-per-degree"):
        evaluated(folder, model, "a.png,1,1", "b.png,2,2", pixels_per_degree="100")


def test_weights_that_are_no_finite_numbers_are_refused(folder, tmp_path):
    model = build_saliency_model("icf", pixels_per_degree=10.0)
    model.readout.initialise(torch.Generator().manual_seed(0))
    model.readout.layers[1].bias.data[3] = float("nan")
    save_saliency_model(tmp_path / "nan.safetensors", model)
    with pytest.raises(InputError, match=r"nan.safetensors: holds weights that are no finite"):
        load_saliency_model(tmp_path / "nan.safetensors")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a model"])
def test_a_checkpoint_of_another_kind_is_refused(folder, tmp_path, content):
    (tmp_path / "other.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"other.safetensors: cannot be read as safetensors"):
        evaluated(folder, tmp_path / "other.safetensors", "a.png,1,1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--validation", "1"], "0 to below 1"), (["--patience", "0"], "whole number from 1"),
     (["--steps", "x"], "whole number from 1"),
     (["--model", "deepgaze3"], "expected deepgaze2, icf or timm:NAME"),
     (["--device", "tpu"], "invalid choice"), (["--out", "o.pth"], "ends in .safetensors")],
)  # fmt: skip
def test_settings_without_meaning_are_refused(arguments, message, capsys):
    given = ["--images", ".", "--fixations", "f.csv", "--out", "o.safetensors", *arguments]
    with pytest.raises(SystemExit):
        fit_saliency.main(given)
    assert message in capsys.readouterr().err
