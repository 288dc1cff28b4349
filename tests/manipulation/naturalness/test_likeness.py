"""How far two images are apart: nothing for the same image, known figures for known errors."""

import numpy as np
import pytest
import torch

from manipulation.naturalness.likeness import feature_distances, newly_clipped, psnr_db
from manipulation.naturalness.region_features import RegionFeatures


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


def test_an_error_of_a_tenth_of_the_range_is_20_db():
    assert psnr_db(np.zeros((4, 4)), np.full((4, 4), 255)) == 0
    assert psnr_db(np.zeros((4, 4)), np.full((4, 4), 25.5)) == pytest.approx(20)


def test_values_that_were_at_a_limit_before_are_not_newly_clipped():
    original = np.array([[0, 100, 255, 7]])
    assert newly_clipped(original, np.array([[0, 255, 255, 0]])) == 0.5
