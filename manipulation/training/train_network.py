"""One network from folders of photographs to a file for use: trained, measured, with its card."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from rich.progress import Progress

from manipulation.networks.files import (
    guide_of,
    load_checkpoint,
    read_run_settings_of,
    save_checkpoint,
    transform_file,
)
from manipulation.networks.settings import RunSettings
from manipulation.runs.model_card import Origin
from manipulation.runs.processes import ALONE, Processes
from manipulation.training.card import transform_card
from manipulation.training.evaluation import CheckpointFile, measure_losses
from manipulation.training.pace import Pace
from manipulation.training.photograph_cache import CachedPhotographs, load_photographs
from manipulation.training.results import Result
from manipulation.training.run import run_training
from manipulation.training.run_folder import weights_file
from stimuli.support.console import messages
from stimuli.support.files import write_text
from stimuli.support.provenance import write_sidecar

NETWORK_FILE = "transform.safetensors"  # in the folder of a run that came to its end
_RECORD = "train.provenance.json"  # written last


@dataclass(frozen=True)
class FinishedRun:
    """What a training run leaves.

    Attributes
    ----------
    network, card
        Files: the network for use (`load_trained_network`), and its model card.
    results
        Its losses on photographs that it was trained on and on those that were held out. They are
        known to the process that measures, of rank 0, and empty on all others.
    """

    network: Path
    card: Path
    results: tuple[Result, ...]


def train_network(
    settings: RunSettings,
    *,
    images: Sequence[str | Path],
    out: str | Path,
    annotations: str | Path | None = None,
    cache: str | Path | None = None,
    measured: int = 1000,
    data: str = "not stated",
    command: str = "manipulation.train_network",
    device: torch.device | str = "cpu",
    group: Processes = ALONE,
    progress: Progress | None = None,
) -> FinishedRun:
    """Train a network that changes images so that they meet a target density of fixations.

    The network is trained, its losses are measured on photographs that it has and has not seen,
    and it is written for use, with a model card. The same call goes on where a run was killed.

    Parameters
    ----------
    settings
        All that is chosen (`read_run_settings`).
    images
        Folders of photographs.
    out
        Folder of the run: the network for use (``transform.safetensors``), its card, weights over
        time (``weights/``), settings, losses, and the state to go on from (``state.pt``).
    annotations
        COCO annotations of the objects in the photographs. Without it, and in photographs that it
        does not name, the most salient region is shifted.
    cache
        Folder of decoded photographs, which runs share. Without it, ``cache`` beside `out`.
    measured
        Photographs of either side that losses are measured on, at most.
    data
        The photographs and their licence in words, for the card.
    command
        What trained the network, such as a command line, for the card.
    device
        Where it is trained.
    group
        The processes that share the work.
    progress
        Where it is shown how far this is.

    Raises
    ------
    InputError
        If there are no photographs to train on, one cannot be read, or the state in `out` is of
        another run.
    Stopped
        If losses are no finite numbers, or memory or disk are full.

    Examples
    --------
    >>> from manipulation import read_run_settings, train_network
    >>> settings = read_run_settings(changes=["schedule.iterations = 20000"])
    >>> run = train_network(  # doctest: +SKIP
    ...     settings, images=["train2017"], annotations="instances_train2017.json", out="runs/shift"
    ... )
    >>> run.results[-1].saliency  # doctest: +SKIP
    """
    out, device = Path(out), torch.device(device)
    annotations = None if annotations is None else Path(annotations)
    start = transform_file(settings.network.start) if settings.network.start else None
    progress = progress or Progress(console=messages(), disable=True)
    cache = Path(cache) if cache else out.parent / "cache"
    load = partial(
        load_photographs,
        [Path(folder) for folder in images],
        annotations=annotations, cache=cache, settings=settings.data,
    )  # fmt: skip
    photographs = _decode_once(load, group, progress)
    say = partial(progress.console.print, markup=False)
    say(_what_is_trained(settings, photographs, device))
    say(f"losses, speed and images over time: {board_command(out)}")
    guide = guide_of(settings.guide)
    run_training(
        settings, photographs, guide, folder=out, device=device, group=group,
        on_step=Pace(progress, settings.schedule.iterations).step, say=say,
    )  # fmt: skip
    network, card = out / NETWORK_FILE, (out / NETWORK_FILE).with_suffix(".md")
    if group.rank != 0:
        return FinishedRun(network, card, ())

    weights = weights_file(out, settings.schedule.iterations)
    splits = photographs.splits(settings.data.held_out, measured)
    bar = progress.add_task("measuring", total=sum(map(len, splits.values())))
    results = measure_losses(
        [CheckpointFile(out.name, weights, settings)], guide, splits,
        weights=settings.losses, device=device,
        on_batch=lambda images: progress.advance(bar, images),
    )  # fmt: skip
    checkpoint = load_checkpoint(weights, guide)
    save_checkpoint(network, checkpoint, guide, photographs.digest, half=True)
    text = transform_card(
        out.name,
        checkpoint,
        Origin.of_file(network, data=data, command=command),
        results,
        photographs=len(photographs),
        annotated=int(photographs.masks.any(axis=1).sum()),
        held_out=len(photographs.split(settings.data.held_out)[1]),
        device=_device_name(device),
        start=start,
    )
    write_text(card, text)
    write_sidecar(
        out / _RECORD,
        command="manipulation.train",
        settings=settings.as_dict(),
        inputs=[*([annotations] if annotations else []), *([start] if start else [])],
        outputs=[network, card],
        seeds={"run": settings.schedule.seed},
        device=_device_name(device),
    )
    return FinishedRun(network, card, tuple(results))


def _decode_once(
    load: Callable[..., CachedPhotographs], group: Processes, progress: Progress
) -> CachedPhotographs:
    """Return the photographs; the first process decodes them while the others wait."""
    if group.rank == 0:
        photographs = load(progress=progress)
        group.wait()
        return photographs
    group.wait()
    return load()


def _what_is_trained(
    settings: RunSettings, photographs: CachedPhotographs, device: torch.device
) -> str:
    seen, held_out = photographs.split(settings.data.held_out)
    return (
        f"{settings.network.kind} on {_device_name(device)}: {settings.schedule.iterations} steps "
        f"of {settings.schedule.batch_size} of {len(seen)} photographs, {settings.data.size_px} "
        f"px; {len(held_out)} are held out"
    )


def board_command(folder: Path) -> str:
    """Return the command that shows the course of the runs in a folder in the browser."""
    return shlex.join(["tensorboard", "--logdir", str(folder)])


def is_finished(folder: Path, settings: RunSettings) -> bool:
    """Return whether a run of these settings came to its end, record and all, in a folder.

    Of one that began with another network only its state can tell, which names that by its content.
    """
    if settings.network.start:
        return False
    network, record = folder / NETWORK_FILE, folder / _RECORD
    return record.exists() and network.exists() and read_run_settings_of(network) == settings


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
