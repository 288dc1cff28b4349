"""Steps of training that a GPU plays back: recorded once, then launched as one.

At a batch of four of the narrow networks the kernels of a step are shorter than the time that
Python takes to launch them. A CUDA graph holds them all, forwards, backwards and the optimisers',
with the memory that they work in.
"""

import warnings
from collections.abc import Callable
from dataclasses import fields
from functools import cached_property, partial

import torch

from manipulation.networks.captured import captured
from manipulation.training.batches import Batch
from manipulation.training.step import Step

_WARM_UP = 3  # steps before recording, in which libraries choose their kernels
_NOT_YET = "This instance was constructed with capturable=True"

Recorded = tuple[Callable[[], object], Step]
"""What plays the step, and where its results lie each time."""


class PlayedBack:
    """A step that is made as usual three times, then recorded, and played back ever after.

    Parameters
    ----------
    step
        Makes a step from a batch. It may neither read values of tensors nor draw at random, and
        whatever changes from step to step lies in tensors that stay where they are. All batches are
        of one shape.
    warm_up, record
        How a step is made before the recording, and how it is recorded without being made.
    """

    def __init__(
        self,
        step: Callable[[Batch], Step],
        *,
        warm_up: Callable[[Callable[[], Step]], Step],
        record: Callable[[Callable[[], Step]], Recorded],
    ) -> None:
        self._step, self._warm_up, self._record = step, warm_up, record
        self._made = 0
        self._given: Batch | None = None
        self._recorded: Recorded | None = None

    def __call__(self, batch: Batch) -> Step:
        """Make a step; what it returns holds until the next one."""
        with torch.cuda.device_of(batch.images):  # which need not be the current one
            return self._make(batch)

    def _make(self, batch: Batch) -> Step:
        if self._made < _WARM_UP:
            self._made += 1
            return self._warm_up(partial(self._step, batch))
        if self._given is None or self._recorded is None:
            self._given = Batch(*(getattr(batch, one.name).clone() for one in fields(batch)))
            self._recorded = self._record(partial(self._step, self._given))
        for one in fields(batch):
            getattr(self._given, one.name).copy_(getattr(batch, one.name))
        play, step = self._recorded
        play()
        return step


def on_gpu(step: Callable[[Batch], Step]) -> PlayedBack:
    """Return a step that torch's CUDA graphs play back."""
    beside = _Beside()
    return PlayedBack(step, warm_up=beside.made, record=beside.recorded)


class _Beside:
    """The stream of its own on which a step is warmed up and recorded.

    One for both, since the nodes that add up gradients belong to the stream of their first use.
    """

    @cached_property
    def stream(self) -> "torch.cuda.Stream":
        return torch.cuda.Stream()

    def made(self, step: Callable[[], Step]) -> Step:
        current = torch.cuda.current_stream()
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=_NOT_YET)
            made = step()
        current.wait_stream(self.stream)
        return made

    def recorded(self, step: Callable[[], Step]) -> Recorded:
        graph, made = captured(step, self.stream)
        return graph.replay, made
