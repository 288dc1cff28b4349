"""A training run from its first or next step to its last: batches, steps, log, checkpoints."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from manipulation.saliency.processes import ALONE, Processes
from manipulation.training.batches import Batch, batch_for, positions, ready
from manipulation.training.checkpoints import Stopped
from manipulation.training.coco import Photographs
from manipulation.training.run_folder import RunFolder
from manipulation.training.settings import RunSettings, ScheduleSettings
from manipulation.training.targets import draw_k
from manipulation.training.trainer import Step, Trainer
from manipulation.transforms.guide import Guide
from stimuli.errors import InputError

_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")


def train(
    settings: RunSettings,
    photographs: Photographs,
    guide: Guide,
    folder: Path,
    device: torch.device,
    *,
    processes: Processes = ALONE,
    on_step: Callable[[int, dict[str, float] | None], None] = lambda iteration, means: None,
    say: Callable[[str], None] = print,
) -> Trainer:
    """Train a network, from the state that `folder` holds or from the start.

    Parameters
    ----------
    photographs
        Those that are held out are left out here.
    folder
        Of the run; made if it is not there.
    processes
        This one writes if its rank is 0.
    on_step
        Called after each step with the number of steps done, and with the losses where they were
        written.
    say
        Prints a message.

    Returns
    -------
    Trainer
        After the last step.

    Raises
    ------
    InputError
        If the photographs are none, or the state is of another run.
    Stopped
        If losses are no numbers, memory or disk are full.
    """
    if settings.schedule.batch_size % processes.count:
        raise InputError(
            f"schedule.batch_size is {settings.schedule.batch_size}; expected a multiple of the "
            f"{processes.count} processes"
        )
    make = _batches(settings, photographs, processes)
    trainer = Trainer(settings, guide, device, processes)
    written = RunFolder(folder, trainer, photographs.digest, processes)
    if settings.schedule.compile and device.type == "cuda":
        if why := compiler_missing(device):
            say(f"without torch.compile, which does not work here ({why})")
        else:
            trainer.compile()
    first, last, every = written.first, settings.schedule.iterations, settings.log
    baseline = settings.network.kind != "fgtransform"
    autoencoder = settings.schedule.autoencoder_iterations if baseline else 0
    start, waiting = time.perf_counter(), 0.0

    def due(interval: int) -> bool:
        return done % interval == 0 or done == last

    batches = ready(make, range(first, last), device)
    try:
        for done in range(first + 1, last + 1):
            asked = time.perf_counter()
            batch = next(batches)
            waiting += time.perf_counter() - asked
            trainer.set_rate(rate_at(settings.schedule, done))
            step = _stepped(trainer, batch, as_autoencoder=done <= autoencoder)
            means = None
            if due(every.losses_every):
                means = _agreed(step, processes)
                written.losses(done, means, time.perf_counter() - start, waiting)
                start, waiting = time.perf_counter(), 0.0
            if due(every.images_every):
                written.images(done, step)
            if due(every.weights_every):
                written.weights(done)
            if due(every.state_every):
                written.state(done)
            on_step(done, means)
    finally:
        batches.close()
        written.close()
    processes.wait()
    return trainer


def rate_at(schedule: ScheduleSettings, step: int) -> float:
    """Return the learning rate of a step, counted from 1."""
    falling = schedule.decay * schedule.iterations
    if falling == 0:
        return schedule.learning_rate
    left = (schedule.iterations + 1 - step) / falling
    return schedule.learning_rate * min(1.0, left)


def _batches(
    settings: RunSettings, photographs: Photographs, processes: Processes
) -> Callable[[int], Batch]:
    """Return what makes this process's part of the batch of a step."""
    seen, _ = photographs.split(settings.data.held_out)
    if not len(seen):
        raise InputError(
            f"all {len(photographs)} photographs are held out; expected some to train on; lower "
            f"data.held_out, now {settings.data.held_out:g}"
        )
    size, seed = settings.schedule.batch_size, settings.schedule.seed
    mine = slice(processes.rank, None, processes.count)

    def make(step: int) -> Batch:
        chosen = seen[positions(len(seen), size, step, seed)]
        k = draw_k(settings.targets, size, np.random.default_rng([seed, step, 1]))
        return batch_for(photographs, chosen[mine], k[mine])

    return make


def _stepped(trainer: Trainer, batch: Batch, *, as_autoencoder: bool) -> Step:
    try:
        return trainer.step(batch, as_autoencoder=as_autoencoder)
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and not any(
            sign in str(error) for sign in _NO_MEMORY
        ):
            raise
        side, count = batch.images.shape[-1], len(batch.images)
        raise Stopped(
            f"{trainer.device}: there is not enough memory for {count} images of {side} px; lower "
            f"schedule.batch_size, data.size_px or network.width, or set "
            f'schedule.precision = "bfloat16" ({type(error).__name__}: {str(error)[:200]})'
        ) from error


def _agreed(step: Step, processes: Processes) -> dict[str, float]:
    """Return the mean losses over all processes; they wait for the device."""
    means = torch.stack([value.double() for value in step.means.values()])
    processes.sum([means])
    return dict(zip(step.means, (means / processes.count).tolist(), strict=True))


def compiler_missing(device: torch.device) -> str | None:
    """Return why torch.compile does not work here, or None where it does."""
    try:
        torch.compile(lambda values: values + 1)(torch.ones(2, device=device))
    except Exception as error:
        return str(error).strip().splitlines()[0]
    return None
