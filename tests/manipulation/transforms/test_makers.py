"""Edits, networks and free pixels do what an intent asks, and a second model sees through some."""

import pytest
import torch

from manipulation.images.log_density import entropy_bits, p_obj
from manipulation.images.photographs import squared, squared_mask
from manipulation.networks.files import guide_of, transform_file
from manipulation.networks.inference import load_trained_network
from manipulation.networks.settings import Manipulation
from manipulation.study_stimuli.models import StudyModels
from manipulation.targets.densities import global_scale, local_shift
from manipulation.targets.intent import Intent
from manipulation.training.run import run_training
from manipulation.transforms.edits import edit_region
from manipulation.transforms.makers import NetworkTransform, Pixels, between, build_maker
from stimuli.contract.masks import read_annotations
from stimuli.contract.settings import (
    EditSettings,
    ManipulationSettings,
    PixelSettings,
    Settings,
)
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, sha256
from tests.manipulation.training import small_run


def made(maker, image, intent):
    """All of the change that a maker finds."""
    return maker.graded(image, intent).at(1.0)


@pytest.fixture(scope="module")
def models():
    return StudyModels(ManipulationSettings(), "study.toml")


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


def test_a_network_changes_a_photograph_whose_sides_are_no_multiples_of_its_stride(coffee):
    """It is changed like the same photograph with its last row repeated, which is cut off again."""
    image, mask = (one[..., 20:170, :] for one in coffee)  # 150 x 192 px
    maker = NetworkTransform("fgtransform-shift", "fgtransform-scale")
    network = maker.network(Manipulation.SHIFT)
    assert image.shape[-2] % network.multiple_px == 6
    whole = torch.cat([image, image[:, -1:].expand(-1, 10, -1)], dim=1)
    region = torch.cat([mask, torch.zeros(10, 192)])
    found = []
    for k_shift in (2.0, -2.0):
        changed = made(maker, image, Intent(mask[None], (k_shift,)))
        assert torch.equal(changed, made(maker, whole, Intent(region[None], (k_shift,)))[:, :150])
        found.append(p_obj(network.guide.saliency.log_saliency(changed[None])[0], mask))
    assert found[0] > found[1] + 0.02
    assert made(maker, image, Intent(mask[:0], (), 2.0)).shape == image.shape


def test_fidelity_keeps_pixels_near_the_photograph(models, coffee):
    image, mask = coffee
    intent = Intent(mask[None], (2.0,))
    errors = []
    for fidelity in (0.0, 1.0):
        settings = Settings(pixels=PixelSettings(steps=8, fidelity=fidelity))
        changed = build_maker("pixels", settings, models.guiding).graded(image, intent).at(1)
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
        run_training(settings, photographs, guide, folder=root / kind, device=torch.device("cpu"))
        files[kind] = max((root / kind / "weights").glob("*.safetensors"))
    return files


def test_what_the_shift_network_makes_goes_through_the_scale_network(networks, coffee):
    image, mask = coffee
    maker = NetworkTransform(str(networks["shift"]), str(networks["scale"]))

    def alone(kind, image, intent):
        transform = load_trained_network(networks[kind])
        look = transform.encode(image[None])
        return transform(look, intent.target(look.log_saliency[0])[None])[0]

    shift, scale = Intent(mask[None], (2.0,)), Intent(mask[:0], (), 1.5)
    shifted = alone("shift", image, shift)
    assert (shifted - image).abs().mean() > 1e-4
    torch.testing.assert_close(made(maker, image, shift), shifted)
    torch.testing.assert_close(made(maker, image, scale), alone("scale", image, scale))
    both = made(maker, image, Intent(mask[None], (2.0,), 1.5))
    torch.testing.assert_close(both, alone("scale", shifted, scale))
    assert torch.equal(made(maker, image, Intent(mask[None], (0.0,))), image)
    with pytest.raises(InputError, match=r"shift_network is .*trained to scale; expected one"):
        NetworkTransform(str(networks["scale"]), str(networks["scale"])).network(Manipulation.SHIFT)


def test_the_networks_that_ship_are_those_of_their_cards():
    for kind in ("shift", "scale"):
        file = transform_file(f"fgtransform-{kind}")
        assert sha256(file) in file.with_suffix(".md").read_text()
        assert file.stat().st_size < 15e6


@pytest.mark.parametrize(("source_id", "annotation_id"), [("coffee", 302), ("rocket", 402)])
def test_on_photographs_they_have_not_seen_a_model_that_took_no_part_moves_as_asked(
    source_id, annotation_id
):
    chosen = ManipulationSettings(saliency="scratch", second_opinion=())
    models = StudyModels(chosen)
    maker = NetworkTransform(chosen.shift_network, chosen.scale_network)
    annotations = read_annotations(DEMO_ANNOTATIONS)
    photograph = next(one for one in PHOTOGRAPHS if one.source_id == source_id)
    image = squared(read_image(photograph_path(photograph)), 256, "crop")
    image_id = annotations.by_id[annotation_id]["image_id"]
    mask = squared_mask(annotations.mask(image_id, [annotation_id]), 256, "crop")
    aimed = [
        p_obj(models.log_saliency(made(maker, image, Intent(mask[None], (k,)))), mask)
        for k in (-2.0, 0.0, 2.0)
    ]
    assert aimed[0] < 0.95 * aimed[1] < 0.95 * aimed[2]
    spread, gathered = (
        entropy_bits(models.log_saliency(made(maker, image, Intent(mask[:0], (), k))))
        for k in (0.5, 2.0)
    )
    assert spread > gathered + 0.05


def test_shipped_networks_are_named_where_a_wrong_one_is_asked_for():
    with pytest.raises(InputError, match=r"expected one of \['fgtransform-scale'.*did you mean"):
        transform_file("fgtransform-shfit")


def test_edits_say_what_their_first_region_got_and_give_it_to_another(models, coffee):
    image, mask = coffee
    maker = build_maker("edits", Settings(edits=EditSettings(steps=3)), models.guiding)
    intent = Intent(mask[None], (2.0,))
    amounts = maker.graded(image, intent).amounts
    elsewhere = torch.roll(mask, 60, dims=0)
    control = maker.control(image, elsewhere, intent, amounts, 1.0)
    assert torch.equal(control, edit_region(image, elsewhere, amounts, 0.012))
    changed = (control - image).abs().mean(dim=0)
    assert changed[elsewhere > 0].mean() > 10 * changed[(elsewhere == 0) & (mask > 0)].mean()


def test_what_is_no_edit_is_asked_to_shift_the_other_region_alone():
    asked = []

    class Recorded(Pixels):
        def graded(self, image, intent, excess=None):
            asked.append(intent)
            return between(image, image + 1)

    masks = torch.zeros(2, 8, 8)
    masks[0, :2], masks[1, 6:] = 1, 1
    region = torch.zeros(8, 8)
    region[3:5] = 1
    image, intent = torch.zeros(3, 8, 8), Intent(masks, (1.5, -1.5), 2.0, 0.01)
    maker = Recorded([], PixelSettings())
    assert maker.graded(image, intent).amounts is None
    assert maker.control(image, region, intent, None, 0.25).mean() == 0.25
    assert torch.equal(asked[-1].masks, region[None])
    assert (asked[-1].k_shift, asked[-1].k_scale, asked[-1].blur) == ((1.5,), 1.0, 0.01)
