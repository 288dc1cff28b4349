"""Files of networks with random weights, as a run of training leaves them."""

import pytest
import torch

from manipulation.networks.discriminator import PatchGAN
from manipulation.networks.files import Checkpoint, build_network, guide_of, save_checkpoint
from manipulation.networks.settings import NetworkKind
from tests.manipulation.training import small_run


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    """Return the guide of the small run."""
    return guide_of(small_run.settings(tmp_path_factory.mktemp("settings")).guide)


@pytest.fixture(scope="module")
def checkpoints(guide, tmp_path_factory):
    """Return a folder with KIND.safetensors, to go on from, and KIND-use.safetensors, for use."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for kind in NetworkKind:
        settings = small_run.settings(folder, f'network.kind = "{kind}"')
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = build_network(settings.network, guide.channels, guide.stride)
            discriminator = PatchGAN(settings.network.discriminator_width)
        checkpoint = Checkpoint(settings, 5, network, discriminator)
        save_checkpoint(folder / f"{kind}.safetensors", checkpoint, guide, "0" * 64)
        save_checkpoint(folder / f"{kind}-use.safetensors", checkpoint, guide, "0" * 64, half=True)
    return folder
