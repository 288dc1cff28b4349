"""Networks on a backbone that knows ImageNet: what they compute, and how they are trained."""

from dataclasses import replace

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

from manipulation import convert_backbone, fit_networks
from manipulation.images.sizes import resized_photograph, to_bytes
from manipulation.saliency import load_saliency_model
from manipulation.saliency.fitting.network_model import averaged_model
from manipulation.saliency.fitting.network_recipe import FINE_TUNED
from manipulation.saliency.fitting.network_training import TrainingRun
from manipulation.saliency.fitting.network_views import Variation
from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.backbone_weights import load_weights
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.models.pretrained import (
    LAYERS,
    SHARE,
    PretrainedNetwork,
    PretrainedNetworks,
    Trunk,
)
from manipulation.saliency.scoring.gains import gains_from_pixels
from stimuli.demo import PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError

LITE0 = "tf_efficientnet_lite0"
SIZE = (128, 192)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("backbone") / "lite0.safetensors"
    convert_backbone.main(["--network", "lite0", "--features-only", "--out", str(path)])
    return path


@pytest.fixture(scope="module")
def recipe(weights):
    return replace(
        FINE_TUNED, backbone=LITE0, weights=str(weights), width=16, epochs=2, batch_size=4,
        learning_rate=1e-2, averaging=0.5, variation=Variation(scale=(0.9, 1.1), noise=0.02),
    )  # fmt: skip


def noise(*shape, dtype=torch.float32, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def networks(backbones=(LITE0,), **settings):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = PretrainedNetworks(backbones, width=8, **settings)
        for one in made.trained:
            torch.nn.init.normal_(one.last.weight)
        return made.eval()


@pytest.fixture(scope="module")
def faces():
    """A disc of texture among grey noise; everybody looks at it."""
    generator = np.random.default_rng(0)
    rows, columns = np.indices(SIZE)
    made = []
    for index in range(12):
        pixels = 0.5 + generator.uniform(-0.1, 0.1, (3, *SIZE))
        x, y = generator.uniform((40, 40), (150, 90))
        inside = np.hypot(columns + 0.5 - x, rows + 0.5 - y) < 16
        pixels[:, inside] = 0.5 + 0.5 * np.sin(columns[inside] / 1.5)
        points = generator.normal((x, y), 5, (20, 2)).clip(0, np.array(SIZE[::-1]) - 1)
        image = torch.from_numpy(pixels.clip(0, 1)).float()
        made.append(
            ViewedPhotograph(f"{index}.png", SIZE, points, np.arange(20) % 3,
                             pixels=to_bytes(image))
        )  # fmt: skip
    return made


def test_the_trunk_is_the_network_that_timm_builds(weights):
    tensors = {name: tensor.float() for name, tensor in load_file(weights).items()}
    peer = timm.create_model(LITE0, pretrained=False, features_only=True).eval()
    peer.load_state_dict(tensors)
    trunk = Trunk(LITE0).eval()
    trunk.load_state_dict(tensors)
    image = noise(2, 3, 128, 192)
    with torch.no_grad():
        own = dict(zip(trunk.strides, trunk(image), strict=True))
        theirs = peer((image - 0.5) / 0.5)
    for stride, expected in zip((2, 4, 8, 16, 32), theirs, strict=True):
        torch.testing.assert_close(own[stride], expected)
    assert trunk.strides == (2, 4, 8, 16, 16, 32, 32)


def test_folding_the_normalisation_changes_nothing(faces, recipe):
    run = TrainingRun(faces[:4], recipe, 0)
    run.run_epoch()
    images = noise(1, 3, 128, 128)
    with torch.no_grad():
        torch.testing.assert_close(run.folded()(images), run.average(images), rtol=1e-3, atol=1e-4)
    assert not any(isinstance(one, torch.nn.BatchNorm2d) for one in run.folded().modules())


def test_training_finds_what_people_look_at_and_moves_only_what_it_may(faces, recipe):
    run = TrainingRun(faces[:8], replace(recipe, epochs=12), 0)
    start = {name: one.clone() for name, one in run.network.trunk.state_dict().items()}
    while not run.finished:
        run.run_epoch()
    gains = gains_from_pixels(averaged_model([run], run.centre_bias, 20.0), faces[8:])
    assert gains.bits_per_fixation > 1.0
    kept = [f"blocks.{number}." for number in range(recipe.kept_stages)]
    for name, tensor in run.network.trunk.state_dict().items():
        is_kept = "bn" in name or name.startswith(("conv_stem", *kept))
        assert torch.equal(tensor, start[name]) == is_kept, name


def test_a_model_of_several_networks_predicts_their_mean(faces, recipe):
    runs = [TrainingRun(faces[:4], recipe, seed) for seed in (0, 1)]
    for run in runs:
        run.run_epoch()
    image = noise(1, 3, 96, 128)
    several = averaged_model(runs, runs[0].centre_bias, 20.0)
    alone = [averaged_model([run], run.centre_bias, 20.0) for run in runs]
    means = torch.stack([one.log_saliency(image) for one in alone]).mean(0)
    torch.testing.assert_close(several.log_saliency(image), means, rtol=1e-3, atol=1e-3)


def test_the_gradient_in_the_pixels_is_right_through_the_whole_model():
    model = build_saliency_model("pretrained", extractor=networks(), widths=(1,),
                                 pixels_per_degree=20.0).frozen().double()  # fmt: skip
    model.readout.linear[0].weight.fill_(1.0)
    image = noise(1, 3, 40, 48, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(model.log_density, image, fast_mode=True)


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (64, 250), (101, 32)])
def test_any_size_from_32_px_on_has_a_map(size):
    made = networks()
    with torch.no_grad():
        maps = made(noise(2, 3, *size))
    assert maps.shape == (2, 1, *(-(-(length * 3 // 4) // 8) for length in size))
    assert maps.isfinite().all()
    assert made.stride == pytest.approx(32 / 3)


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_a_patch_changes_the_map_where_it_is(stride, weights):
    """Cells of every stage lie where the strides say, at a size that is no multiple of them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = PretrainedNetwork(LITE0, width=8, scales=1)
    load_weights(network.trunk, weights, LITE0)
    for number, projection in zip(network.read, network.project, strict=True):
        if network.trunk.strides[number] != stride:
            torch.nn.init.zeros_(projection.weight)
    torch.nn.init.normal_(network.last.weight, generator=torch.Generator().manual_seed(0))
    network.fold()
    made = networks(scales=1)
    made.trained[0].load_state_dict(network.state_dict())
    row, column = 100, 170
    image = torch.full((1, 3, 203, 301), 0.5)
    changed = image.clone()
    changed[..., row - 8 : row + 8, column - 8 : column + 8] = noise(1, 3, 16, 16)
    with torch.no_grad():
        change = (made(changed) - made(image)).abs()[0, 0]
    weight = change**2 / (change**2).sum()
    places = [(torch.arange(count) + 0.5) * made.stride for count in weight.shape]
    assert float(weight.sum(1) @ places[0]) == pytest.approx(row, abs=stride / SHARE)
    assert float(weight.sum(0) @ places[1]) == pytest.approx(column, abs=stride / SHARE)


def test_layers_have_the_strides_of_their_names():
    found = networks().features(noise(1, 3, 100, 130))
    assert {name: tuple(maps.shape[-2:]) for name, maps in found.items()} == {
        name: (-(-100 // stride), -(-130 // stride)) for name, stride in LAYERS.items()
    }
    with pytest.raises(ValueError, match=r"layers \['stride3'\]"):
        networks().features(noise(1, 3, 64, 64), ["stride3"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("efficientnet_light", "timm:efficientnet_light: timm .* knows no such network"),
        ("resnet18", "expected an EfficientN"),
    ],
)
def test_a_backbone_of_another_family_is_refused(name, message):
    with pytest.raises(InputError, match=message):
        Trunk(name)


def test_the_command_sets_photographs_aside_and_says_what_the_mean_gains_there(
    faces, weights, tmp_path, capsys
):
    lines = ["image,subject,x_px,y_px"]
    for one in faces[:9]:
        Image.fromarray(one.pixels.permute(1, 2, 0).numpy()).save(tmp_path / one.name)
        lines += [
            f"{one.name},{subject},{x:.2f},{y:.2f}"
            for subject, (x, y) in zip(one.subject, one.points, strict=True)
        ]
    (tmp_path / "fixations.csv").write_text("\n".join(lines) + "\n")
    out = tmp_path / "own.safetensors"
    fit_networks.main([
        *("--images", str(tmp_path), "--fixations", str(tmp_path / "fixations.csv")),
        *("--out", str(out), "--backbone", f"timm:{LITE0}", "--weights", str(weights), "--final"),
        *("--height-px", "128", "--pixels-per-degree", "10", "--threads", "1", "--data", "Discs"),
        *("--folds", "2", "--aside", "3", "--epochs", "1"),
    ])  # fmt: skip
    model = load_saliency_model(out)
    assert model.data == "Discs"
    assert model.notice.startswith("Apache-2.0. EfficientNet-Lite: Copyright The TensorFlow")
    assert len(model.extractor.networks) == 1
    card = out.with_suffix(".md").read_text()
    assert "3 photographs" in card
    assert "## Terms of the backbone's weights" in card
    assert "mean of all 3 networks" in card
    assert LITE0 in card
    assert "set aside" in capsys.readouterr().out


def test_a_backbone_without_its_weights_is_refused(capsys):
    with pytest.raises(SystemExit):
        fit_networks.main(["--images", ".", "--fixations", "f.csv", "--out", "o.safetensors",
                           "--backbone", f"timm:{LITE0}"])  # fmt: skip
    assert "expected both or neither" in capsys.readouterr().err


def test_the_layers_of_the_shipped_model_respond_alike_to_photographs():
    extractor = load_saliency_model("efficientnet").extractor
    responses = {name: [] for name in LAYERS}
    for photograph in PHOTOGRAPHS[::4]:
        image, _ = resized_photograph(photograph_path(photograph), height_px=256)
        with torch.no_grad():
            for name, maps in extractor.features(image[None]).items():
                responses[name].append(float(maps.abs().mean()))
    for name, values in responses.items():
        assert np.mean(values) == pytest.approx(1.0, abs=0.35), name
