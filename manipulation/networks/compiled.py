"""Compile networks block by block, so that blocks of one kind are compiled once.

A guide of five networks at three scales is one graph of 617 operations, whose code takes minutes to
make; its blocks are graphs of a hundred at most. Instance normalisation and losses between blocks
stay as they are.
"""

from collections import Counter

from torch import nn

from manipulation.networks import baselines, fast_fgtransform, fgtransform
from manipulation.networks.discriminator import PatchGAN
from manipulation.saliency.models.from_scratch import SaliencyNetwork
from manipulation.saliency.models.pretrained import Trunk
from manipulation.saliency.models.vgg import VGGFeatures

BLOCKS = (
    fgtransform.ResidualBlock,
    fgtransform.UpSamplingBlock,
    fast_fgtransform.UpSamplingOfRepeatedPixels,
    baselines.ResnetBlock,
    PatchGAN,
    SaliencyNetwork,
    Trunk,
    VGGFeatures,
)


def compile_blocks(module: nn.Module) -> Counter[str]:
    """Have torch compile each block of a network at its first use; return how many of each kind.

    A network without such blocks (`BLOCKS`) is compiled as a whole.
    """
    blocks: list[nn.Module] = [one for one in module.modules() if isinstance(one, BLOCKS)]
    blocks = blocks or [module]
    for block in blocks:
        block.compile()
    return Counter(type(block).__name__ for block in blocks)
