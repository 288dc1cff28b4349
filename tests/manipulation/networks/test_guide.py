"""One pass gives all; no network is run twice; what cannot guide says so."""

import pytest
import torch

from manipulation.networks.guide import VGG_PARTS, Guide, LayerParts, build_guide
from manipulation.networks.random_filters import LAYERS, RandomFilters
from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.deepgaze import DeepGazeFeatures, deepgaze_features
from manipulation.saliency.models.files import build_saliency_model, save_saliency_model
from manipulation.saliency.models.vgg import DEEPGAZE_LAYERS, VGGFeatures
from manipulation.saliency.models.vgg_weights import save_vgg
from stimuli.support.errors import InputError

LITE0 = "tf_efficientnet_lite0"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    vgg = VGGFeatures(channels=(4, 4, 6, 6, 8)).initialise(torch.Generator().manual_seed(0))
    save_vgg(path, vgg, {})
    return path


@pytest.fixture(scope="module")
def deepgaze(weights, tmp_path_factory):
    torch.manual_seed(0)
    extractor = DeepGazeFeatures(weights)
    model = build_saliency_model("deepgaze2", extractor=extractor, pixels_per_degree=20.0)
    path = tmp_path_factory.mktemp("deepgaze") / "deepgaze.safetensors"
    save_saliency_model(path, model)
    return path


def images(count=2, side=64):
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("names", [("saliency", "saliency"), ("saliency", "vgg19")])
def test_with_deepgaze_one_pass_of_vgg_gives_all_that_the_paper_needs(deepgaze, names):
    guide = build_guide(str(deepgaze), *names)
    passes = []
    for module in guide.modules():
        if isinstance(module, VGGFeatures):
            module.register_forward_hook(lambda *_: passes.append(1))
    seen = guide(images())
    assert len(passes) == 1
    model = load_saliency_model(deepgaze)
    layers = model.extractor.vgg(images(), (*DEEPGAZE_LAYERS, *VGG_PARTS.texture))
    torch.testing.assert_close(seen.log_saliency, model(images()))
    torch.testing.assert_close(seen.guidance, deepgaze_features(layers))
    torch.testing.assert_close(seen.feature, layers["relu5_2"])
    for one, name in zip(seen.texture, VGG_PARTS.texture, strict=True):
        torch.testing.assert_close(one, layers[name])
    assert (guide.channels, guide.stride) == (5 * 8, 16)


def test_vgg_can_guide_where_saliency_is_of_another_kind(weights):
    guide = build_guide("icf", "vgg19", "random", vgg_weights=str(weights))
    seen = guide(images())
    assert seen.guidance.shape == (2, 40, 4, 4)
    assert seen.texture[0].shape == (2, 64, 64, 64)
    torch.testing.assert_close(seen.log_saliency, load_saliency_model("icf")(images()))


@pytest.mark.parametrize(
    ("architecture", "extractor", "channels", "texture"),
    [
        ("scratch", {"networks": 1, "widths": [4, 4, 6, 6, 6]}, 12, [16, 8, 4, 2, 1]),
        (
            "pretrained",
            {"backbones": ["tf_efficientnet_lite0"], "width": 8},
            112,
            [32, 16, 8, 4, 2],
        ),
    ],
)
def test_the_model_s_own_layers_guide_and_are_compared(
    architecture, extractor, channels, texture, monkeypatch
):
    model = build_saliency_model(
        architecture, features=extractor, widths=(1,), pixels_per_degree=20.0
    ).frozen()
    monkeypatch.setattr("manipulation.networks.guide.load_saliency_model", lambda name: model)
    guide = build_guide("own", "saliency", "saliency")
    assert (guide.channels, guide.stride) == (channels, 16)
    seen = guide(images())
    assert [one.shape[-1] for one in seen.texture] == texture
    assert seen.guidance.shape[-2:] == seen.feature.shape[-2:] == (4, 4)


def test_gradients_reach_the_pixels_and_no_weights():
    guide = build_guide("icf", "random", "random")
    pixels = images().requires_grad_()
    seen = guide(pixels)
    (seen.log_saliency.std() + seen.feature.std() + seen.texture[4].std()).backward()
    assert pixels.grad.abs().min(dim=1).values.median() > 0
    assert not any(one.requires_grad for one in guide.parameters())


def test_a_saliency_model_without_layers_says_what_could_guide():
    with pytest.raises(InputError, match='"random" or "vgg19" in place of "saliency"'):
        build_guide("icf", "saliency", "random")


def test_layers_of_several_strides_cannot_guide_together():
    network = RandomFilters(8)
    parts = LayerParts(("scale8", "scale16"), "scale8", tuple(LAYERS))
    with pytest.raises(ValueError, match="strides of their own"):
        Guide(load_saliency_model("icf"), (network, parts), (network, parts))


def test_random_filters_see_no_constant_but_colours_do():
    found = RandomFilters(16)(torch.full((1, 3, 32, 32), 0.7), list(LAYERS))
    for maps in found.values():
        assert maps[:, 3:].abs().max() < 1e-5
        torch.testing.assert_close(maps[:, :3], torch.full_like(maps[:, :3], 1.0))
    assert [one.shape[-1] for one in found.values()] == [32, 16, 8, 4, 2]
