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

    def made(step: int) -> Batch:
        batch = make(step)
        return _pinned(batch) if device.type == "cuda" else batch

    with ThreadPoolExecutor(min(ahead, 4)) as pool:
        waiting = [pool.submit(made, step) for step in steps[:ahead]]
        try:
            for step in steps:
                batch = waiting.pop(0).result()
                if step + ahead * steps.step in steps:
                    waiting.append(pool.submit(made, step + ahead * steps.step))
                yield _moved(batch, device)
        finally:
            pool.shutdown(cancel_futures=True)


def _pinned(batch: Batch) -> Batch:
    return Batch(batch.images.pin_memory(), batch.masks.pin_memory(), batch.k.pin_memory())


def _moved(batch: Batch, device: torch.device) -> Batch:
    images, masks, k = (
        one.to(device, non_blocking=True) for one in (batch.images, batch.masks, batch.k)
    )
    return Batch(images.float() / 255, masks.float(), k)
