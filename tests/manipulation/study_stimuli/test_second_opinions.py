"""Models that judge: three of them, what they share with the guides, and those that are refused."""

import shutil
from dataclasses import replace

import pytest
import torch

from manipulation.saliency import load_saliency_model, save_saliency_model
from manipulation.saliency.models.deepgaze import DeepGazeFeatures
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.models.model import NOT_STATED
from manipulation.saliency.models.published import PublishedDeepGaze
from manipulation.study_stimuli.make_version import make_version
from manipulation.study_stimuli.models import StudyModels, parts_in_use
from manipulation.study_stimuli.second_opinions import shared_with, short_name
from stimuli.contract.settings import (
    ManipulationSettings,
    PixelSettings,
    Settings,
    SourceSettings,
    TargetSettings,
    VersionSettings,
)
from stimuli.contract.vocabulary import Transform
from stimuli.support.errors import InputError


def model(data, *backbones):
    """A model that states its data, and names backbones as if it stood on them."""
    made = build_saliency_model("icf", pixels_per_degree=24)
    made.data, made.extractor.backbones = data, backbones
    return made


def saved(path, data="MIT1003 (Judd et al. 2009)", *, blur=0.0):
    made = load_saliency_model("icf")
    made.data = data
    with torch.no_grad():
        made.blur.log_sigma.add_(blur)
    save_saliency_model(path, made)
    return str(path)


@pytest.mark.parametrize(
    ("judge", "guides", "words"),
    [
        (("OSIE (Xu et al. 2014), 15 people",), [("OSIE (Xu)",)], "shares OSIE"),
        (("osie, ours",), [("OSIE",)], "shares OSIE"),
        (("MIT1003 (Judd)",), [("OSIE (Xu)",)], ""),
        (("OSIE (Xu); adapted to MIT1003 (Judd)",), [("MIT1003",)], "shares MIT1003"),
        (("CAT2000",), [("OSIE",), ("CAT2000",)], "shares CAT2000"),
        (
            ("OSIE (Xu)", "tf_efficientnet_lite2"),
            [("OSIE", "tf_efficientnet_lite2.in1k")],
            "shares OSIE and tf_efficientnet_lite2",
        ),
        (
            ("OSIE; adapted to MIT1003", "vgg19"),
            [("MIT1003; adapted to OSIE", "resnet50", "vgg19")],
            "shares OSIE, MIT1003 and vgg19",
        ),
        (("our own fixations on OSIE",), [("OSIE (Xu)",)], "shares OSIE"),
        (("CAT2000 and half of osie: A",), [("OSIE (Xu)",)], "shares OSIE"),
        ((NOT_STATED,), [("OSIE",)], "photographs not stated"),
        (("OSIE",), [(NOT_STATED,)], "photographs not stated"),
        (
            (NOT_STATED, "vgg19"),
            [(NOT_STATED, "vgg19")],
            "shares vgg19, photographs not stated",
        ),
    ],
)
def test_what_a_judge_shares_with_a_guide_is_said(judge, guides, words):
    assert shared_with(model(*judge), [model(*guide) for guide in guides]) == words


def test_models_say_what_they_are_made_of():
    judge = PublishedDeepGaze("DeepGazeIIE", torch.nn.Identity())
    guide = PublishedDeepGaze("DeepGazeIII", torch.nn.Identity())
    assert shared_with(judge, [guide]) == "shares SALICON, MIT1003, ImageNet and densenet201"
    assert shared_with(judge, [model("OSIE")]) == ""
    assert DeepGazeFeatures.backbones == ("vgg19",)
    networks = build_saliency_model(
        "pretrained", features={"backbones": ["tf_efficientnet_lite0"] * 2}, pixels_per_degree=24
    )
    assert networks.backbones == ("tf_efficientnet_lite0",)
    other = build_saliency_model("pretrained", pixels_per_degree=24)
    assert shared_with(other, [networks]) == "shares ImageNet, photographs not stated"


def test_the_models_that_ship_share_their_photographs():
    models = StudyModels(ManipulationSettings(saliency="scratch", second_opinion=("icf",)))
    assert models.shares == {"icf": "shares OSIE"}


def test_weights_of_a_guide_are_found_under_another_name_and_other_numbers(tmp_path):
    adapted = load_saliency_model("scratch")
    adapted.blur.log_sigma.data += 0.1
    adapted.data = "ours"
    save_saliency_model(tmp_path / "ours.safetensors", adapted)
    judge = str(tmp_path / "ours.safetensors")
    models = StudyModels(ManipulationSettings(saliency="scratch", second_opinion=(judge,)))
    assert models.shares == {"ours": "shares weights"}


def test_default_judges_are_two_that_ship_and_do_not_guide():
    assert ManipulationSettings().judges == ("scratch", "icf")
    assert ManipulationSettings(saliency="scratch").judges == ("icf", "efficientnet")
    assert ManipulationSettings(also=("scratch", "icf")).judges == ()
    mine = ManipulationSettings(second_opinion=("mine.safetensors", "default"))
    assert mine.judges == ("mine.safetensors", "scratch", "icf")


def test_a_judge_that_a_network_was_trained_with_is_said_to_have_guided_it():
    chosen = ManipulationSettings(saliency="icf", second_opinion=("robust",))
    models = StudyModels(chosen, parts=("fgtransform-scale",))
    assert models.shares == {"robust": "guided fgtransform-scale, shares OSIE"}
    assert models.took_part(["fgtransform-scale"]) == {"robust"}
    assert models.took_part([]) == set()
    image = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 128, 128)
    mask[:, 32:64, 32:64] = 1
    settings = Settings(manipulation=chosen)
    _, effect = make_version(image, mask, 2.0, transform="network", settings=settings)
    assert effect.second_changes == {}
    settings = replace(settings, pixels=PixelSettings(steps=1, guides=()))
    _, effect = make_version(image, mask, 2.0, transform="pixels", settings=settings)
    assert effect.second_changes.keys() == {"robust"}


def test_what_guides_free_pixels_does_not_judge_them():
    chosen = ManipulationSettings(saliency="efficientnet", second_opinion=("scratch", "icf"))
    models = StudyModels(chosen, pixel_guides=("icf",))
    assert models.took_part(["pixels"]) == {"icf"}
    assert models.took_part([]) == set()
    (guide,) = models.guides(Transform.PIXELS)
    assert guide.architecture == "icf"
    assert models.guides(Transform.EDITS) == models.guiding
    assert StudyModels(chosen).guides(Transform.PIXELS)[0].architecture == "pretrained"
    used = StudyModels(chosen, parts=("pixels",), pixel_guides=("icf",))
    assert used.shares["icf"].startswith("guided pixels, shares weights")


def test_a_judge_is_held_against_what_guides_free_pixels_where_they_are_used():
    chosen = ManipulationSettings(saliency="icf", second_opinion=("efficientnet",))
    assert StudyModels(chosen, pixel_guides=("robust",)).shares == {"efficientnet": "shares OSIE"}
    used = StudyModels(chosen, parts=("pixels",), pixel_guides=("robust",))
    assert "tf_efficientnet_lite2" in used.shares["efficientnet"]


def test_only_networks_that_make_a_version_are_counted():
    def in_use(version):
        other = VersionSettings("decrease", (TargetSettings((1,), -2.0),))
        source = SourceSettings("one", "1.png", "a.json", 1, versions=(version, other))
        return parts_in_use(Settings(sources=(source,)))

    network = Transform.NETWORK
    shifted = VersionSettings("increase", (TargetSettings((1,), 2.0),), transform=network)
    scaled = replace(shifted, targets=(TargetSettings((1,), 0.0),), k_scale=2.0)
    assert in_use(shifted) == ("fgtransform-shift",)
    assert in_use(scaled) == ("fgtransform-scale",)
    assert in_use(replace(shifted, transform=None)) == ()
    assert in_use(replace(shifted, transform=Transform.PIXELS)) == ("pixels",)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("icf", "icf"),
        ("runs/my-icf.safetensors", "my_icf"),
        ("runs/v1.2.safetensors", "v1_2"),
        ("---.safetensors", "model"),
    ],
)
def test_a_judge_is_called_by_a_name_that_can_head_a_column(name, short):
    assert short_name(name) == short


def test_three_models_judge_every_image(tmp_path):
    wide, wider = (saved(tmp_path / f"{n}.safetensors", blur=n) for n in (1, 2))
    chosen = ManipulationSettings(saliency="scratch", second_opinion=("icf", wide, wider))
    models = StudyModels(chosen)
    assert models.shares == {"icf": "shares OSIE", "1": "", "2": ""}
    pixels = (torch.rand(64, 64, 3, generator=torch.Generator().manual_seed(0)) * 255).byte()
    predictions = models.predictions(pixels.numpy())
    spreads = [float(one.std()) for one in predictions.second.values()]
    assert spreads == sorted(spreads, reverse=True)
    assert predictions.measures(None).second.keys() == {"icf", "1", "2"}


def test_weights_that_guide_or_judge_already_are_refused(tmp_path):
    mine = saved(tmp_path / "mine.safetensors")
    (tmp_path / "b").mkdir()
    copy = shutil.copy(mine, tmp_path / "copy.safetensors")
    namesake = saved(tmp_path / "b" / "mine.safetensors", blur=1)
    for settings, message in (
        ({"saliency": mine, "second_opinion": (str(copy),)}, "copy.*same weights as .*mine"),
        (
            {"also": ("icf",), "second_opinion": ("icf",)},
            "is 'icf', the same weights as 'icf', which guides",
        ),
        ({"second_opinion": (mine, str(copy))}, "copy.*same weights as .*mine.*, which judges"),
        ({"second_opinion": (mine, namesake)}, "both called 'mine' in tables"),
    ):
        with pytest.raises(InputError, match=message):
            StudyModels(ManipulationSettings(**{"saliency": "scratch", **settings}))


@pytest.mark.parametrize(
    ("setting", "chosen", "guides"),
    [
        ("manipulation.saliency", {"saliency": "efficentnet"}, ()),
        ("manipulation.also", {"also": ("efficentnet",)}, ()),
        ("manipulation.second_opinion", {"second_opinion": ("efficentnet",)}, ()),
        ("pixels.guides", {}, ("efficentnet",)),
    ],
)
def test_a_model_that_does_not_exist_is_named_with_its_setting(setting, chosen, guides):
    told = rf"^study\.toml: {setting}: saliency model is 'efficentnet'.*mean 'efficientnet'"
    with pytest.raises(InputError, match=told):
        StudyModels(ManipulationSettings(**chosen), parts=(Transform.PIXELS,), pixel_guides=guides)
