"""The discriminator has the patches and channels of pix2pix."""

import torch

from manipulation.networks.discriminator import PatchGAN


def test_the_discriminator_has_62_patches_of_70_pixels():
    with torch.device("meta"):
        discriminator = PatchGAN()
        assert discriminator(torch.empty(1, 3, 512, 512)).shape == (1, 62, 62)
        channels = [
            one.weight.shape[0] for one in discriminator.modules() if hasattr(one, "stride")
        ]
    assert channels == [64, 128, 256, 512, 1]
    # Without the statistics of whole maps, a patch is judged by exactly its own pixels.
    local = PatchGAN(width=2)
    for n, module in enumerate(local.network):
        if isinstance(module, torch.nn.InstanceNorm2d):
            local.network[n] = torch.nn.Identity()
    images = torch.rand(1, 3, 160, 160, requires_grad=True)
    patches = local(images)
    patches[0, 9, 9].backward()
    rows = images.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70
