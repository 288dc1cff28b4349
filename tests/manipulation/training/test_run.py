"""A run goes on where it was killed, and stops with a reason."""

import pytest
import torch
from safetensors.torch import load_file

from manipulation.networks.settings import ScheduleSettings
from manipulation.runs.processes import Processes
from manipulation.runs.state import Stopped
from manipulation.training import run
from manipulation.training.run_folder import weights_file
from manipulation.training.trainer import Trainer
from stimuli.support.errors import InputError
from tests.manipulation.training import small_run


def assert_same_bits(first, second):
    first, second = load_file(first), load_file(second)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


@pytest.mark.parametrize(
    "change",
    ['network.kind = "fgtransform"', 'network.kind = "unet"', 'schedule.precision = "float16"'],
)
def test_a_run_that_was_killed_twice_ends_with_the_same_bits(trained, tmp_path, change):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    trained(whole, change)
    for step in (1, 3):  # before the first state, and between two
        with pytest.raises(small_run.Killed):
            trained(parts, change, kill_after=step)
    trained(parts, change)
    assert small_run.losses(parts) == small_run.losses(whole)
    assert [row["iteration"] for row in small_run.losses(whole)] == [1, 2, 3, 4, 5]
    for step in (3, 5):
        assert_same_bits(weights_file(parts, step), weights_file(whole, step))


def test_a_run_goes_on_for_longer_but_not_as_another(trained, tmp_path):
    whole, longer = tmp_path / "whole", tmp_path / "longer"
    trained(whole, "schedule.iterations = 4")
    trained(longer, "schedule.iterations = 2")
    trained(longer, "schedule.iterations = 4", "log.images_every = 1")
    assert_same_bits(weights_file(longer, 4), weights_file(whole, 4))
    with pytest.raises(InputError, match=r"without losses\.texture = 0"):
        trained(longer, "losses.texture = 0")
    state = longer / "state.pt"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be read as the state of a run"):
        trained(longer)


def test_the_learning_rate_falls_to_zero_over_the_last_share(trained, tmp_path):
    schedule = ScheduleSettings(iterations=10, decay=0.5, learning_rate=1.0)
    rates = [run.rate_at(schedule, step) for step in range(1, 11)]
    assert rates == pytest.approx([1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2])
    assert run.rate_at(ScheduleSettings(iterations=10), 10) == 1e-3
    # The rate of a step depends on the number of all steps, so a run cannot be made longer.
    falling = ("schedule.decay = 0.5", "schedule.iterations = 2")
    trainer = trained(tmp_path / "run", *falling)
    assert trainer.network_optimiser.param_groups[0]["lr"] == pytest.approx(1e-3)
    with pytest.raises(InputError, match=r"without schedule\.iterations = 4"):
        trained(tmp_path / "run", "schedule.decay = 0.5", "schedule.iterations = 4")


def test_a_batch_that_processes_cannot_share_is_refused(trained, tmp_path):
    with pytest.raises(InputError, match="expected a multiple of the 3 processes"):
        trained(tmp_path / "run", group=Processes(rank=0, count=3))


def test_losses_fall(trained, tmp_path):
    folder = tmp_path / "run"
    trained(folder, "schedule.iterations = 30", 'network.output = "change"',
            "losses.adversarial = 0", "schedule.batch_size = 4")  # fmt: skip
    course = [row["total"] for row in small_run.losses(folder)]
    assert sum(course[-10:]) < 0.9 * sum(course[:10])


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_too_little_memory_says_what_to_lower(trained, tmp_path, monkeypatch, error):
    def exhausted(self, batch, **options):
        raise error

    monkeypatch.setattr(Trainer, "step", exhausted)
    with pytest.raises(Stopped, match=r"2 images of 32 px; lower schedule\.batch_size"):
        trained(tmp_path / "run")


def test_other_errors_are_not_taken_for_a_lack_of_memory(trained, tmp_path, monkeypatch):
    def broken(self, batch, **options):
        raise RuntimeError("something else")

    monkeypatch.setattr(Trainer, "step", broken)
    with pytest.raises(RuntimeError, match="something else"):
        trained(tmp_path / "run")


def test_a_processor_compiles_nothing_and_a_missing_compiler_is_told(
    trained, tmp_path, monkeypatch
):
    def missing(function):
        raise RuntimeError("no C++ compiler\nhere")

    monkeypatch.setattr(torch, "compile", missing)
    assert run.compiler_missing(torch.device("cpu")) == "no C++ compiler"
    monkeypatch.setattr(Trainer, "compile", missing)
    trained(tmp_path / "run", "schedule.compile = true", "schedule.iterations = 1")
    assert len(small_run.losses(tmp_path / "run")) == 1


def test_a_run_that_began_with_another_network_ends_as_one_that_was_never_killed(trained, tmp_path):
    trained(tmp_path / "first")
    start = tmp_path / "start.safetensors"
    start.write_bytes(weights_file(tmp_path / "first", 5).read_bytes())
    further = (f'network.start = "{start}"', "network.keep = 0.5", "schedule.learning_rate = 1e-2")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    trained(whole, *further)
    with pytest.raises(small_run.Killed):
        trained(parts, *further, kill_after=3)
    with pytest.raises(InputError, match=r"without schedule\.iterations = 6"):
        trained(parts, *further, "schedule.iterations = 6")
    trained(parts, *further)
    assert_same_bits(weights_file(parts, 5), weights_file(whole, 5))
    start.write_bytes(weights_file(tmp_path / "first", 3).read_bytes())
    with pytest.raises(
        InputError, match=r"without network\.start of SHA-256 = '\w+' \(it has '\w+'\)"
    ):
        trained(parts, *further)
