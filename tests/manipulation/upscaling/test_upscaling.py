"""Upscaling by 2: better than interpolation on unseen photographs, and true to what it is given."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from manipulation import fit_upscaling
from manipulation.images.photographs import to_pixels
from manipulation.runs.state import Stopped
from manipulation.upscaling import fit
from manipulation.upscaling.crops import compressed, crop, crops, degraded, reduced
from manipulation.upscaling.measures import gathered, interval, psnr_ssim, qualities
from manipulation.upscaling.network import (
    FORMAT,
    WEIGHTS,
    UpscalingNetwork,
    bicubic,
    load_network,
    load_upscaler,
    save_network,
)
from manipulation.upscaling.recipe import UpscalingRecipe
from manipulation.upscaling.training import TrainingRun
from stimuli.contract.settings import Settings, parse_settings
from stimuli.demo.photographs import PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, sha256
from tests.data import DATA, needs_data


@pytest.fixture(scope="module")
def embedded():
    return load_upscaler(Settings().images.upscale)


@pytest.fixture(scope="module")
def photograph():
    """A part of a photograph ``(3, 96, 96)``, reduced by 2 as the toolkit does it."""
    pixels = read_image(photograph_path(PHOTOGRAPHS[0]))[64:256, 128:320]
    small = np.array(reduced(Image.fromarray(pixels)))
    return torch.from_numpy(small).permute(2, 0, 1).float() / 255


def random_network(seed=0):
    """A network whose every weight is drawn, so that what holds for it holds for all."""
    network = UpscalingNetwork(channels=8, blocks=2)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(0, 0.1, generator=generator)
    return network.requires_grad_(False)


# -- the weights that ship -------------------------------------------------------------------------


def assert_better(files, least_db, least_share=1.0, jpeg=None):
    found = gathered(list(qualities(files, load_network(WEIGHTS), jpeg)))
    for other in ("bicubic", "Lanczos"):
        for measure in ("psnr", "ssim"):
            differences = getattr(found["network"], measure) - getattr(found[other], measure)
            assert (differences > 0).mean() >= least_share, (other, measure, differences)
    assert (found["network"].psnr - found["bicubic"].psnr).mean() > least_db


def test_the_shipped_network_beats_interpolation_on_photographs_of_the_demo():
    assert_better([photograph_path(one) for one in PHOTOGRAPHS], 1.0)


@pytest.mark.parametrize(
    "folder", [pytest.param(one, marks=needs_data(one)) for one in ("osie", "coco128")]
)
def test_the_shipped_network_beats_interpolation_on_a_set_that_it_has_not_seen(folder):
    images = DATA / folder / "images"
    files = sorted(images.iterdir())
    if folder == "osie":
        files = [path for path in files if fit.is_held_out(path.name, 0.2)]
        assert 90 < len(files) < 150
    assert_better(files[:: len(files) // 6], 1.0, 0.8)


def test_the_card_is_that_of_the_file():
    card = WEIGHTS.with_suffix(".md").read_text()
    assert f"`{sha256(WEIGHTS)}`" in card
    assert WEIGHTS.stat().st_size < 1e6


def test_a_spot_stays_where_it_is(embedded):
    rows, columns = torch.meshgrid(torch.arange(48) + 0.5, torch.arange(48) + 0.5, indexing="ij")
    spot = torch.exp(-((rows - 20.5) ** 2 + (columns - 28.5) ** 2) / (2 * 2.0**2))
    light = embedded((0.2 + 0.6 * spot).expand(3, -1, -1), 96)[0].double() - 0.2
    places = torch.arange(96) + 0.5
    row, column = (float((light.sum(axis) * places).sum() / light.sum()) for axis in (1, 0))
    assert (row, column) == pytest.approx((41.0, 57.0), abs=0.1)  # twice 20.5 and 28.5


@pytest.mark.parametrize("axis", [1, 2])
def test_a_mirrored_image_becomes_the_mirrored_image(embedded, photograph, axis):
    """It would not if the network moved the image; here, by a tenth of a pixel."""
    made = embedded(photograph, 192)
    mirrored = embedded(photograph.flip(axis), 192).flip(axis)
    moved_by_one = made.diff(dim=axis).abs().mean()
    assert (made - mirrored).abs().mean() < 0.2 * moved_by_one  # mirroring doubles it


def test_what_comes_back_after_reduction_is_what_went_in(embedded, photograph):
    made = Image.fromarray(to_pixels(embedded(photograph, 192)))
    again = np.asarray(reduced(made), dtype=float)
    bicubic_again = np.asarray(reduced(Image.fromarray(to_pixels(bicubic(photograph, 192)))), float)
    pixels = to_pixels(photograph)
    assert np.abs(again - pixels).mean() < 0.6 * np.abs(bicubic_again - pixels).mean()


# -- by construction -------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_constant_image_stays_constant_whatever_the_weights(level):
    image = torch.full((1, 3, 20, 20), level)
    torch.testing.assert_close(
        random_network()(image), torch.full((1, 3, 40, 40), level), rtol=0, atol=1e-5
    )


def test_half_the_contrast_has_half_the_detail_and_brightness_changes_nothing(photograph):
    network, image = random_network(), photograph[None]
    made = network(image)
    torch.testing.assert_close(network(0.5 * image + 0.2), 0.5 * made + 0.2, rtol=0, atol=1e-5)


def test_before_training_it_is_bicubic_interpolation(photograph):
    made = UpscalingNetwork()(photograph[None])[0].clamp(0, 1)
    torch.testing.assert_close(made, bicubic(photograph, 192), rtol=0, atol=1e-6)


def test_bicubic_keeps_a_linear_ramp():
    ramp = torch.linspace(0.2, 0.8, 32).expand(3, 32, 32)
    expected = 0.2 + (torch.arange(64) / 2 - 0.25) * 0.6 / 31
    larger = load_upscaler("bicubic")(ramp, 64)
    torch.testing.assert_close(larger[0, 30, 6:-6], expected[6:-6], atol=2e-3, rtol=0)


@pytest.mark.parametrize("name", ["embedded", "bicubic"])
def test_any_size_is_in_range_and_the_same_twice(name):
    checks = (torch.arange(32)[:, None] // 2 + torch.arange(32) // 2) % 2
    image, upscaler = checks.float().expand(3, 32, 32), load_upscaler(name)
    for side in (16, 32, 40, 64, 100):
        made = upscaler(image, side)
        assert made.shape == (3, side, side)
        assert made.dtype == torch.float32
        assert not made.requires_grad
        assert made.min() >= 0
        assert made.max() <= 1
        assert torch.equal(made, upscaler(image, side))
    assert torch.equal(upscaler(image, 32), image)


def test_only_a_larger_image_comes_from_the_network(embedded, photograph):
    assert torch.equal(embedded(photograph, 48), bicubic(photograph, 48))
    doubled = embedded(photograph, 192)
    assert not torch.equal(doubled, bicubic(photograph, 192))
    assert torch.equal(embedded(photograph, 300), bicubic(doubled, 300))


def test_what_results_depend_on_has_a_hash(embedded):
    assert embedded.sha256 == sha256(WEIGHTS)
    hashes = {load_upscaler(name).sha256 for name in ("embedded", "bicubic", "none")}
    assert len(hashes) == 3


# -- wrong input -----------------------------------------------------------------------------------


def test_none_leaves_images_alone_and_refuses_other_sizes(photograph):
    upscaler = load_upscaler("none")
    assert torch.equal(upscaler(photograph, 96), photograph)
    with pytest.raises(
        InputError, match=r"images.size_px is 192 .* 96\) px .*images.model_px = 192"
    ):
        upscaler(photograph, 192)


def test_a_study_with_none_and_two_sizes_is_refused_when_it_is_read():
    text = '[images]\nupscale = "none"\nsize_px = {}\nmodel_px = 512\n'
    assert parse_settings(text.format(512)).images.upscale == "none"
    with pytest.raises(InputError, match=r"size_px is 1024 .*model_px is 512; .*model_px = 1024"):
        parse_settings(text.format(1024))


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"'bicubik'; .*did you mean 'bicubic'"):
        load_upscaler("bicubik")


def test_a_file_of_ours_that_is_broken_is_refused(tmp_path):
    path = tmp_path / "mine.safetensors"
    save_network(path, random_network())
    assert load_upscaler(str(path)).sha256 == sha256(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"is no network of manipulation\.fit_upscaling"):
        load_upscaler(str(path))

    network = random_network()
    network.last.weight[0, 0, 0, 0] = torch.inf
    save_network(path, network)
    with pytest.raises(InputError, match="no finite numbers"):
        load_upscaler(str(path))
    save_file({"first.weight": torch.zeros(1)}, path, {"format": FORMAT, "settings": "{}"})
    with pytest.raises(InputError, match=r"is no network of manipulation\.fit_upscaling"):
        load_upscaler(str(path))


# -- published networks ----------------------------------------------------------------------------


def published(path, scale=2, channels=3):
    """Write a tiny SRVGGNetCompact (Wang et al. 2021) whose result is its nearest neighbour."""
    compact = pytest.importorskip("spandrel.architectures.Compact").Compact
    network = compact(
        num_in_ch=channels, num_out_ch=channels, num_feat=4, num_conv=1, upscale=scale
    )
    torch.nn.init.zeros_(network.body[-1].weight)
    torch.nn.init.zeros_(network.body[-1].bias)
    torch.save(network.half().state_dict(), path)
    return str(path)


def test_a_published_network_is_used_as_it_is(tmp_path, photograph):
    path = published(tmp_path / "compact.pth")
    upscaler = load_upscaler(path)
    assert upscaler.sha256 == sha256(path)
    expected = photograph.repeat_interleave(2, 1).repeat_interleave(2, 2)
    torch.testing.assert_close(upscaler(photograph, 192), expected)
    torch.testing.assert_close(upscaler(photograph, 150), bicubic(expected, 150))


@pytest.mark.parametrize(("kind", "message"), [
    ({"scale": 4}, "enlarges by 4; expected 2"),
    ({"channels": 1}, "takes 1 channels and returns 1"),
])  # fmt: skip
def test_a_published_network_of_another_kind_is_refused(tmp_path, kind, message):
    with pytest.raises(InputError, match=message):
        load_upscaler(published(tmp_path / "compact.pth", **kind))


def test_a_file_that_spandrel_cannot_read_is_refused(tmp_path):
    pytest.importorskip("spandrel")
    for name, content in (("a.pth", b"no network"), ("a.txt", b"text"), ("a.safetensors", b"xx")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="spandrel cannot read it as a network"):
            load_upscaler(str(tmp_path / name))


def test_without_spandrel_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "spandrel", None)
    (tmp_path / "published.pth").write_bytes(b"")
    with pytest.raises(InputError, match="pip install spandrel"):
        load_upscaler(str(tmp_path / "published.pth"))


# -- measures --------------------------------------------------------------------------------------


def test_psnr_is_that_of_luma_without_the_border():
    pixels = np.full((40, 50, 3), 100, np.uint8)
    other = pixels + np.uint8(10)
    other[:4] = 255  # inside the border, which does not count
    psnr, ssim = psnr_ssim(other, pixels)
    assert psnr == pytest.approx(20 * np.log10(255 / (10 * 219 / 255)))
    assert 0.9 < ssim < 1


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    differences = np.random.default_rng(0).normal(1, 2, 400)
    low, high = interval(differences)
    half = 1.96 * differences.std() / 20
    assert (low, high) == pytest.approx(
        (differences.mean() - half, differences.mean() + half), abs=0.1 * half
    )


# -- training --------------------------------------------------------------------------------------

RECIPE = UpscalingRecipe(channels=4, blocks=1, steps=12, crop_px=8, warm_up=2, bfloat16=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Twelve crops of a photograph, 110 x 100 px."""
    folder = tmp_path_factory.mktemp("photographs")
    pixels = read_image(photograph_path(PHOTOGRAPHS[0]))
    for index in range(12):
        top, left = divmod(index, 4)
        part = pixels[100 * top : 100 * top + 100, 110 * left : 110 * left + 110]
        Image.fromarray(part).save(folder / f"{index:02}.png")
    return sorted(folder.iterdir())


def trained(files, recipe=RECIPE, seed=0, until=None, state=None):
    run = TrainingRun(files, recipe, seed)
    if state is not None:
        run.restore(run.resumable(state))
    while not run.finished and run.step != until:
        run.advance()
    return run


def assert_same(one, other):
    for name in ("network", "average"):
        mine, theirs = (getattr(run, name).state_dict() for run in (one, other))
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)


@pytest.mark.parametrize("killed_after", [1, 7, 11])
def test_a_run_that_was_killed_ends_with_the_same_bits(files, tmp_path, killed_after):
    state = tmp_path / "run.pt"
    trained(files, until=killed_after).resumable(state).write(killed_after)
    assert_same(trained(files, state=state), trained(files))


def test_a_run_may_be_lengthened_while_its_rate_has_not_begun_to_fall(files, tmp_path):
    state, longer = tmp_path / "run.pt", replace(RECIPE, steps=16)
    trained(files, until=9).resumable(state).write(9)
    assert_same(trained(files, longer, state=state), trained(files, longer))
    trained(files, until=10).resumable(state).write(10)
    with pytest.raises(InputError, match=r"step 10 of a run .*recipe\.steps = 16 \(it has 12"):
        trained(files, longer, state=state)


def test_the_rate_rises_stays_and_falls():
    rates = [RECIPE.rate(step) / RECIPE.learning_rate for step in range(RECIPE.steps)]
    assert rates == pytest.approx([1 / 2, *[1] * 9, 2 / 3, 1 / 3])


def test_the_state_of_another_run_is_refused(files, tmp_path):
    state = tmp_path / "run.pt"
    trained(files, until=1).resumable(state).write(1)
    for other in ({"files": files[1:]}, {"recipe": replace(RECIPE, blocks=2)}, {"seed": 1}):
        with pytest.raises(InputError, match="step 1 of a run without"):
            trained(**{"files": files, "state": state, **other})
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be read as the state of a run"):
        trained(files, state=state)


def test_it_learns_what_interpolation_lacks(files):
    recipe = replace(RECIPE, channels=8, steps=100, photographs=4, learning_rate=1e-2)
    network = trained(files, recipe).average
    high, low = crops(files, replace(recipe, photographs=40), np.random.default_rng(1))
    lacks = (UpscalingNetwork()(low) - high).abs().mean()
    assert (network(low) - high).abs().mean() < 0.95 * lacks


def test_a_loss_that_is_no_number_stops_the_run(files):
    run = TrainingRun(files, RECIPE, 0)
    run.network.last.weight.data.fill_(torch.nan)
    with pytest.raises(Stopped, match=r"step 1: the loss is nan; the last state is kept"):
        run.advance()
    assert run.step == 0


def test_crops_are_parts_of_the_photograph_at_several_sizes():
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None, None], (64, 70, 3))
    generator = np.random.default_rng(0)
    spans = set()
    for _ in range(40):
        made = crop(ramp, RECIPE, generator).astype(int)
        assert made.shape == (16, 16, 3)
        spans.add(int(np.ptp(made)))
    assert min(spans) == 15
    assert 26 < max(spans) <= 32


def test_reductions_are_degraded_as_the_recipe_says_and_their_targets_are_not(files):
    def drawn(**changes):
        recipe = replace(RECIPE, photographs=1, crops=1, **changes)
        return crops(files[:1], recipe, np.random.default_rng(3))

    high, clean = drawn(degraded=0.0)
    same_high, low = drawn(degraded=1.0, most_noise=0.0, lowest_quality=40, highest_quality=40)
    picture = Image.fromarray(to_pixels(clean[0]))
    expected = np.asarray(compressed(picture, 40))
    assert torch.equal(high, same_high)
    np.testing.assert_array_equal(to_pixels(low[0]), expected)
    assert np.abs(expected.astype(int) - np.asarray(picture)).mean() > 1


def test_a_share_of_the_reductions_is_degraded_and_its_noise_is_as_strong_as_asked():
    grey = Image.new("RGB", (48, 48), (128, 128, 128))
    recipe = replace(RECIPE, degraded=0.4, most_noise=0.02, lowest_quality=95, highest_quality=95)
    generator = np.random.default_rng(0)
    made = [degraded(grey, recipe, generator) for _ in range(300)]
    changed = [np.asarray(one, float)[..., 1].std() for one in made if one is not grey]
    assert len(changed) / 300 == pytest.approx(0.4, abs=0.07)
    assert 0.6 * 255 * 0.02 < max(changed) < 1.1 * 255 * 0.02  # luma's, of three colours' noise


# -- the command -----------------------------------------------------------------------------------


def arguments(files, out, *more):
    return ["--photographs", str(files[0].parent), "--out", str(out), "--steps", "3",
            "--threads", "1", *more]  # fmt: skip


def test_a_killed_command_goes_on_and_writes_weights_with_their_card(files, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "PHOTOGRAPHS", PHOTOGRAPHS[1:2])
    monkeypatch.setattr(fit, "_STEPS_KEPT", 2)
    fit_upscaling.main(arguments(files, tmp_path / "whole.safetensors"))

    def killed(*arguments):
        raise KeyboardInterrupt

    out = tmp_path / "killed.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(fit_upscaling, "save_network", killed)
        with pytest.raises(KeyboardInterrupt):
            fit_upscaling.main(arguments(files, out))
    assert [path.name for path in tmp_path.glob("killed*")] == ["killed.state.pt"]
    with monkeypatch.context() as patch:  # training is over, only measuring is left
        patch.setattr(TrainingRun, "advance", killed)
        fit_upscaling.main(arguments(files, out))
    first, second = load_file(tmp_path / "whole.safetensors"), load_file(out)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert all(tensor.dtype == torch.float16 for tensor in first.values())
    with safe_open(out, framework="pt") as file:
        assert file.metadata()["format"] == FORMAT
    card = out.with_suffix(".md").read_text()
    assert sha256(out) in card
    assert "demo (1) | bicubic |" in card
    assert not list(tmp_path.glob("*.state.pt"))
    assert load_upscaler(str(out))(torch.rand(3, 8, 8), 16).shape == (3, 16, 16)


@pytest.mark.parametrize(("more", "message"), [
    (("--held-out", "0.999999"), "leaves no photograph for training"),
    (("--unseen", "{empty}"), "no photographs; expected files that end in"),
    (("--unseen", "{small}"), "is 40 x 30 px; expected at least 96"),
    (("--unseen", "{broken}"), "cannot be read as an image"),
])  # fmt: skip
def test_wrong_photographs_are_refused_before_training(files, tmp_path, monkeypatch, more, message):
    monkeypatch.setattr(TrainingRun, "advance", None)
    for name in ("empty", "small", "broken"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (40, 30)).save(tmp_path / "small" / "a.png")
    (tmp_path / "broken" / "a.jpg").write_bytes(b"no picture")
    more = [one.format(**{p.name: p for p in tmp_path.iterdir()}) for one in more]
    with pytest.raises(InputError, match=message):
        fit_upscaling.main(arguments(files, tmp_path / "x.safetensors", *more))
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize(("more", "message"), [
    (("--held-out", "1"), "expected a number from 0 to below 1"),
    (("--steps", "0"), "expected a whole number from 1"),
    (("--seed", "-1"), "expected 0 or more"),
    (("--out", "x.pt"), "ends in .safetensors"),
    (("--photographs", "absent"), "absent: no such folder"),
])  # fmt: skip
def test_wrong_arguments_are_named(files, tmp_path, capsys, more, message):
    with pytest.raises(SystemExit) as ended:
        fit_upscaling.main(arguments(files, tmp_path / "x.safetensors", *more))
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_loss_that_is_no_number_ends_the_command_with_status_1(files, tmp_path, monkeypatch):
    def stopped(self):
        raise Stopped("step 1: the loss is nan")

    monkeypatch.setattr(TrainingRun, "advance", stopped)
    assert fit_upscaling.main(arguments(files, tmp_path / "x.safetensors")) == 1
