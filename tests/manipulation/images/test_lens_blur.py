"""Blur of a lens: a point becomes a disc, and nothing crosses a region's border."""

import math

import pytest
import torch

from manipulation.images.lens_blur import disc, lens_blurred

SIDE = 40


@pytest.mark.parametrize("radius", [0.6, 1.5, 3.2])
def test_a_point_becomes_a_disc_of_the_radius(radius):
    kernel = disc(radius)
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    area = float(1 / kernel.max())  # its middle is even
    assert area == pytest.approx(math.pi * max(radius, 0.57) ** 2, rel=0.12)
    assert torch.equal(kernel, kernel.T)
    assert torch.equal(kernel, kernel.flip(0))


def test_light_of_one_region_does_not_reach_another():
    image = torch.zeros(3, SIDE, SIDE)
    image[:, :, : SIDE // 2] = 1
    regions = torch.stack([image[0], 1 - image[0]])
    first, second = lens_blurred(image, regions, 3.0)
    torch.testing.assert_close(first[:, :, : SIDE // 2], torch.ones(3, SIDE, SIDE // 2))
    assert second[:, :, SIDE // 2 :].abs().max() == 0


def test_inside_a_region_it_is_the_mean_over_the_disc():
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(3, SIDE, SIDE, generator=generator)
    (blurred,) = lens_blurred(image, torch.ones(1, SIDE, SIDE), 2.0)
    kernel = disc(2.0)
    reach = len(kernel) // 2
    window = image[:, 20 - reach : 21 + reach, 15 - reach : 16 + reach]
    torch.testing.assert_close(blurred[:, 20, 15], (window * kernel).sum(dim=(1, 2)))
    assert torch.equal(lens_blurred(image, torch.ones(1, SIDE, SIDE), 0)[0], image)
