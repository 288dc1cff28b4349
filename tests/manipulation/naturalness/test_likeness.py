"""How far two images are apart: nothing for the same image, known figures for known errors."""

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede94, rgb2lab

from manipulation.naturalness.likeness import (
    colour_differences,
    feature_distances,
    local_colours,
    local_feature_distances,
    local_tones,
    newly_clipped,
    psnr_db,
    tone_differences,
)
from manipulation.naturalness.region_features import RegionFeatures
from tests.demo_photograph import demo_photograph


def test_naturalness_figures_are_zero_and_infinite_for_the_same_image():
    generator = torch.Generator().manual_seed(0)
    image = (
        torch.rand(3, 6, 6, generator=generator).repeat_interleave(16, 1).repeat_interleave(16, 2)
    )
    pixels = (image * 255).byte().permute(1, 2, 0).numpy()
    features = RegionFeatures()

    def distance(one, other):
        layers = (features.maps(image[None])[1:] for image in (one, other))
        return float(feature_distances(*layers)[0])

    assert distance(image, image) == 0
    assert psnr_db(pixels, pixels) == np.inf
    noise = torch.randn(image.shape, generator=generator)
    distances = [distance(image, (image + size * noise).clamp(0, 1)) for size in (0.02, 0.1)]
    assert 0 < distances[0] < distances[1] < 1


def test_a_small_part_that_is_lost_counts_much_more_locally_than_in_the_mean():
    image, _ = demo_photograph("astronaut", 101, 256)
    features = RegionFeatures()

    def distances(other):
        layers = [features.maps(one[None])[1:] for one in (image, other)]
        return float(feature_distances(*layers)[0]), float(local_feature_distances(*layers)[0])

    assert distances(image) == (0, 0)
    faceless, everywhere = image.clone(), image + 0.02 * torch.sign(torch.rand(image.shape) - 0.5)
    face = (slice(None), slice(30, 80), slice(90, 140))  # 4 % of the picture
    faceless[face] = image[face].mean(dim=(1, 2), keepdim=True)
    (mean, largest), (noise_mean, noise_largest) = distances(faceless), distances(everywhere)
    assert largest > 5 * mean
    assert noise_largest < 5 * noise_mean


def test_an_error_of_a_tenth_of_the_range_is_20_db():
    assert psnr_db(np.zeros((4, 4)), np.full((4, 4), 255)) == 0
    assert psnr_db(np.zeros((4, 4)), np.full((4, 4), 25.5)) == pytest.approx(20)


def test_values_that_were_at_a_limit_before_are_not_newly_clipped():
    original = np.array([[0, 100, 255, 7]])
    assert newly_clipped(original, np.array([[0, 255, 255, 0]])) == 0.5


def test_colours_of_patches_differ_as_cie94_says():
    generator = np.random.default_rng(0)
    for _ in range(5):
        first, second = generator.uniform(0.2, 0.8, (2, 3, 1, 1)).astype(np.float32)
        first[1] = 0.05  # a colour of much chroma
        pair = [
            torch.from_numpy(np.broadcast_to(one, (3, 32, 32)).copy()) for one in (first, second)
        ]
        lab = [rgb2lab(one.permute(1, 2, 0).numpy()) for one in pair]
        lab[1][..., 0] = lab[0][..., 0]  # lightness aside
        expected = deltaE_ciede94(lab[0], lab[1])[0, 0]
        found = colour_differences(*(local_colours(one[None]) for one in pair))
        assert float(found[0]) == pytest.approx(expected, abs=0.05)


def test_colours_differ_by_the_place_where_they_changed_most_and_lightness_is_aside():
    image, mask = demo_photograph("coffee", 301, 256)
    image = 0.2 + 0.5 * image

    def difference(other):
        return float(colour_differences(local_colours(image[None]), local_colours(other[None]))[0])

    assert difference(image) == pytest.approx(0, abs=1e-3)
    small = torch.zeros(256, 256)
    small[20:70, 20:70] = 1
    tinted = image + small * torch.tensor([0.08, 0.0, -0.08])[:, None, None]
    assert difference(tinted) > 5
    assert difference(image + 0.05 * mask) < 1.5
    grey = image.mean(dim=0, keepdim=True).expand(3, -1, -1)
    assert difference(image + 0.5 * (grey - image)) > 3
    blue = grey + 0.02 * torch.tensor([0.0, 0.0, 1.0])[:, None, None]
    on_grey = float(colour_differences(local_colours(grey[None]), local_colours(blue[None]))[0])
    assert on_grey > 3 * difference(image + blue - grey)  # any tint of a grey photograph is seen


def test_a_place_that_is_bleached_or_greyed_differs_in_tone_and_a_lighter_picture_does_not():
    image, mask = demo_photograph("coffee", 301, 256)
    image = 0.2 + 0.5 * image

    def difference(other):
        return float(tone_differences(local_tones(image[None]), local_tones(other[None]))[0])

    assert difference(image) == pytest.approx(0, abs=1e-3)
    assert difference(image + 0.05) < 1.5
    assert difference(image + 0.1 * mask) > 5
    assert difference(image - 0.1 * mask) > 5
    stripes = 0.15 * (-1.0) ** (torch.arange(256) // 2) * mask
    assert difference(image + stripes) > 5
    grey = image.mean(dim=0, keepdim=True)
    assert difference(image + 0.5 * mask * (grey - image)) > 5
    assert difference(image + 0.3 * mask * (image - grey)) < 3  # colour is not lost
