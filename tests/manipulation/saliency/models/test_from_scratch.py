"""The model `scratch`: its networks, their training, and the weights in the repository."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from manipulation import fit_networks
from manipulation.images.sizes import to_bytes
from manipulation.runs.alone import fitting_alone
from manipulation.saliency import load_saliency_model
from manipulation.saliency.fitting.network_model import averaged_model
from manipulation.saliency.fitting.network_recipe import NetworkRecipe
from manipulation.saliency.fitting.network_training import TrainingRun
from manipulation.saliency.fitting.network_views import Variation, views
from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.from_scratch import LAYERS, SaliencyNetwork, ScratchNetworks
from manipulation.saliency.models.pretrained import PretrainedNetwork
from manipulation.saliency.scoring.gains import Gains, gains_from_pixels, joined
from stimuli.support.errors import InputError
from stimuli.support.files import sha256
from tests.data import DATA

OSIE = DATA / "osie"
SIZE = (96, 128)
WIDTHS = (8, 8, 12, 12, 12)
SMALL = NetworkRecipe(
    widths=WIDTHS,
    scales=2,
    epochs=30,
    batch_size=4,
    averaging=0.97,
    learning_rate=1e-2,
    bfloat16=False,
    variation=Variation(scale=(0.8, 1.2)),
)


def photograph_of_two_discs(generator, name):
    """A bright and a dark disc on grey noise; everybody looks at the bright one."""
    rows, columns = np.indices(SIZE)
    pixels = 0.5 + generator.uniform(-0.1, 0.1, (3, *SIZE))
    left, right = (generator.uniform((x, 20), (x + 24, 76)) for x in (20, 84))
    bright, dark = (left, right) if generator.random() < 0.5 else (right, left)
    for (x, y), change in ((bright, 0.35), (dark, -0.35)):
        pixels[:, np.hypot(columns + 0.5 - x, rows + 0.5 - y) < 10] += change
    points = generator.normal(bright, 4, (20, 2)).clip(0, np.array(SIZE[::-1]) - 1)
    image = torch.from_numpy(pixels.clip(0, 1)).float()
    return ViewedPhotograph(name, SIZE, points, np.arange(20) % 3, pixels=to_bytes(image))


@pytest.fixture(scope="module")
def discs():
    generator = np.random.default_rng(0)
    return [photograph_of_two_discs(generator, f"{index}.png") for index in range(24)]


def trained(sources, recipe=SMALL, seed=0, epochs=None):
    run = TrainingRun(sources, recipe, seed)
    while run.epoch < (recipe.epochs if epochs is None else epochs):
        run.run_epoch()
    return run


def small_networks(networks=2, scales=2):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ScratchNetworks(networks, (4, 4, 6, 6, 6), scales)


def noise(*shape, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


def test_training_finds_the_rule_on_unseen_photographs(discs):
    run = trained(discs[:18])
    gains = gains_from_pixels(averaged_model([run], run.centre_bias, 20.0), discs[18:])
    assert gains.bits_per_fixation > 1.5
    assert (gains.bits > 0).all()


def test_an_interrupted_run_ends_with_the_same_weights(discs, tmp_path):
    recipe = replace(SMALL, epochs=3, dropout=0.3)
    whole = trained(discs[:6], recipe)
    trained(discs[:6], recipe, epochs=1).resumable(tmp_path / "one.pt").write(1)
    resumed = TrainingRun(discs[:6], recipe, 0)
    resumed.restore(resumed.resumable(tmp_path / "one.pt"))
    assert resumed.epoch == 1
    while not resumed.finished:
        resumed.run_epoch()
    for name, tensor in whole.average.state_dict().items():
        torch.testing.assert_close(resumed.average.state_dict()[name], tensor, rtol=0, atol=0)
    assert torch.equal(resumed.average_bias_weight, whole.average_bias_weight)


def test_another_seed_gives_other_weights(discs):
    recipe = replace(SMALL, epochs=1)
    first, second = (trained(discs[:4], recipe, seed).average.last.weight for seed in (0, 1))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("change", ["seed", "recipe", "photographs", "truncated"])
def test_a_checkpoint_of_another_run_is_refused(discs, tmp_path, change):
    recipe = replace(SMALL, epochs=2)
    path = tmp_path / "one.pt"
    TrainingRun(discs[:4], recipe, 0).resumable(path).write(0)
    if change == "truncated":
        path.write_bytes(path.read_bytes()[:2000])
    other = TrainingRun(
        discs[:5] if change == "photographs" else discs[:4],
        replace(recipe, epochs=3) if change == "recipe" else recipe,
        1 if change == "seed" else 0,
    )
    with pytest.raises(InputError, match=r"one\.pt: .*delete"):
        other.restore(other.resumable(path))


@pytest.mark.parametrize("kind", [SaliencyNetwork, PretrainedNetwork])
def test_a_view_takes_fixations_and_centre_bias_along(kind):
    rows, columns = np.indices((256, 384))
    x, y = 250.0, 90.0
    image = torch.from_numpy(np.exp(-((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2) / 800.0))
    pixels = to_bytes(image.float().expand(3, -1, -1))
    one = ViewedPhotograph("", (256, 384), np.array([[x, y]]), pixels=pixels)
    rows, columns = torch.from_numpy(np.indices((60, 80)))
    log_map = -((columns + 0.5 - x / 384 * 80) ** 2 + (rows + 0.5 - y / 256 * 60) ** 2) / 100.0
    still = Variation((0.7, 1.4), 0.1, gamma=0, contrast=0, saturation=0, brightness=0, cast=0)
    generator = np.random.default_rng(0)
    seen = 0
    for _ in range(40):
        batch = views([one], log_map.float(), still, generator, kind)
        height, width = batch.images.shape[-2:]
        assert height % kind.multiple == width % kind.multiple == 0
        torch.testing.assert_close(batch.centre_bias.exp().sum(), torch.tensor(1.0))
        if not batch.counts.sum():
            continue
        seen += 1
        row, column = divmod(int(batch.counts.argmax()), width // kind.cell_px)
        lit = np.array(divmod(int(batch.images[0, 0].argmax()), width)) / kind.cell_px
        assert tuple(lit) == pytest.approx((row + 0.5, column + 0.5), abs=1.3)
        bias_row, bias_column = divmod(int(batch.centre_bias.argmax()), width // kind.cell_px)
        assert (bias_row, bias_column) == pytest.approx((row, column), abs=2)
    assert seen > 25


def test_folding_the_normalisation_changes_nothing(discs):
    run = trained(discs[:4], replace(SMALL, epochs=2))
    images = noise(2, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(run.folded()(images), run.average(images), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(one, torch.nn.BatchNorm2d) for one in run.folded().modules())


def test_the_gradient_in_the_pixels_is_right():
    networks = small_networks().double()
    image = noise(1, 3, 32, 40, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(networks, image, fast_mode=True)


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (64, 250), (101, 32)])
def test_any_size_gives_one_cell_per_eight_pixels(size):
    maps = small_networks(scales=3)(noise(2, 3, *size))
    assert maps.shape == (2, 2, -(-size[0] // 8), -(-size[1] // 8))
    assert maps.isfinite().all()


def test_what_stands_beside_an_image_does_not_matter_to_others_in_the_batch():
    networks = small_networks()
    images = noise(3, 3, 64, 64)
    torch.testing.assert_close(networks(images)[1:2], networks(images[1:2]))


def test_features_have_the_strides_that_their_names_say():
    networks = small_networks()
    size = (200, 136)
    features = networks.features(noise(1, 3, *size))
    assert list(features) == list(LAYERS)
    for name, stride in LAYERS.items():
        assert features[name].shape[-2:] == (-(-size[0] // stride), -(-size[1] // stride))
    both = networks.features(noise(1, 3, *size), ["stage4"], networks=2)["stage4"]
    torch.testing.assert_close(both[:, :6], features["stage4"])
    with pytest.raises(ValueError, match="stage9"):
        networks.features(noise(1, 3, 64, 64), ["stage9"])


def test_features_move_with_the_image():
    image = noise(1, 3, 192, 192)
    moved = torch.roll(image, 32, dims=-1)
    for name, stride in list(LAYERS.items())[:3]:
        one, other = (small_networks().features(x, [name])[name] for x in (image, moved))
        cells = 32 // stride
        inner = slice(4, -4)
        torch.testing.assert_close(
            other[..., inner, cells + 4 : -4], one[..., inner, 4 : -4 - cells], rtol=1e-4, atol=1e-5
        )


def test_the_mean_of_networks_is_no_worse_than_they_are_on_average(discs):
    runs = [trained(discs[:12], replace(SMALL, epochs=6), seed) for seed in (0, 1)]
    bias = runs[0].centre_bias
    alone = [gains_from_pixels(averaged_model([run], bias, 20.0), discs[12:]) for run in runs]
    together = gains_from_pixels(averaged_model(runs, bias, 20.0), discs[12:])
    mean = np.mean([gains.bits_per_fixation for gains in alone])
    assert together.bits_per_fixation > mean - 1e-3


def test_gains_of_parts_are_those_of_all():
    parts = [
        Gains(("a",), np.array([1.0]), np.array([2])),
        Gains(("b",), np.array([5.0]), np.array([4])),
    ]
    assert joined(parts).bits_per_fixation == pytest.approx(1.0)


@pytest.fixture(scope="module")
def study(tmp_path_factory, discs):
    """The discs as files with a table of fixations."""
    folder = tmp_path_factory.mktemp("discs")
    lines = ["image,subject,x_px,y_px"]
    for one in discs[:8]:
        Image.fromarray(one.pixels.permute(1, 2, 0).numpy()).save(folder / one.name)
        lines += [
            f"{one.name},{subject},{x:.2f},{y:.2f}"
            for subject, (x, y) in zip(one.subject, one.points, strict=True)
        ]
    lines.append("0.png,0,-5,10")
    (folder / "fixations.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_the_command_shares_work_goes_on_and_writes_weights_with_card_and_sidecar(study, capsys):
    out = study / "own.safetensors"
    command = [
        *("--images", str(study), "--fixations", str(study / "fixations.csv"), "--out", str(out)),
        *("--height-px", "96", "--pixels-per-degree", "10", "--threads", "1"),
        *("--folds", "2", "--repeats", "1", "--epochs", "2"),
    ]
    first = out.with_suffix(".checkpoints") / "network-1.pt"
    with (
        fitting_alone(first, "trains network 1"),
        ThreadPoolExecutor(1) as other,
        pytest.raises(InputError, match=rf"process {os.getpid()} on .* trains network 1 since"),
    ):
        other.submit(fit_networks.main, [*command, "--only", "1"]).result()
    fit_networks.main([*command, "--only", "1"])
    assert [path.name for path in out.with_suffix(".checkpoints").iterdir()] == ["network-1.pt"]
    assert not out.exists()
    capsys.readouterr()
    fit_networks.main(command)
    printed = capsys.readouterr().out
    assert "network 1, epoch" not in printed
    assert "network 2, epoch 2" in printed
    model = load_saliency_model(out)
    assert len(model.extractor.networks) == 2
    assert model.log_saliency(noise(1, 3, 96, 128)).isfinite().all()
    card = out.with_suffix(".md").read_text()
    assert sha256(out) in card
    assert "people (gold standard)" in card
    assert "mean of these 2 networks" in card
    assert "160 " in card
    assert "(1 beside" in card
    sidecar = json.loads(out.with_suffix(".json").read_text())
    assert sidecar["settings"]["recipe"]["epochs"] == 2
    assert sidecar["seeds"]["network 2"] == 2


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--folds", "1", "2 or more"), ("--only", "9", "from 0 to 4"), ("--out", "x.pt", "ends in")],
)
def test_a_wrong_option_is_refused(study, option, value, message, capsys):
    arguments = ["--images", str(study), "--fixations", str(study / "fixations.csv")]
    out = [] if option == "--out" else ["--out", "x.safetensors"]
    with pytest.raises(SystemExit) as stopped:
        fit_networks.main([*arguments, *out, option, value])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_too_few_photographs_for_the_folds_are_refused(study, tmp_path):
    with pytest.raises(InputError, match=r"8 images have fixations inside.*each of 9 folds"):
        fit_networks.main(
            [
                *("--images", str(study), "--fixations", str(study / "fixations.csv")),
                *("--out", str(tmp_path / "x.safetensors"), "--folds", "9"),
            ]
        )
