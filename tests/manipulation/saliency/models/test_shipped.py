"""Sanity of the weights in the repository; their gain on unseen photographs is in their card."""

import pytest
import torch

from manipulation.saliency import load_saliency_model


@pytest.fixture(scope="module")
def icf():
    return load_saliency_model("icf")


def noise(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def test_contrast_on_a_plain_ground_is_salient(icf):
    image = torch.full((1, 3, 256, 256), 0.5)
    image[..., 150:190, 60:100] = noise(1, 3, 40, 40)
    saliency = icf(image)[0]
    inside, elsewhere = saliency[150:190, 60:100].mean(), saliency[40:110, 150:220].mean()
    assert inside > elsewhere + 1


def test_almost_no_pixel_is_without_gradient(icf):
    image = noise(1, 3, 128, 128).requires_grad_()
    icf.log_density(image, torch.zeros(128, 128))[0, ::32, ::32].sum().backward()
    assert (image.grad.abs() > 1e-7).float().mean() > 0.99


def test_following_the_gradient_makes_a_region_salient(icf):
    ground = noise(1, 3, 128, 128) * 0.2 + 0.4
    image = ground.clone().requires_grad_()
    region = (0, slice(24, 56), slice(64, 104))
    flat = torch.zeros(128, 128)
    before = icf.log_density(image, flat)[region].exp().sum()
    for _ in range(20):
        share = icf.log_density(image, flat)[region].logsumexp((0, 1))
        (gradient,) = torch.autograd.grad(share, image)
        image = (image + 0.01 * gradient.sign()).clamp(0, 1).detach().requires_grad_()
    after = icf.log_density(image, flat)[region].exp().sum()
    assert after > 2 * before


def test_centre_bias_peaks_near_the_centre(icf):
    row, column = divmod(int(icf.centre_bias((60, 80)).argmax()), 80)
    assert abs(row - 30) < 8
    assert abs(column - 40) < 8
