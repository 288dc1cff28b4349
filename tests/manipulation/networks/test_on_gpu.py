"""On a GPU networks do what they do on a processor: kernels, recorded calls, training."""

import pytest
import torch

from benchmarks import gpu
from manipulation.networks.files import guide_of
from manipulation.networks.inference import load_trained_network
from manipulation.training.batches import Batch, prefetch
from manipulation.training.trainer import Trainer
from stimuli.support.errors import InputError
from tests.manipulation.networks import test_normalisation as normalisation
from tests.manipulation.training import small_run

GPU = torch.device("cuda")


def test_the_benchmark_of_a_gpu_has_all_its_rows_and_is_refused_without_one(monkeypatch):
    rows = gpu.rows_of(gpu.Size(torch.device("cpu"), side_px=32, width=16, batches=(1,), runs=1))
    assert [row.name.removeprefix("gpu/") for row in rows] == [
        "fgtransform/batch-1", "fgtransform-slider/batch-1", "deepgaze/batch-1",
        "transfer/to-device", "transfer/to-host", "train", "train-narrow",
    ]  # fmt: skip
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="no GPU"):
        gpu.run()


@pytest.fixture(autouse=True)
def _all_bits(monkeypatch):
    """Let convolutions of 32 bits have them all, as on a processor."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.gpu
def test_the_kernels_give_the_values_of_the_plain_function():
    many_parts = (1, 8, 93, 90), torch.bfloat16, 2e-2
    for case in (*normalisation.FUSED, many_parts):
        normalisation.check_fused(*case, GPU)


@pytest.mark.gpu
@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_changes_images_as_on_a_processor(checkpoints, precision, captured):
    file = checkpoints / "fgtransform-use.safetensors"
    exact = load_trained_network(file)
    network = load_trained_network(file, precision=precision, device=GPU, captured=captured)
    kept = load_trained_network(
        file, precision=precision, device=GPU, captured=captured, device_output=True
    )
    images = torch.randint(0, 256, (2, 3, 64, 32), dtype=torch.uint8)
    encoded = exact.encode(images)
    for k in (1.0, 2.0, 0.5):  # played back after the first
        expected = exact(encoded, k * encoded.log_saliency)
        found = network(network.encode(images), k * encoded.log_saliency)
        assert (found - expected).abs().mean() < (1e-4 if precision == "float32" else 2 / 255)
        there = kept(kept.encode(images), k * encoded.log_saliency)
        assert there.device.type == "cuda"
        torch.testing.assert_close(there.cpu(), found)


@pytest.mark.gpu
def test_a_step_of_training_is_that_of_a_processor_and_is_resumed_exactly(tmp_path):
    settings = small_run.settings(tmp_path)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, 32, 32, generator=generator)
    batch = Batch(images, (images[:, 0] > 0.9).float(), torch.tensor([2.0, -1.0]))
    there = Batch(*(one.to(GPU) for one in (batch.images, batch.masks, batch.k)))
    means = {}
    for device, given in ((torch.device("cpu"), batch), (GPU, there)):
        trainer = Trainer(settings, guide_of(settings.guide), device)
        means[device] = [trainer.step(given).means for _ in range(3)]
    for exact, found in zip(*means.values(), strict=True):
        for name, value in exact.items():
            assert float(found[name]) == pytest.approx(float(value), rel=1e-2, abs=1e-4), name

    again = Trainer(settings, guide_of(settings.guide), GPU)
    for name, part in trainer.parts.items():
        again.parts[name].load_state_dict(part.state_dict())
    # What the state decides is exact: all losses of the next step, which are computed before
    # weights change. Gradients that many threads add up on a GPU differ in their last bits.
    torch.testing.assert_close(again.step(there).means, trainer.step(there).means, rtol=0, atol=0)
    torch.testing.assert_close(
        again.step(there).means, trainer.step(there).means, rtol=1e-3, atol=1e-5
    )


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_steps_that_are_played_back_are_those_that_are_made(tmp_path, precision):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (8, 2, 3, 32, 32), generator=generator, dtype=torch.uint8)

    def make(step):
        masks = (images[step, :, 0] > 230).to(torch.uint8)
        return Batch(images[step], masks, torch.tensor([2.0, -1.0]))

    courses = []
    for plays in ("false", "true"):
        settings = small_run.settings(
            tmp_path, f'schedule.precision = "{precision}"', f"schedule.play_back = {plays}"
        )
        trainer = Trainer(settings, guide_of(settings.guide), GPU)
        before = _weights(trainer.network)
        losses = []
        for number, batch in enumerate(prefetch(make, range(8), GPU)):  # copied while it records
            trainer.set_rate(1e-4 / (1 + number))
            losses.append(float(trainer.step(batch).means["total"]))
        courses.append((losses, _weights(trainer.network) - before))
    # Gradients differ in their last bits from run to run, and Adam makes much of that: up to a
    # quarter of the way that weights have gone, with 16 bits. With a rate that is not brought up to
    # date, or with a step that is made twice or not at all, most of it differs.
    (made, way), (played, played_way) = courses
    assert played == pytest.approx(made, rel=0.1)
    assert (played_way - way).norm() <= 0.4 * way.norm()


def _weights(network):
    return torch.cat([one.detach().flatten() for one in network.parameters()])


@pytest.mark.gpu
def test_batches_come_to_a_gpu_as_they_are():
    def make(step):
        images = torch.full((2, 3, 8, 8), step, dtype=torch.uint8)
        return Batch(images, images[:, 0], torch.full((2,), float(step)))

    for step, batch in enumerate(prefetch(make, range(50), GPU)):
        torch.cuda._sleep(10**6)  # the device is behind
        assert float((batch.images * 255).mean()) == pytest.approx(step)
        assert float(batch.masks.mean()) == float(batch.k.mean()) == step
