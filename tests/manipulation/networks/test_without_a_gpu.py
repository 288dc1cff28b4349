"""What a GPU would refuse or do for nothing, seen on a processor."""

from unittest import mock

import pytest
import torch

from manipulation.naturalness import region_features
from manipulation.networks.fgtransform import FGTransform
from manipulation.networks.guide import VGG_PARTS, Guide
from manipulation.networks.inference import TrainedNetwork
from manipulation.networks.settings import read_run_settings
from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.deepgaze import DeepGazeFeatures
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.models.vgg import VGGFeatures
from manipulation.saliency.models.vgg_weights import save_vgg
from manipulation.training.batches import Batch
from manipulation.training.trainer import Trainer
from tests.manipulation.fake_gpu import GPU, Minded, fake_gpu


@pytest.fixture
def guide(tmp_path):
    """Return a guide as in the paper, with few channels."""
    vgg = VGGFeatures(channels=(4, 4, 6, 6, 8)).initialise(torch.Generator().manual_seed(0))
    save_vgg(tmp_path / "vgg.safetensors", vgg, {})
    extractor = DeepGazeFeatures(tmp_path / "vgg.safetensors")
    model = build_saliency_model("deepgaze2", extractor=extractor, pixels_per_degree=20.0)
    return Guide(model, (extractor.vgg, VGG_PARTS), (extractor.vgg, VGG_PARTS))


def pictures():
    return torch.rand(2, 3, 64, 64, device=GPU).contiguous(memory_format=torch.channels_last)


def test_a_network_in_use_copies_nothing_from_the_processor_and_casts_no_weights(guide):
    network = FGTransform(guide.channels, guide.stride, width=32, blocks=1)
    with fake_gpu(), torch.inference_mode():
        with mock.patch("copy.deepcopy", lambda one: one):  # which reads where tensors lie
            use = TrainedNetwork(
                network.to(GPU), guide, read_run_settings(),
                precision="bfloat16", device=GPU, device_output=True,
            )  # fmt: skip
        images = pictures()
        with Minded() as minded:
            encoded = use.encode(images)
            changed = use(encoded, 2 * encoded.log_saliency)
        assert changed.device == GPU
    assert minded.refused == []
    assert minded.moved == minded.widened == minded.cast == []


@pytest.mark.parametrize("budget", [0, 0.3])
def test_a_step_of_training_copies_nothing_from_the_processor_and_keeps_layouts(guide, budget):
    settings = read_run_settings(
        None, ("network.width = 32", "network.blocks = 1", f"losses.budget = {budget}")
    )
    loaded = load_saliency_model("efficientnet")  # files cannot be read onto what is not there
    with fake_gpu(), mock.patch.object(region_features, "load_saliency_model", return_value=loaded):
        trainer = Trainer(settings, guide, GPU)
        images = pictures()
        batch = Batch(images, (images[:, 0] > 0.9).float(), torch.full((2,), 1.0, device=GPU))
        with mock.patch.object(trainer, "_descend"), Minded() as minded:
            step = trainer.step(batch)
        assert step.batch.changed.device == GPU
    assert minded.refused == []
    assert minded.moved == []
    if not budget:  # which is measured with 32 bits
        assert minded.widened == []
