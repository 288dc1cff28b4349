import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from manipulation import evaluate_saliency, fit_saliency, normalise_vgg
from manipulation.images.sizes import resized_photograph
from manipulation.saliency import load_saliency_model, save_saliency_model
from manipulation.saliency.models.deepgaze import deepgaze_features
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.models.vgg import DEEPGAZE_LAYERS, LAYERS, TEXTURE_LAYERS, VGGFeatures
from manipulation.saliency.models.vgg_normalisation import mean_activations, normalised
from manipulation.saliency.models.vgg_weights import load_vgg, save_vgg
from stimuli.support.errors import InputError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def small_vgg(seed=0):
    model = VGGFeatures(channels=(3, 3, 4, 4, 5)).initialise(generator(seed))
    for convolution in model.children():
        torch.nn.init.uniform_(convolution.bias, -0.1, 0.1, generator=generator(seed + 1))
    return model


@pytest.fixture
def weights(tmp_path):
    save_vgg(tmp_path / "vgg.safetensors", small_vgg(), {})
    return tmp_path / "vgg.safetensors"


@pytest.fixture
def model(weights):
    features = {"weights": str(weights)}
    model = build_saliency_model("deepgaze2", features=features, pixels_per_degree=17.0)
    model.readout.initialise(generator())
    model.readout.standardise(torch.zeros(25), torch.full((25,), 0.05))
    return model.frozen()


def images(*shape, seed=0):
    return torch.rand(*shape, generator=generator(seed))


# -- DeepGaze II ---------------------------------------------------------------------------------


def test_it_reads_five_layers_of_2560_channels_through_four_convolutions(model):
    assert model.extractor.channels == 5 * 5
    assert [len(layer.weight) for layer in model.readout.layers] == [16, 32, 2, 1]
    assert len(DEEPGAZE_LAYERS) * VGGFeatures().channels[-1] == 2560


@pytest.mark.parametrize("size", [(16, 16), (61, 97), (128, 40)])
def test_densities_of_a_batch_sum_to_one_at_any_size(model, size):
    log_density = model.log_density(images(2, 3, *size))
    assert log_density.shape == (2, *size)
    torch.testing.assert_close(log_density.exp().sum((1, 2)), torch.ones(2))
    alone = torch.cat([model.log_density(image[None]) for image in images(2, 3, *size)])
    torch.testing.assert_close(log_density, alone, rtol=1e-4, atol=1e-4)


def test_one_pass_of_vgg_serves_saliency_and_losses(model):
    image = images(1, 3, 64, 80)
    layers = model.extractor.vgg(image, (*DEEPGAZE_LAYERS, *TEXTURE_LAYERS))
    saliency = model.from_features(deepgaze_features(layers), (64, 80))
    torch.testing.assert_close(saliency, model(image))


def test_gradient_in_the_pixels_is_that_of_finite_differences(model):
    image = images(1, 3, 32, 36).double().requires_grad_()
    assert torch.autograd.gradcheck(model.double().log_density, image, fast_mode=True)


def test_autocast_lowers_the_features_alone(model):
    image = images(1, 3, 64, 64)
    with torch.autocast("cpu", torch.bfloat16):
        half = model(image)
    assert half.dtype == torch.float32
    full = model(image)
    assert (half - full).std() < 0.05 * full.std()
    assert len(half.unique()) > 1000  # of 4096; in bfloat16 there would be some dozen


def test_it_compiles_to_one_graph(model):
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    image = images(1, 3, 48, 64)
    torch.testing.assert_close(compiled(image), model(image))


def test_the_file_holds_the_readout_and_names_the_weights(model, weights, tmp_path):
    path = tmp_path / "readout.safetensors"
    save_saliency_model(path, model)
    with safe_open(path, framework="pt") as file:
        assert not any(name.startswith("extractor") for name in file.keys())  # noqa: SIM118
    read, image = load_saliency_model(path), images(1, 3, 64, 64)
    torch.testing.assert_close(read(image), model(image), rtol=0, atol=0)

    save_vgg(weights, small_vgg(seed=5), {})
    with pytest.raises(InputError, match=r"vgg.safetensors: SHA-256 is .* fitted to"):
        load_saliency_model(path)
    weights.unlink()
    with pytest.raises(InputError, match=r"weights of VGG-19 are .*vgg.safetensors"):
        load_saliency_model(path)


def test_without_a_fitted_readout_the_name_is_answered_with_the_command():
    with pytest.raises(InputError, match="fit_saliency --model deepgaze2"):
        load_saliency_model("deepgaze2")


# -- normalisation -------------------------------------------------------------------------------


def check_normalised(vgg, photographs, tolerance):
    """Means become 1; every layer is the old one times a constant per channel."""
    means = mean_activations(vgg, photographs)
    result, silent = normalised(vgg, means)
    heard = {name: mean > 0 for name, mean in means.items()}
    assert silent == sum(int((~one).sum()) for one in heard.values())
    for name, mean in mean_activations(result, photographs).items():
        torch.testing.assert_close(
            mean[heard[name]], torch.ones_like(mean[heard[name]]), rtol=tolerance, atol=0
        )
    unseen = images(1, 3, 48, 32, seed=9).to(next(vgg.parameters()).dtype)
    with torch.no_grad():
        before, after = vgg(unseen, LAYERS), result(unseen, LAYERS)
    for name in LAYERS:
        mean = means[f"conv{name[4:]}"].to(unseen.dtype)
        factor = torch.where(mean > 0, mean, 1.0)[:, None, None]
        scale = float(before[name].abs().max())
        torch.testing.assert_close(
            after[name] * factor, before[name], rtol=tolerance, atol=tolerance * scale
        )


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_normalisation_changes_units_only(pooling):
    vgg = small_vgg().double()
    vgg.pooling = pooling
    photographs = [images(3, *size, seed=i).double() for i, size in enumerate([(32, 48), (50, 33)])]
    check_normalised(vgg, photographs, 1e-9)


def test_normalisation_of_the_whole_architecture():
    vgg = VGGFeatures().initialise(generator()).requires_grad_(False)
    check_normalised(vgg, [images(3, 48, 64)], 3e-3)  # rounding of 32 bits through 16 layers


def test_a_silent_filter_keeps_its_weights():
    vgg = small_vgg()
    with torch.no_grad():
        vgg.conv2_1.bias[1] = -100.0
    check_normalised(vgg, [images(3, 32, 32)], 1e-4)


def test_the_command_writes_what_is_read_again(weights, tmp_path, capsys):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for index in range(3):
        pixels = np.random.default_rng(index).integers(0, 256, (40, 60 + index, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    out = tmp_path / "normalised.safetensors"
    arguments = ["--images", str(folder), "--weights", str(weights), "--height-px", "48"]
    normalise_vgg.main([*arguments, "--out", str(out)])
    seen = [resized_photograph(file, height_px=48)[0] for file in sorted(folder.iterdir())]
    for name, mean in mean_activations(load_vgg(out), seen).items():
        assert ((mean - 1).abs() < 3e-3).logical_or(mean <= 0).all(), name
    notes = json.loads(out.with_suffix(".json").read_text())["settings"]
    assert notes["photographs"] == 3
    assert "3 photographs" in capsys.readouterr().out


def test_the_command_refuses_a_folder_without_photographs(weights, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no photograph"):
        normalise_vgg.main(
            ["--images", str(tmp_path / "empty"), "--weights", str(weights),
             "--out", str(tmp_path / "o.safetensors")]
        )  # fmt: skip


# -- from photographs to scores ------------------------------------------------------------------


def test_a_readout_on_vgg_finds_what_was_looked_at(tmp_path):
    """Bright discs on dark noise, in photographs it has not seen, through both commands."""
    vgg = VGGFeatures(channels=(8, 8, 8, 8, 8)).initialise(generator())
    save_vgg(tmp_path / "vgg.safetensors", vgg, {})
    folder, lines = tmp_path / "photographs", ["image,subject,x_px,y_px"]
    folder.mkdir()
    random = np.random.default_rng(0)
    rows, columns = np.indices((96, 128))
    for index in range(16):
        centre = random.uniform((24, 24), (104, 72))
        disc = np.hypot(columns - centre[0], rows - centre[1]) < 14
        pixels = random.integers(0, 40, (96, 128, 3)) + 180 * disc[..., None]
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
        points = random.normal(centre, 4, (20, 2))
        lines += [f"{index}.png,{i % 2},{x:.1f},{y:.1f}" for i, (x, y) in enumerate(points)]
    (tmp_path / "fixations.csv").write_text("\n".join(lines) + "\n")
    data = ["--images", str(folder), "--fixations", str(tmp_path / "fixations.csv"),
            "--pixels-per-degree", "10", "--device", "cpu"]  # fmt: skip
    fit_saliency.main(
        [*data, "--model", "deepgaze2", "--weights", str(tmp_path / "vgg.safetensors"),
         "--height-px", "96", "--folds", "2", "--epochs", "40", "--steps", "30",
         "--validation", "0", "--out", str(tmp_path / "model.safetensors")]
    )  # fmt: skip
    gain = (tmp_path / "model.md").read_text().split("| mean over all 320 fixations | ")[1]
    assert float(gain.split()[0]) > 1
    evaluate_saliency.main(
        [*data, "--model", str(tmp_path / "model.safetensors"), "--json", str(tmp_path / "s.json")]
    )
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores["information_gain_bits"] > 1
    assert scores["sauc"] > 0.8
