"""A step: what it sees, what it learns, and how precisely."""

import pytest
import torch

from manipulation.runs.processes import ALONE
from manipulation.training import run
from manipulation.training.batches import prefetch
from manipulation.training.run_folder import weights_file
from manipulation.training.trainer import Trainer, align_gradients
from stimuli.support.errors import InputError
from tests.manipulation.operator_trace import OperatorTrace
from tests.manipulation.training import small_run

CPU = torch.device("cpu")


def test_the_guide_sees_two_batches_in_a_step_and_no_more(trained, guide, tmp_path):
    passes = []
    handle = guide.register_forward_hook(lambda *_: passes.append(1))
    try:
        trained(tmp_path / "run")
    finally:
        handle.remove()
    assert len(passes) == 2 * 5


def test_as_an_auto_encoder_a_network_learns_to_return_its_input_and_nothing_else(
    trained, tmp_path
):
    folder = tmp_path / "run"
    trainer = trained(folder, 'network.kind = "unet"', "schedule.iterations = 60",
                      "schedule.autoencoder_iterations = 60", "losses.adversarial = 1e4",
                      "schedule.batch_size = 4", "schedule.learning_rate = 1e-2")  # fmt: skip
    course = [row["reconstruction"] for row in small_run.losses(folder)]
    assert sum(course[-5:]) < 0.6 * sum(course[:5])
    assert trainer.discriminator_optimiser.state_dict()["state"] == {}


@pytest.mark.parametrize("term", ["saliency", "feature", "texture", "adversarial", "budget"])
def test_the_weight_of_a_term_decides_whether_it_is_learned(pictures, cache, guide, tmp_path, term):
    """The gradient of the total is that of the one term whose weight is not zero."""
    names = ("saliency", "feature", "texture", "adversarial", "budget")
    only = [f"losses.{name} = {float(name == term)}" for name in names]
    settings = small_run.settings(tmp_path, *only)
    photographs = small_run.photographs(pictures, cache, settings)
    trainer = Trainer(settings, guide, CPU)
    batch = next(prefetch(run._batch_maker(settings, photographs, ALONE), range(1), CPU))
    before = [one.clone() for one in trainer.network.parameters()]
    means = trainer.step(batch).means
    assert float(means["total"]) == pytest.approx(float(means[term]))
    assert any(
        not torch.equal(one, other)
        for one, other in zip(before, trainer.network.parameters(), strict=True)
    )


def test_training_goes_on_from_a_network_that_was_trained_before(trained, guide, tmp_path):
    before = trained(tmp_path / "first").network
    first = weights_file(tmp_path / "first", 5)
    start = f'network.start = "{first}"'
    begun = Trainer(small_run.settings(tmp_path, start), guide, CPU).network
    assert tensors_of(begun) == tensors_of(before)
    assert all(one.requires_grad for one in begun.parameters())
    further = trained(tmp_path / "further", start, "schedule.learning_rate = 1e-2").network
    assert tensors_of(further) != tensors_of(before)
    kept = trained(tmp_path / "kept", start, "network.keep = 0.25", "schedule.learning_rate = 1e-2")
    for name, weight in kept.network.state_dict().items():
        there, back = further.state_dict()[name], before.state_dict()[name]
        torch.testing.assert_close(weight, 0.75 * there + 0.25 * back)
    with pytest.raises(InputError, match=r"network\.keep is 0.5 without"):
        small_run.settings(tmp_path, "network.keep = 0.5")
    for section, name, value in (
        ("network", "kind", "unet"), ("network", "output", "change"), ("network", "width", 32),
        ("guide", "saliency", "scratch"),
    ):  # fmt: skip
        other = small_run.settings(tmp_path, start, f"{section}.{name} = {value!r}")
        with pytest.raises(
            InputError, match=rf"trained with {section}\.{name} = .*here it is {value}"
        ):
            Trainer(other, guide, CPU)


def test_a_width_that_does_not_fit_the_features_is_named(guide, tmp_path):
    with pytest.raises(InputError, match=r"network\.width is 8; expected a multiple of 16"):
        Trainer(small_run.settings(tmp_path, "network.width = 8"), guide, CPU)


def tensors_of(network):
    """Return all weights as lists, which compare by value."""
    return {name: one.tolist() for name, one in network.state_dict().items()}


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_with_16_bits_losses_are_those_of_32_to_their_precision(trained, tmp_path, precision):
    trained(tmp_path / "32", "schedule.iterations = 1")
    trained(tmp_path / "16", "schedule.iterations = 1", f'schedule.precision = "{precision}"')
    (exact,), (rough,) = small_run.losses(tmp_path / "32"), small_run.losses(tmp_path / "16")
    assert rough == pytest.approx(exact, rel=0.05)


def test_a_step_never_waits_for_a_value(pictures, cache, guide, tmp_path):
    """On a GPU each such read would let the device run dry."""
    settings = small_run.settings(tmp_path)
    photographs = small_run.photographs(pictures, cache, settings)
    trainer = Trainer(settings, guide, CPU)
    batch = next(prefetch(run._batch_maker(settings, photographs, ALONE), range(1), CPU))
    trainer.step(batch)
    with OperatorTrace() as trace:
        trainer.step(batch)
    assert trace.waited == 0


@pytest.mark.parametrize("side", [1, 3])
def test_gradients_get_the_strides_of_their_weights(side):
    """Fused Adam on a GPU refuses others, as of a compiled 1x1 convolution."""
    weight = torch.nn.Conv2d(4, 6, side).to(memory_format=torch.channels_last).weight
    weight.grad = torch.arange(float(weight.numel())).reshape(weight.shape)
    expected = weight.grad.clone()
    assert weight.grad.stride() != weight.stride()
    align_gradients(torch.optim.Adam([weight]))
    assert weight.grad.stride() == weight.stride()
    assert torch.equal(weight.grad, expected)
