"""Edits, networks and free pixels do what an intent asks, and a second model sees through some."""

import numpy as np
import pytest
import torch

from manipulation import transfer
from manipulation.judges import Judges
from manipulation.photographs import squared, squared_mask
from manipulation.prediction import entropy_bits, p_obj
from manipulation.prognosis import FeatureDistance, measured, newly_clipped, psnr_db
from manipulation.training.run import train
from manipulation.training.targets import global_scale, local_shift
from manipulation.transforms.files import guide_of, transform_file
from manipulation.transforms.inference import load_transform
from manipulation.transforms.intent import Intent, objective
from manipulation.transforms.makers import Networks, build_maker
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.errors import InputError
from stimuli.files import read_image, sha256
from stimuli.masks import read_annotations
from stimuli.settings import ManipulationSettings, PixelSettings, Settings
from stimuli.tables import TRANSFER, read_table
from tests.manipulation import small_run

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def judges():
    return Judges(ManipulationSettings(), "study.toml")


@pytest.fixture(scope="module")
def coffee():
    """A photograph at 192 px and the mask of the coffee in it."""
    chosen = next(one for one in PHOTOGRAPHS if one.source_id == "coffee")
    annotations = read_annotations(DEMO_ANNOTATIONS)
    mask = annotations.mask(annotations.by_id[301]["image_id"], [301])
    image = squared(read_image(photograph_path(chosen)), 192, "crop")
    return image, squared_mask(mask, 192, "crop")


def test_an_intent_shifts_first_and_scales_the_result():
    generator = torch.Generator().manual_seed(0)
    log_saliency = torch.randn(16, 16, generator=generator)
    masks = torch.zeros(2, 16, 16)
    masks[0, :8, :8], masks[1, 10:, 10:] = 1, 1
    intent = Intent(masks, (2.0, -1.0), 1.5)
    expected = global_scale(local_shift(log_saliency, masks, [2.0, -1.0]), 1.5)
    torch.testing.assert_close(intent.target(log_saliency), expected)
    assert torch.equal(Intent(masks[:0]).target(log_saliency), log_saliency)
    identities = [
        one.identity
        for one in (intent, Intent(masks, (2.0, -1.0)), Intent(masks.flip(0), (2.0, -1.0), 1.5))
    ]
    assert len({repr(one) for one in identities}) == 3


def test_pixels_reach_their_target_and_the_second_model_hardly_sees_it(judges, coffee):
    image, mask = coffee
    maker = build_maker("pixels", Settings(pixels=PixelSettings(steps=25)), judges.guiding)
    intent = Intent(mask[None], (2.0,))
    changed = maker(image, intent)
    assert changed.min() >= 0
    assert changed.max() <= 1
    loss = objective(judges.guiding, image, intent)
    assert float(loss(changed[None])) < 0.5 * float(loss(image[None]))

    def change(predict):
        return p_obj(predict(changed), mask) - p_obj(predict(image), mask)

    first, second = change(judges.log_saliency), change(judges.second_log_saliency)
    assert first > 0.1
    assert abs(second) < 0.2 * first


def test_fidelity_keeps_pixels_near_the_photograph(judges, coffee):
    image, mask = coffee
    intent = Intent(mask[None], (2.0,))
    errors = []
    for fidelity in (0.0, 1e4):
        settings = Settings(pixels=PixelSettings(steps=8, fidelity=fidelity))
        changed = build_maker("pixels", settings, judges.guiding)(image, intent)
        errors.append(float((changed - image).square().mean()))
    assert errors[1] < 0.3 * errors[0]


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Files of two small networks, for shifts and for scales."""
    root = tmp_path_factory.mktemp("networks")
    pictures = small_run.make_pictures(root / "pictures")
    files = {}
    for kind in ("shift", "scale"):
        settings = small_run.settings(
            root, f'targets.manipulation = "{kind}"', 'network.output = "change"'
        )
        photographs = small_run.photographs(pictures, root / f"cache-{kind}", settings)
        guide = guide_of(settings.guide)
        train(settings, photographs, guide, root / kind, torch.device("cpu"))
        files[kind] = max((root / kind / "weights").glob("*.safetensors"))
    return files


def test_what_the_shift_network_makes_goes_through_the_scale_network(networks, coffee):
    image, mask = coffee
    maker = Networks(str(networks["shift"]), str(networks["scale"]))

    def alone(kind, image, intent):
        transform = load_transform(networks[kind])
        look = transform.look(image[None])
        return transform(look, intent.target(look.log_saliency[0])[None])[0]

    shift, scale = Intent(mask[None], (2.0,)), Intent(mask[:0], (), 1.5)
    shifted = alone("shift", image, shift)
    assert (shifted - image).abs().mean() > 1e-4
    torch.testing.assert_close(maker(image, shift), shifted)
    torch.testing.assert_close(maker(image, scale), alone("scale", image, scale))
    both = maker(image, Intent(mask[None], (2.0,), 1.5))
    torch.testing.assert_close(both, alone("scale", shifted, scale))
    assert torch.equal(maker(image, Intent(mask[None], (0.0,))), image)
    with pytest.raises(InputError, match=r"shift_network is .*trained to scale; expected one"):
        Networks(str(networks["scale"]), str(networks["scale"])).network("shift")


def test_naturalness_figures_are_zero_and_infinite_for_the_same_image(coffee):
    image, _ = coffee
    pixels = (image * 255).byte().permute(1, 2, 0).numpy()
    distance = FeatureDistance()
    assert distance(image, image) == 0
    assert psnr_db(pixels, pixels) == np.inf
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    distances = [distance(image, (image + size * noise).clamp(0, 1)) for size in (0.02, 0.1)]
    assert 0 < distances[0] < distances[1] < 1
    assert psnr_db(np.zeros((4, 4)), np.full((4, 4), 255)) == 0
    assert psnr_db(np.zeros((4, 4)), np.full((4, 4), 25.5)) == pytest.approx(20)
    original = np.array([[0, 100, 255, 7]])
    assert newly_clipped(original, np.array([[0, 255, 255, 0]])) == 0.5


def test_without_an_aim_the_measure_is_the_entropy():
    assert measured(torch.zeros(32, 32), None) == pytest.approx(10)
    mask = torch.zeros(64, 64)
    mask[:32] = 1
    assert measured(torch.zeros(32, 32), mask) == pytest.approx(0.5)


@pytest.fixture
def photographs(tmp_path):
    """The demo's photographs as a folder with annotations."""
    for one in PHOTOGRAPHS[:3]:
        (tmp_path / one.source_id).write_bytes(photograph_path(one).read_bytes())
    return ["--images", str(tmp_path), "--annotations", str(DEMO_ANNOTATIONS)]


def test_the_command_tables_every_transform(photographs, networks, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(transfer, "Settings", lambda **changes: small(Settings, changes))
    transfer.main([
        *photographs, "--objects", "2", "--out", str(tmp_path / "out"),
        "--transforms", "edits", "pixels", f"mine={networks['shift']}",
    ])  # fmt: skip
    rows = read_table(tmp_path / "out" / "transfer.tsv", TRANSFER)
    assert [row["transform"] for row in rows] == ["edits"] * 4 + ["pixels"] * 4 + ["mine"] * 4
    for row in rows:
        assert np.sign(row["asked_change"]) == np.sign(row["k_shift"])
    for name in ("edits", "pixels"):
        mine = [row for row in rows if row["transform"] == name]
        assert all(row["predicted_change"] * row["k_shift"] > 0 for row in mine)
    shapes = {read_image(path).shape for path in (tmp_path / "out").glob("*.png")}
    assert shapes == {(2 * 128, 3 * 128, 3)}
    assert "transfer" in capsys.readouterr().err


def small(settings, changes):
    from stimuli.settings import EditSettings, ImageSettings

    return settings(
        **changes,
        images=ImageSettings(model_px=128),
        edits=EditSettings(steps=5),
        pixels=PixelSettings(steps=5),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--second-opinion", "none"], "--second-opinion is none"),
        (["--second-opinion", "embedded"], "is 'embedded', the same weights as 'embedded'"),
        (["--also", "icf"], "is 'icf', the same weights as 'icf'"),
        (["--transforms", "edit"], "transform is 'edit'"),
        (["--objects", "40"], "40 sources need 35"),
    ],
)
def test_wrong_options_are_named_before_anything_is_computed(
    photographs, tmp_path, options, message
):
    with pytest.raises(InputError, match=message):
        transfer.main([*photographs, "--out", str(tmp_path / "out"), *options])
    assert not (tmp_path / "out").exists()


def test_the_networks_that_ship_are_those_of_their_cards():
    for kind in ("shift", "scale"):
        file = transform_file(f"fgtransform-{kind}")
        assert sha256(file) in file.with_suffix(".md").read_text()
        assert file.stat().st_size < 15e6


@pytest.mark.parametrize(("source_id", "annotation_id"), [("coffee", 302), ("rocket", 402)])
def test_on_photographs_they_have_not_seen_they_move_predictions_as_asked(
    judges, source_id, annotation_id
):
    chosen = ManipulationSettings()
    maker = Networks(chosen.shift_network, chosen.scale_network)
    annotations = read_annotations(DEMO_ANNOTATIONS)
    photograph = next(one for one in PHOTOGRAPHS if one.source_id == source_id)
    image = squared(read_image(photograph_path(photograph)), 256, "crop")
    image_id = annotations.by_id[annotation_id]["image_id"]
    mask = squared_mask(annotations.mask(image_id, [annotation_id]), 256, "crop")
    aimed = [
        p_obj(judges.log_saliency(maker(image, Intent(mask[None], (k,)))), mask)
        for k in (-2.0, 0.0, 2.0)
    ]
    assert aimed[0] < 0.95 * aimed[1] < 0.95 * aimed[2]
    spread, gathered = (
        entropy_bits(judges.log_saliency(maker(image, Intent(mask[:0], (), k)))) for k in (0.5, 2.0)
    )
    assert spread > gathered + 0.05


def test_shipped_networks_are_named_where_a_wrong_one_is_asked_for():
    with pytest.raises(InputError, match=r"expected one of \['fgtransform-scale'.*did you mean"):
        transform_file("fgtransform-shfit")
