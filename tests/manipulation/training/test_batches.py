"""The order of photographs follows from seed and step; batches are made ahead."""

import numpy as np
import pytest
import torch

from manipulation.training import batches
from stimuli.support.errors import InputError


def test_every_photograph_comes_once_before_any_comes_again():
    seen = [n for step in range(10) for n in batches.batch_indices(8, 4, step, seed=5)]
    epochs = np.reshape(seen, (5, 8))
    for epoch in epochs:
        assert sorted(epoch) == list(range(8))
    assert len({tuple(epoch) for epoch in epochs}) == 5
    assert batches.batch_indices(8, 4, 7, seed=5) == seen[28:32]
    assert batches.batch_indices(8, 4, 0, seed=6) != seen[:4]


def test_batches_come_in_order_and_an_error_in_a_thread_comes_out():
    def make(step):
        if step == 5:
            raise InputError("no more")
        one = torch.full((1,), step)
        return batches.Batch(one, one, one)

    ready = batches.prefetch(make, range(9), torch.device("cpu"))
    assert [int(next(ready).k) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="no more"):
        next(ready)
