"""A network for use does what it did in training, for one target after the other."""

import pytest
import torch

from manipulation.networks.files import load_checkpoint
from manipulation.networks.image_network import relative_log_density
from manipulation.networks.inference import load_trained_network
from manipulation.targets.densities import local_shift
from stimuli.support.errors import InputError


def test_the_network_for_use_does_what_it_did_in_training(checkpoints, guide):
    file = checkpoints / "fgtransform-use.safetensors"
    network = load_trained_network(file)
    trained = load_checkpoint(checkpoints / "fgtransform.safetensors", guide)
    images = torch.rand(1, 3, 64, 32, generator=torch.Generator().manual_seed(0))
    encoded = network.encode(images)
    mask = torch.zeros(1, 64, 32)
    mask[:, 10:30, 5:20] = 1
    for k in (-3.0, 2.0):
        target = local_shift(encoded.log_saliency[0].clone(), mask, [k])[None]
        expected = trained.network(images, relative_log_density(target), guide(images).guidance)
        # Its weights are stored with 16 bits.
        torch.testing.assert_close(network(encoded, target), expected, atol=5e-3, rtol=0)
    rough = load_trained_network(file, precision="bfloat16")
    difference = (rough(rough.encode(images), target) - expected).abs()
    assert difference.mean() < 1 / 255


def test_baselines_are_used_in_the_same_way(checkpoints):
    network = load_trained_network(checkpoints / "resnet9-use.safetensors")
    images = torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(0))
    encoded = network.encode(images)
    changed = network(encoded, encoded.log_saliency)
    assert changed.shape == images.shape
    with pytest.raises(InputError, match="multiples of 4 px"):
        network.encode(torch.rand(1, 3, 34, 40))


def test_an_unknown_precision_is_refused():
    with pytest.raises(InputError, match="expected one of float32, bfloat16"):
        load_trained_network("fgtransform-shift", precision="float64")
