"""Resnet-9 and U-Net have the size of the originals and see the target."""

import pytest
import torch

from manipulation.networks.baselines import Resnet9, UNet


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
    target, other = torch.randn(
        2, 1, side, side, generator=torch.Generator().manual_seed(3), dtype=torch.float64
    ).unbind()
    target.requires_grad_()
    assert not torch.equal(network(images, target), network(images, target + other))
    assert torch.autograd.gradcheck(network, [images, target], fast_mode=True)


def test_images_that_u_net_cannot_halve_are_refused():
    with pytest.raises(ValueError, match="multiples of 16"):
        UNet(4, 4)(torch.rand(1, 3, 40, 40), torch.zeros(1, 40, 40))
