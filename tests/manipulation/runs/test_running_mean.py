import torch
from torch import nn

from manipulation.runs.running_mean import RunningMean


def constant(value):
    module = nn.Linear(1, 1)
    nn.init.constant_(module.weight, value)
    nn.init.zeros_(module.bias)
    return module


def test_the_mean_is_weighted_exponentially_once_enough_steps_were_made():
    mean = RunningMean(constant(0.0), averaging=0.9)
    for step in range(1000, 1003):
        mean.update(constant(1.0), step)
    torch.testing.assert_close(mean.mean.weight, torch.tensor([[1 - 0.9**3]]))


def test_the_first_steps_move_it_faster():
    mean = RunningMean(constant(0.0), averaging=0.999)
    mean.update(constant(1.0), step=0)
    torch.testing.assert_close(mean.mean.weight, torch.tensor([[0.9]]))


def test_counts_are_copied():
    module = nn.BatchNorm1d(1)
    mean = RunningMean(module, averaging=0.9)
    module.num_batches_tracked += 7
    mean.update(module, step=50)
    assert int(mean.mean.num_batches_tracked) == 7
