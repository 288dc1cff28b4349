"""The discriminator: is each patch of 70 x 70 pixels one of a photograph?"""

from torch import Tensor, nn

from manipulation.networks.normalisation import InstanceNorm

_KERNEL = 4
_STRIDES = (2, 2, 2, 1, 1)


class PatchGAN(nn.Module):
    """The 70 px discriminator of pix2pix (Isola et al. 2017) with instance normalisation.

    Parameters
    ----------
    width
        Channels of the first layer; the paper's 64 give 64, 128, 256, 512 and 1.
    """

    minimum_px = 32

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        channels = (3, width, 2 * width, 4 * width, 8 * width, 1)
        layers: list[nn.Module] = []
        for n, stride in enumerate(_STRIDES):
            normalised = 0 < n < 4
            convolution = nn.Conv2d(
                channels[n], channels[n + 1], _KERNEL, stride, padding=1, bias=not normalised
            )
            layers.append(convolution)
            if normalised:
                layers.append(InstanceNorm(channels[n + 1]))
            if n < 4:
                layers.append(nn.LeakyReLU(0.2))
        self.network = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Return how much each patch of images looks like one of a photograph.

        Parameters
        ----------
        images : Tensor (B, 3, H, W)
            RGB in [0, 1].

        Returns
        -------
        Tensor (B, h, w)
            1 for a photograph, 0 for a changed image. Images of 512 px have 62 x 62 patches.
        """
        return self.network(2 * images - 1)[:, 0]
