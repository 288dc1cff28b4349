"""What a version did to its photograph is told: seams along a contour, objects that are unusual."""

import re

import numpy as np
import pytest
import torch
from scipy import ndimage

from manipulation.images.photographs import to_image, to_pixels
from manipulation.naturalness.bounds import Bounds
from manipulation.naturalness.likeness import seam
from manipulation.naturalness.measures import NaturalnessMeasure
from manipulation.naturalness.realism import GUIDE, JUDGE, load_realism_head
from manipulation.naturalness.region_features import RegionFeatures
from manipulation.naturalness.region_statistics import load_usual_range
from stimuli.contract.vocabulary import left_range
from tests.demo_photograph import demo_photograph


@pytest.fixture(scope="module")
def coffee():
    """A photograph of 256 px and the region of its first object."""
    return demo_photograph("coffee", 301, 256)


@pytest.fixture(scope="module")
def measure():
    judges, usual = (
        (load_realism_head(GUIDE), load_realism_head(JUDGE)),
        load_usual_range("coco128"),
    )
    found = NaturalnessMeasure(RegionFeatures(), judges, usual, Bounds(0.05, 0.05, 0.2, 4, 7, 2))
    return lambda *given: found(*given, torch.zeros(256, 256))


def test_the_photograph_itself_is_natural(coffee, measure):
    image, region = coffee
    found = measure(image, image, {"cup": region})
    assert (found.ssim, found.feature_distance, found.seam_octaves) == (1.0, 0.0, 0.0)
    assert found.unusual is None
    assert found.within_budget


def test_an_object_that_leaves_the_range_is_named_with_what_left_it(coffee, measure):
    image, region = coffee
    grey = image.mean(dim=0, keepdim=True)
    loud = torch.where(region > 0.5, grey + 6 * (image - grey) + 0.1, image).clamp(0, 1)
    found = measure(image, loud, {"cup": region})
    assert "cup saturation +" in found.unusual
    assert not found.within_budget
    assert found.realism < measure(image, image, {"cup": region}).realism
    soft = to_pixels(image).astype(float)
    for channel in range(3):
        soft[..., channel] = ndimage.gaussian_filter(soft[..., channel], 6)
    fog = torch.where(region > 0.5, to_image(soft.round().astype(np.uint8)), image)
    found = measure(image, fog, {"cup": region})
    assert "cup sharpness -" in found.unusual
    assert found.ssim < 1
    assert found.feature_distance > 0.03


def test_what_was_outside_in_the_photograph_already_is_told_and_costs_nothing(coffee, measure):
    image, region = coffee
    grey = image.mean(dim=0, keepdim=True)

    def vivid(factor):
        return torch.where(region > 0.5, grey + factor * (image - grey), image).clamp(0, 1)

    photograph = vivid(6)
    kept = measure(photograph, photograph, {"cup": region})
    assert kept.within_budget
    found = re.search(r"cup saturation \+([0-9.]+) \(photograph \+([0-9.]+)\)", kept.unusual)
    assert found[1] == found[2]
    assert not any(left_range(one) for one in kept.unusual.split(", "))
    worse = measure(vivid(2), photograph, {"cup": region})
    assert any(left_range(one) for one in worse.unusual.split(", "))
    assert not worse.within_budget


def test_a_cut_along_the_contour_is_a_seam_and_a_blurred_one_is_less(coffee):
    image, region = coffee
    pixels, inside = to_pixels(image), region.numpy() > 0.5
    elsewhere = np.roll(inside, 100, axis=0)  # a contour that the photograph does not have
    cut = np.where(elsewhere[..., None], (pixels * 0.5 + 128).astype(np.uint8), pixels)
    assert seam(pixels, pixels, inside) == 0
    assert seam(pixels, cut, elsewhere) > 1
    soft = ndimage.gaussian_filter(pixels, (3, 3, 0))
    assert seam(pixels, soft, inside) < -1


def test_regions_that_cover_nothing_or_all_say_nothing(coffee, measure):
    image, _ = coffee
    darker = 0.9 * image
    regions = {"none": torch.zeros(256, 256), "all": torch.ones(256, 256)}
    found = measure(image, darker, regions)
    assert (found.seam_octaves, found.unusual) == (0.0, None)
