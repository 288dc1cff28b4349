"""The losses of the paper in closed form, the discriminator, and the networks compared with."""

import numpy as np
import pytest
import torch

from manipulation.training import losses
from manipulation.training.discriminator import PatchGAN
from manipulation.training.settings import TargetSettings
from manipulation.training.targets import draw_k, training_target
from manipulation.transforms.baselines import Resnet9, UNet

GENERATOR = torch.Generator().manual_seed(3)


def random(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


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


def test_the_discriminator_has_62_patches_of_70_pixels():
    with torch.device("meta"):
        judge = PatchGAN()
        assert judge(torch.empty(1, 3, 512, 512)).shape == (1, 62, 62)
        channels = [one.weight.shape[0] for one in judge.modules() if hasattr(one, "stride")]
    assert channels == [64, 128, 256, 512, 1]
    # Without the statistics of whole maps, a judgement sees exactly its own patch.
    local = PatchGAN(width=2)
    for n, module in enumerate(local.network):
        if isinstance(module, torch.nn.InstanceNorm2d):
            local.network[n] = torch.nn.Identity()
    images = torch.rand(1, 3, 160, 160, requires_grad=True)
    patches = local(images)
    patches[0, 9, 9].backward()
    rows = images.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70


def test_baselines_have_the_weights_of_the_originals():
    """11.4 and 54.4 million, as in the code of CycleGAN and pix2pix, for one channel more."""
    with torch.device("meta"):
        resnet, unet = Resnet9(), UNet()
        images, target = torch.empty(1, 3, 512, 512), torch.empty(1, 512, 512)
        assert resnet(images, target).shape == unet(images, target).shape == images.shape
    # Their published sizes with batch normalisation are 11.378 M and 54.414 M; per input channel of
    # the first layer 7 * 7 * 64 and 4 * 4 * 64 more; U-Net's normalisation has no weights here and
    # its convolutions have biases instead.
    assert sum(one.numel() for one in resnet.parameters()) == 11_378_179 + 49 * 64
    assert sum(one.numel() for one in unet.parameters()) == pytest.approx(54.414e6, rel=1e-3)


@pytest.mark.parametrize(
    ("network", "side"), [(Resnet9(4), 16), (UNet(4, 4), 16), (UNet(4, 4), 48)]
)
def test_baselines_change_images_by_the_target_with_right_gradients(network, side):
    network = network.double()
    images = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    target = random(1, side, side).requires_grad_()
    assert not torch.equal(network(images, target), network(images, target + random(side, side)))
    assert torch.autograd.gradcheck(network, [images, target], fast_mode=True)


def test_images_that_u_net_cannot_halve_are_refused():
    with pytest.raises(ValueError, match="multiples of 16"):
        UNet(4, 4)(torch.rand(1, 3, 40, 40), torch.zeros(1, 40, 40))


def test_k_is_drawn_from_the_paper_s_ranges():
    generator = np.random.default_rng(0)
    shifts = draw_k(TargetSettings(), 20_000, generator)
    assert -4 <= shifts.min() < -3.99 < 3.99 < shifts.max() <= 4
    assert shifts.mean() == pytest.approx(0, abs=0.1)
    scales = draw_k(TargetSettings(manipulation="scale"), 20_000, generator)
    assert 0.5 <= scales.min() < 0.501 < 1.99 < scales.max() <= 2
    assert (scales > 1).mean() == pytest.approx(0.5, abs=0.02)
    flat = TargetSettings(manipulation="scale", k_scale_distribution="uniform")
    assert (draw_k(flat, 20_000, generator) > 1).mean() == pytest.approx(2 / 3, abs=0.02)


def test_objects_are_shifted_and_where_there_are_none_the_most_salient_region():
    log_saliency, masks = random(2, 20, 20), torch.zeros(2, 20, 20)
    masks[0, 5:10, 5:10] = 1
    k = torch.tensor([2.0, -3.0]).double()
    sharp = TargetSettings(mask_blur_px=0, salient_share=0.1)
    moved = training_target(log_saliency, masks, k, sharp) - log_saliency
    torch.testing.assert_close(moved[0], 2 * masks[0].double())
    assert (moved[1] == -3).sum() == pytest.approx(40, abs=1)
    assert log_saliency[1][moved[1] == -3].min() > log_saliency[1][moved[1] == 0].max()
    soft = training_target(log_saliency, masks, k, TargetSettings(mask_blur_px=2)) - log_saliency
    assert 0 < soft[0, 4, 7] < 2
    scaled = training_target(log_saliency, masks, k, TargetSettings(manipulation="scale"))
    torch.testing.assert_close(scaled[1], -3 * log_saliency[1])
