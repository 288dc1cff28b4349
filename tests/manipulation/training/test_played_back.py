"""A step that is played back does what the step does, from the tensors it was recorded with."""

import copy
from contextlib import contextmanager

import pytest
import torch

from manipulation.networks.captured import captured
from manipulation.networks.settings import RunSettings
from manipulation.runs.processes import ALONE
from manipulation.training import run
from manipulation.training.batches import prefetch
from manipulation.training.played_back import PlayedBack
from manipulation.training.trainer import Trainer
from stimuli.support.errors import InputError
from tests.manipulation.training import small_run

CPU = torch.device("cpu")


class Recorder:
    """Stands in for a CUDA graph: recording makes no step, playing fills the recorded results."""

    def __init__(self):
        self.plays, self.parts = 0, {}

    def play_back(self, step):
        return PlayedBack(step, warm_up=lambda made: made(), record=self.record)

    def record(self, step):
        before = {name: copy.deepcopy(part.state_dict()) for name, part in self.parts.items()}
        result = step()
        for name, state in before.items():
            self.parts[name].load_state_dict(state)
            if name.endswith("optimiser"):  # a graph reads the rate where it was recorded
                for group in self.parts[name].param_groups:
                    group["lr"] = self.rate

        def play():
            self.plays += 1
            made = step()
            for name, value in made.means.items():
                result.means[name].copy_(value)
            result.batch.changed.copy_(made.batch.changed)

        return play, result


def test_steps_that_are_played_back_are_those_that_are_made(pictures, cache, guide, tmp_path):
    plain = small_run.settings(tmp_path)
    played = small_run.settings(tmp_path, "schedule.play_back = true")
    photographs = small_run.photographs(pictures, cache, plain)
    recorder = Recorder()
    course = []
    for settings in (plain, played):
        trainer = Trainer(settings, guide, CPU, play_back=recorder.play_back)
        recorder.parts, recorder.rate = trainer.parts, trainer._rate
        batches = prefetch(run._batch_maker(settings, photographs, ALONE), range(7), CPU)
        losses = []
        for number, batch in enumerate(batches):
            trainer.set_rate(2.0 ** -(10 + number))  # which is the same with 32 bits
            step = trainer.step(batch, as_autoencoder=number < 1)
            losses.append({name: float(value) for name, value in step.means.items()})
        course.append((losses, [one.clone() for one in trainer.network.parameters()]))
    assert recorder.plays == 3  # after one as an auto-encoder and three in which it warms up
    (expected, weights), (found, played_weights) = course
    for one, other in zip(expected, found, strict=True):
        assert other == pytest.approx(one, rel=1e-4)
    torch.testing.assert_close(played_weights, weights, rtol=1e-4, atol=1e-6)


def test_other_threads_may_copy_batches_while_a_step_is_recorded(monkeypatch):
    """By default CUDA refuses them to allocate memory meanwhile, and the recording is lost."""
    recordings = []

    @contextmanager
    def graph(_, **options):
        recordings.append(options)
        yield

    monkeypatch.setattr(torch.cuda, "CUDAGraph", object)
    monkeypatch.setattr(torch.cuda, "graph", graph)
    _, made = captured(lambda: "made", "the stream of the warm-up")
    assert made == "made"
    assert recordings == [
        {"stream": "the stream of the warm-up", "capture_error_mode": "thread_local"}
    ]


def test_a_run_is_played_back_on_one_gpu_alone(pictures, cache, guide, tmp_path):
    settings: RunSettings = small_run.settings(tmp_path, "schedule.play_back = true")
    photographs = small_run.photographs(pictures, cache, settings)
    with pytest.raises(InputError, match=r"schedule.play_back is true on 1 x cpu; expected"):
        run.run_training(settings, photographs, guide, folder=tmp_path / "run", device=CPU)
