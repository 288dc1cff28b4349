"""The predicted effect of a version, on densities whose p_obj and entropy are known."""

import numpy as np
import pytest
import torch

from manipulation.images.log_density import entropy_bits, p_obj
from manipulation.study_stimuli.predicted_effect import (
    DensityMap,
    ImagePredictions,
    predicted_effect,
)
from stimuli.support.errors import InputError


def test_without_an_aim_the_measure_is_the_entropy():
    assert DensityMap(torch.zeros(32, 32)).measure(None) == pytest.approx(10)
    mask = torch.zeros(64, 64)
    mask[:32] = 1
    assert DensityMap(torch.zeros(32, 32)).measure(mask) == pytest.approx(0.5)


def test_a_map_that_is_normalised_once_measures_as_one_that_is_normalised_each_time():
    log_saliency = torch.randn(32, 32, generator=torch.Generator().manual_seed(0))
    one, other = torch.zeros(32, 32), torch.zeros(32, 32)
    one[:8], other[4:20, 4:20] = 1, 1
    density = DensityMap(log_saliency)
    assert [density.measure(mask) for mask in (one, other)] == [
        p_obj(log_saliency, mask) for mask in (one, other)
    ]
    assert density.measure(None) == entropy_bits(log_saliency)


def test_an_effect_is_the_difference_between_two_images_against_the_target():
    even, left = torch.zeros(8, 8), torch.zeros(8, 8)
    left[:4, :4] = 1
    pixels = np.zeros((8, 8, 3), np.uint8)
    original = ImagePredictions(pixels, even, second={"other": even})
    version = ImagePredictions(
        pixels, even + np.log(3) * left, second={"other": even + np.log(1.5) * left}
    )
    effect = predicted_effect(original, version, even + np.log(6) * left, left)
    assert effect.predicted == pytest.approx(0.5)
    assert effect.predicted_change == pytest.approx(0.25)
    assert effect.asked_change == pytest.approx(6 / 9 - 0.25)
    assert effect.second_change == pytest.approx(1.5 / 4.5 - 0.25)
    assert effect.psnr_db == np.inf


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"aim": torch.zeros(8, 4)},
            r"aim is \(8, 4\); expected a map \(h, w\) of the shape of the image",
        ),
        ({"aim": np.zeros((8, 8))}, "aim is a ndarray; expected a tensor"),
        ({"target": np.zeros((8, 8))}, "target is a ndarray; expected a tensor"),
        (
            {"target": torch.zeros(1, 8, 8)},
            r"target is \(1, 8, 8\); expected a map \(h, w\) of the shape of the image",
        ),
        ({"version": (8, np.zeros((8, 8)))}, "version.log_saliency is a ndarray"),
        ({"version": (9, torch.zeros(8, 8))}, "expected two images of one size"),
        (
            {"version": (8, torch.zeros(8, 8), {"icf": torch.zeros(4, 8)})},
            r"version.second\['icf'\] is \(4, 8\); expected a map \(h, w\) of the shape of the",
        ),
        (
            {"version": (8, torch.zeros(8, 8), {"icf": torch.zeros(8, 8)})},
            r"version.second has \['icf'\]; expected predictions of the same models",
        ),
    ],
)
def test_what_is_no_tensor_of_the_images_shape_is_named(wrong, message):
    def predictions(side, log_saliency, second=None):
        return ImagePredictions(np.zeros((side, side, 3), np.uint8), log_saliency, second or {})

    even = torch.zeros(8, 8)
    given = {"version": (8, even), "target": even} | wrong
    given["version"] = predictions(*given["version"])
    with pytest.raises(InputError, match=message):
        predicted_effect(predictions(8, even), **given)
