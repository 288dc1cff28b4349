"""The losses of the paper in closed form, with right gradients."""

import math

import pytest
import torch

from manipulation.targets import losses
from manipulation.targets.densities import global_scale
from manipulation.targets.losses import saliency_loss

GENERATOR = torch.Generator().manual_seed(3)


def random(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def test_the_divergence_is_that_of_two_known_densities():
    target = torch.tensor([[[0.5, 0.25], [0.125, 0.125]]], dtype=torch.float64)
    uniform = torch.zeros(1, 2, 2, dtype=torch.float64)
    expected = math.log(4) - 1.75 * math.log(2)  # log n - H(target)
    assert saliency_loss(target.log() + 7, uniform).item() == pytest.approx(expected)
    assert saliency_loss(target.log(), target.log() - 3).item() == pytest.approx(0, abs=1e-12)


def test_the_gradient_of_the_divergence_is_the_difference_of_the_densities():
    log_saliency = random(1, 12, 16).requires_grad_()
    target = global_scale(log_saliency.detach(), 2.0)
    saliency_loss(target, log_saliency).sum().backward()
    difference = torch.softmax(log_saliency.detach().flatten(), 0) - torch.softmax(
        target.flatten(), 0
    )
    torch.testing.assert_close(log_saliency.grad.flatten(), difference)
    assert torch.autograd.gradcheck(lambda s: saliency_loss(target, s), log_saliency)


def test_the_feature_loss_is_the_mean_squared_difference():
    features = random(2, 3, 4, 5)
    other = features.clone()
    other[0] += 2
    torch.testing.assert_close(
        losses.feature_loss(features, other), torch.tensor([4.0, 0.0]).double()
    )


def test_gram_matrices_are_means_over_positions():
    features = random(2, 3, 4, 5)
    expected = torch.einsum("bnhw,bmhw->bnm", features, features) / 20
    torch.testing.assert_close(losses.gram(features), expected)
    many = random(2, 3, 64, 128).to(memory_format=torch.channels_last)  # summed in two parts
    expected = torch.einsum("bnhw,bmhw->bnm", many, many) / 8192
    torch.testing.assert_close(losses.gram(many), expected, rtol=1e-5, atol=1e-5)


def test_the_texture_loss_of_constant_maps_is_known():
    """Maps a and b everywhere have Gram matrices a^2 and b^2 in every entry."""
    layers = [torch.full((1, n, 4, 4), 2.0) for n in (1, 3)]
    others = [torch.full((1, n, 2, 2), 3.0) for n in (1, 3)]
    assert losses.texture_loss(layers, others).item() == pytest.approx(2 * (4 - 9) ** 2)


def test_the_texture_loss_knows_no_places():
    features = random(1, 4, 6, 6)
    shuffled = features.flatten(2)[:, :, torch.randperm(36, generator=GENERATOR)].view_as(features)
    assert losses.texture_loss([features], [shuffled]).item() == pytest.approx(0, abs=1e-20)
    assert losses.feature_loss(features, shuffled).item() > 0.1


def test_adversarial_losses_are_those_of_least_squares():
    changed = torch.tensor([[[0.0, 0.5], [1.0, 2.0]]])
    photographs = torch.tensor([[[1.0, 1.0], [0.0, 1.0]]])
    assert losses.adversarial_loss(changed).item() == pytest.approx(1 + 0.25 + 0 + 1)
    own = losses.discriminator_loss(changed, photographs).item()
    assert own == pytest.approx((0.25 + 1 + 4 + 1) / 2)


def test_a_mean_over_patches_is_the_sum_over_their_number():
    patches = random(2, 62, 62)
    total = losses.adversarial_loss(patches, "sum")
    torch.testing.assert_close(total / 3844, losses.adversarial_loss(patches, "mean"))
    with pytest.raises(ValueError, match="'sum' or 'mean'"):
        losses.adversarial_loss(patches, "average")


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: losses.feature_loss(x, random(1, 2, 3, 3) * 0),
        lambda x: losses.texture_loss([x, x[:, :1]], [x.detach() * 0, x[:, :1].detach() * 0]),
        lambda x: losses.adversarial_loss(x[:, 0], "sum"),
        lambda x: losses.discriminator_loss(x[:, 0], x[:, 1], "mean"),
    ],
)
def test_gradients_are_right(loss):
    assert torch.autograd.gradcheck(loss, random(1, 2, 3, 3).requires_grad_())
