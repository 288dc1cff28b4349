"""Functions whose work a GPU plays back: recorded once for each shape, then launched as one.

At a batch of one the kernels of a network are shorter than the time that Python takes to launch
them. A CUDA graph holds all launches of a call, with the memory that they work in.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result")

_KEPT = 4  # sets of shapes; each holds memory of its own
_WARM_UP = 3  # calls before recording, in which libraries choose their kernels


@dataclass(frozen=True)
class _Recording:
    graph: "torch.cuda.CUDAGraph"
    given: tuple[Tensor, ...]
    results: tuple[Tensor, ...]

    def play(self, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        for place, values in zip(self.given, given, strict=True):
            place.copy_(values)
        self.graph.replay()
        return tuple(result.clone() for result in self.results)


class Captured:
    """A function of tensors on a GPU, without gradients, recorded at its first call.

    Parameters
    ----------
    function
        Takes tensors on one GPU and returns a tuple of such tensors. It may neither read values of
        tensors nor move tensors between devices. The last four sets of shapes stay recorded.
    """

    def __init__(self, function: Callable[..., tuple[Tensor, ...]]) -> None:
        self._function = function
        self._recordings: OrderedDict[object, _Recording] = OrderedDict()
        self._one_at_a_time = Lock()  # all calls of one shape share the memory of its recording

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Return what the function returns; the results are tensors of their own.

        Calls may come from several threads, but all on one stream of the device.
        """
        shapes = tuple((one.shape, one.stride(), one.dtype) for one in given)
        # The device need not be the current one.
        with self._one_at_a_time, torch.cuda.device_of(given[0]):
            if shapes not in self._recordings:
                while len(self._recordings) >= _KEPT:
                    self._recordings.popitem(last=False)
                self._recordings[shapes] = self._record(given)
            self._recordings.move_to_end(shapes)
            return self._recordings[shapes].play(given)

    def _record(self, given: tuple[Tensor, ...]) -> _Recording:
        places = tuple(one.clone() for one in given)
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UP):
                self._function(*places)
        torch.cuda.current_stream().wait_stream(beside)
        graph, results = captured(lambda: self._function(*places), beside)
        return _Recording(graph, places, results)


def captured(
    function: Callable[[], Result], stream: "torch.cuda.Stream"
) -> "tuple[torch.cuda.CUDAGraph, Result]":
    """Return a graph of what a function has a GPU do, and what it returned.

    It is recorded on the stream on which the function was called before. Meanwhile other threads
    may go on to allocate memory and to copy batches: by default CUDA would refuse them that, and
    the recording be lost.
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
        result = function()
    return graph, result
