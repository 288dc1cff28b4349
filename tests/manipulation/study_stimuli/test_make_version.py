"""A version made in memory is the one that a study would make, and is judged in the same way."""

import numpy as np
import pytest
import torch

from manipulation.images.photographs import squared, squared_mask, to_pixels
from manipulation.study_stimuli.make_version import make_version
from manipulation.study_stimuli.models import StudyModels
from manipulation.targets.intent import Intent
from manipulation.transforms.makers import build_maker
from stimuli.contract.masks import read_annotations
from stimuli.contract.settings import EditSettings, ManipulationSettings, Settings
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import read_image

SETTINGS = Settings(manipulation=ManipulationSettings(budget=0), edits=EditSettings(steps=8))


@pytest.fixture(scope="module")
def models():
    return StudyModels(SETTINGS.manipulation)


@pytest.fixture(scope="module")
def coffee():
    """A photograph at 128 px and the mask of the coffee in it."""
    chosen = next(one for one in PHOTOGRAPHS if one.source_id == "coffee")
    annotations = read_annotations(DEMO_ANNOTATIONS)
    mask = annotations.mask(annotations.by_id[301]["image_id"], [301])
    image = squared(read_image(photograph_path(chosen)), 128, "crop")
    return image, squared_mask(mask, 128, "crop")


@pytest.mark.parametrize("k_shift", [2.0, -2.0])
def test_a_shift_moves_the_prediction_as_asked(models, coffee, k_shift):
    image, mask = coffee
    changed, effect = make_version(image, mask[None], k_shift, settings=SETTINGS, models=models)
    maker = build_maker("edits", SETTINGS, models.guiding)
    made = maker.graded(image, Intent(mask[None], (k_shift,))).at(1.0)
    assert np.array_equal(to_pixels(changed), to_pixels(made))
    assert effect.asked_change * k_shift > 0
    assert effect.predicted_change * k_shift > 0
    assert effect.second_change is not None
    assert effect.feature_distance > 0


def test_pixels_and_masks_as_arrays_give_the_same_version(models, coffee):
    image, mask = coffee
    changed, effect = make_version(image, mask[None], 2.0, settings=SETTINGS, models=models)
    again, same = make_version(
        to_pixels(image), mask[None].numpy() > 0.5, [2.0], settings=SETTINGS, models=models
    )
    assert torch.equal(again, changed)
    assert same == effect


def test_a_scale_alone_is_judged_by_the_entropy(models, coffee):
    image, _ = coffee
    _, effect = make_version(image, k_scale=0.5, settings=SETTINGS, models=models)
    assert effect.predicted == effect.entropy_bits
    assert effect.asked_change > 0
    assert effect.predicted_change > 0


def test_an_image_may_be_8_bit_or_floating_point_as_tensor_or_array(models, coffee):
    image, mask = coffee
    given = {"masks": mask[None], "k_shift": np.float32(2)}
    versions = [
        make_version(one, **given, settings=SETTINGS, models=models)[0]
        for one in (image, (image * 255).round().byte(), image.permute(1, 2, 0).double().numpy())
    ]
    assert all(torch.equal(one, versions[0]) for one in versions[1:])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"k_shift": 99}, "k_shift is 99.0; expected -4 to 4"),
        ({"k_shift": float("nan")}, "k_shift is nan; expected -4 to 4"),
        ({"k_shift": "2"}, "k_shift is '2'; expected a number"),
        ({"k_shift": [1.0, 2.0]}, "k_shift has 2 values; expected"),
        ({"k_scale": 0}, "k_scale is 0.0; expected 0.25 to 4"),
        ({"k_scale": -1}, "k_scale is -1.0; expected 0.25 to 4"),
        ({"transform": "edit"}, "transform is 'edit'; expected one of edits"),
        ({"masks": torch.full((1, 128, 128), 255.0)}, "masks hold 255 to 255; expected 1 inside"),
        ({"masks": torch.zeros(1, 128, 128)}, r"masks\[0\] is empty"),
        ({"masks": torch.ones(1, 128, 64)}, r"masks are \(1, 128, 64\); expected \(n, h, h\)"),
        ({"masks": torch.ones(128, 128)}, r"masks are \(128, 128\); expected"),
        ({"image": torch.full((3, 128, 128), 200.0)}, "from 200 to 200; expected floating point"),
        ({"image": torch.full((3, 128, 128), torch.nan)}, "from nan to nan; expected floating"),
        ({"image": torch.ones(3, 128, 128, dtype=torch.int64)}, "image holds torch.int64"),
        ({"image": torch.zeros(3, 64, 64)}, "H of 128 or more"),
        ({"image": torch.zeros(3, 128, 64)}, "expected a square image in RGB"),
        ({"image": np.zeros((128, 128), np.uint8)}, "expected a square image in RGB"),
    ],
)
def test_what_does_not_fit_is_named(models, coffee, wrong, message):
    image, mask = coffee
    given = {"image": image, "masks": mask[None], "k_shift": 2.0} | wrong
    with pytest.raises(InputError, match=message):
        make_version(**given, settings=SETTINGS, models=models)


def test_a_photograph_as_it_is_read_may_not_be_written_to(models):
    pixels, mask = to_pixels(torch.rand(3, 128, 128)), np.zeros((1, 128, 128), bool)
    mask[0, 32:64, 32:64] = True
    pixels.setflags(write=False)
    mask.setflags(write=False)
    _, effect = make_version(pixels, mask, 2.0, settings=SETTINGS, models=models)
    assert effect.asked_change > 0
