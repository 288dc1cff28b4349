"""A training run from its first or next step to its last: batches, steps, log, checkpoints."""

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import torch

from manipulation.networks.guide import Guide
from manipulation.networks.settings import NetworkKind, RunSettings, ScheduleSettings
from manipulation.runs.processes import ALONE, Processes
from manipulation.runs.state import Stopped
from manipulation.training.batches import Batch, batch_for, batch_indices, prefetch
from manipulation.training.drawn_targets import draw_k
from manipulation.training.photograph_cache import CachedPhotographs
from manipulation.training.run_folder import RunFolder, training_alone
from manipulation.training.step import Step
from manipulation.training.trainer import Trainer
from stimuli.support.errors import InputError

_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")


def run_training(
    settings: RunSettings,
    photographs: CachedPhotographs,
    guide: Guide,
    *,
    folder: Path,
    device: torch.device,
    group: Processes = ALONE,
    on_step: Callable[[int, dict[str, float] | None], None] = lambda done, means: None,
    say: Callable[[str], None] = print,
) -> Trainer:
    """Train a network, from the state that `folder` holds or from the start.

    Parameters
    ----------
    settings
        All that is chosen.
    photographs
        Those that are held out are left out here.
    guide
        The guide that `settings.guide` names (`guide_of`).
    folder
        Folder of the run; made if it is not there.
    device
        Where it is trained.
    group
        The processes that share the work; this one writes if its rank is 0.
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
        If there are no photographs to train on, or the state is of another run.
    Stopped
        If losses are no finite numbers, or memory or disk are full.
    """
    _check_batch_size(settings.schedule, group)
    _check_play_back(settings.schedule, device, group)
    make_batch = _batch_maker(settings, photographs, group)
    trainer = Trainer(settings, guide, device, group)
    with ExitStack() as opened:
        if group.rank == 0:
            opened.enter_context(training_alone(folder))
        written = RunFolder(folder, trainer, photographs.digest, group)
        opened.enter_context(closing(written))
        _take_steps(trainer, make_batch, written, group, device, on_step, say)
    group.wait()
    return trainer


def _take_steps(
    trainer: Trainer,
    make_batch: Callable[[int], Batch],
    written: RunFolder,
    group: Processes,
    device: torch.device,
    on_step: Callable[[int, dict[str, float] | None], None],
    say: Callable[[str], None],
) -> None:
    """Take the steps that are left, and write what is due after each."""
    settings = trainer.settings
    last, every = settings.schedule.iterations, settings.log
    if written.first:
        folder = written.path
        say(f"goes on after step {written.first} of {last}, which {folder} holds the state of")
    if written.first < last:
        _compile(trainer, say)

    def due(interval: int) -> bool:
        return done % interval == 0 or done == last

    began, waited_s = time.perf_counter(), 0.0
    batches = prefetch(make_batch, range(written.first, last), device)
    with closing(batches):
        for done in range(written.first + 1, last + 1):
            asked = time.perf_counter()
            batch = next(batches)
            waited_s += time.perf_counter() - asked
            trainer.set_rate(rate_at(settings.schedule, done))
            step = _step_or_stop(trainer, batch, done <= _autoencoder_steps(settings))
            if done == last:
                trainer.keep_start()
            means = None
            if due(every.losses_every):
                means = _mean_over_processes(step, group)
                written.losses(done, means, time.perf_counter() - began, waited_s)
                began, waited_s = time.perf_counter(), 0.0
            if due(every.images_every):
                written.images(done, step.batch)
            if due(every.weights_every):
                written.weights(done)
            if due(every.state_every):
                written.state(done)
            on_step(done, means)


def _check_batch_size(schedule: ScheduleSettings, group: Processes) -> None:
    if schedule.batch_size % group.count:
        raise InputError(
            f"schedule.batch_size is {schedule.batch_size}; expected a multiple of the "
            f"{group.count} processes"
        )


def _check_play_back(schedule: ScheduleSettings, device: torch.device, group: Processes) -> None:
    if schedule.play_back and (device.type != "cuda" or group.count > 1):
        raise InputError(
            f"schedule.play_back is true on {group.count} x {device.type}; expected one GPU; set "
            f"schedule.play_back = false"
        )


def rate_at(schedule: ScheduleSettings, step: int) -> float:
    """Return the learning rate of a step, counted from 1."""
    falling = schedule.decay * schedule.iterations
    if falling == 0:
        return schedule.learning_rate
    left = (schedule.iterations + 1 - step) / falling
    return schedule.learning_rate * min(1.0, left)


def _batch_maker(
    settings: RunSettings, photographs: CachedPhotographs, group: Processes
) -> Callable[[int], Batch]:
    """Return what makes this process's part of the batch of a step."""
    seen, _ = photographs.split(settings.data.held_out)
    if not len(seen):
        raise InputError(
            f"all {len(photographs)} photographs are held out; expected some to train on; lower "
            f"data.held_out, now {settings.data.held_out:g}"
        )
    size, seed = settings.schedule.batch_size, settings.schedule.seed
    mine = slice(group.rank, None, group.count)

    def make_batch(step: int) -> Batch:
        chosen = seen[batch_indices(len(seen), size, step, seed)]
        k = draw_k(settings.targets, size, np.random.default_rng([seed, step, 1]))
        return batch_for(photographs, chosen[mine], k[mine])

    return make_batch


def _compile(trainer: Trainer, say: Callable[[str], None]) -> None:
    """Compile the networks where the settings say so and torch can; say what that waits for."""
    if not trainer.settings.schedule.compile:
        return
    if trainer.device.type != "cuda":
        say(f"schedule.compile has no effect on {trainer.device.type}; expected a GPU")
    elif why := compiler_missing(trainer.device):
        say(f"without torch.compile, which does not work here ({why})")
    else:
        blocks = trainer.compile()
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(blocks.items()))
        say(
            f"torch.compile makes code for {blocks.total()} blocks of {len(blocks)} kinds ({kinds})"
            f", each kind when it is first used: the first step waits for that, for a minute or "
            f"more; later ones are faster, and schedule.compile=false does without"
        )


def compiler_missing(device: torch.device) -> str | None:
    """Return why torch.compile does not work here, or None where it does."""
    try:
        torch.compile(lambda values: values + 1)(torch.ones(2, device=device))
    except Exception as error:
        return str(error).strip().splitlines()[0]
    return None


def _autoencoder_steps(settings: RunSettings) -> int:
    """Return the number of first steps in which a new baseline learns to return its input."""
    if settings.network.kind == NetworkKind.FGTRANSFORM or settings.network.start:
        return 0
    return settings.schedule.autoencoder_iterations


def _step_or_stop(trainer: Trainer, batch: Batch, as_autoencoder: bool) -> Step:
    """Make a step; where memory is too small for it, say what to lower."""
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


def _mean_over_processes(step: Step, group: Processes) -> dict[str, float]:
    """Return the mean losses over all processes; they wait for the device."""
    means = torch.stack([value.double() for value in step.means.values()])
    group.sum([means])
    return dict(zip(step.means, (means / group.count).tolist(), strict=True))
