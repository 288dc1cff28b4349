"""Batches of photographs, ready on the device before they are asked for.

Which photographs are in a batch follows from the seed and the number of the step alone, so a run
that goes on after a kill sees what it would have seen.
"""

import functools
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.training.photograph_cache import CachedPhotographs


@dataclass(frozen=True)
class Batch:
    """The photographs of one step, and what is asked of them.

    Attributes
    ----------
    images : Tensor (B, 3, H, W)
        RGB in [0, 1], in memory with the channels last.
    masks : Tensor (B, H, W)
        1 on annotated objects, 0 elsewhere.
    k : Tensor (B,)
        Shift in nats (eq. 11) or factor (eq. 12) that is asked of each image.
    """

    images: Tensor
    masks: Tensor
    k: Tensor


def batch_for(
    photographs: CachedPhotographs, indices: Sequence[int] | np.ndarray, k: np.ndarray
) -> Batch:
    """Return a batch of photographs with what is asked of them, as it lies in the cache."""
    images, masks = photographs.batch(indices)
    return Batch(images, masks, torch.from_numpy(k).float())


@functools.lru_cache(maxsize=4)
def _order(count: int, epoch: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(count)


def batch_indices(count: int, batch_size: int, step: int, seed: int) -> list[int]:
    """Return which of `count` photographs are in a step: each once before any comes again."""
    chosen = []
    for place in range(step * batch_size, (step + 1) * batch_size):
        epoch, index = divmod(place, count)
        chosen.append(int(_order(count, epoch, seed)[index]))
    return chosen


def prefetch(
    make: Callable[[int], Batch], steps: range, device: torch.device, *, ahead: int = 4
) -> Generator[Batch, None, None]:
    """Yield the batches of steps on the device, made in threads before they are asked for."""
    moving = _ToGPU(device) if device.type == "cuda" else _ToDevice(device)

    def made(step: int) -> _Moved:
        return moving.send(make(step))

    with ThreadPoolExecutor(min(ahead, 4)) as pool:
        waiting = [pool.submit(made, step) for step in steps[:ahead]]
        try:
            for step in steps:
                moved = waiting.pop(0).result()
                if step + ahead * steps.step in steps:
                    waiting.append(pool.submit(made, step + ahead * steps.step))
                yield moving.receive(moved)
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Moved:
    """A batch on its way, and the event on the device that tells when it is there."""

    batch: Batch
    event: "torch.cuda.Event | None" = None


class _ToDevice:
    """Moves batches to a device that computes where it is asked."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def send(self, batch: Batch) -> _Moved:
        images, masks, k = (
            one.to(self._device, non_blocking=True) for one in (batch.images, batch.masks, batch.k)
        )
        return _Moved(Batch(images.float() / 255, masks.float(), k))

    def receive(self, moved: _Moved) -> Batch:
        return moved.batch


class _ToGPU(_ToDevice):
    """Moves batches on a stream of its own, while the GPU computes on another."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self._stream = torch.cuda.Stream(device)

    def send(self, batch: Batch) -> _Moved:
        pinned = Batch(batch.images.pin_memory(), batch.masks.pin_memory(), batch.k.pin_memory())
        with torch.cuda.stream(self._stream):
            return _Moved(super().send(pinned).batch, self._stream.record_event())

    def receive(self, moved: _Moved) -> Batch:
        current = torch.cuda.current_stream(self._device)
        if moved.event is not None:
            current.wait_event(moved.event)
        for one in (moved.batch.images, moved.batch.masks, moved.batch.k):
            one.record_stream(current)  # its memory is not given away before it was used there
        return moved.batch
