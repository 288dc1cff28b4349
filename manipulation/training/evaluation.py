"""Every loss term of trained networks on photographs that they have and have not seen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from manipulation.networks.discriminator import PatchGAN
from manipulation.networks.files import load_checkpoint, read_run_settings_of
from manipulation.networks.guide import Guide
from manipulation.networks.image_network import ImageNetwork, relative_log_density
from manipulation.networks.settings import LossSettings, RunSettings
from manipulation.training.batches import Batch, batch_for, prefetch
from manipulation.training.drawn_targets import draw_k, training_target
from manipulation.training.photograph_cache import PhotographSet
from manipulation.training.picture_budget import PictureBudget
from manipulation.training.results import TERMS, Result
from manipulation.training.total_loss import ChangedBatch, LossTerms, loss_terms
from stimuli.support.errors import InputError

_SEED = 20171217  # of the targets; the same for every network that is compared


@dataclass(frozen=True)
class CheckpointFile:
    """A file of weights and what it is called in tables.

    Attributes
    ----------
    run
        Name of the run's folder.
    path
        File of the weights.
    settings
        Settings of the run.
    """

    run: str
    path: Path
    settings: RunSettings


def find_checkpoints(paths: Sequence[Path]) -> list[CheckpointFile]:
    """Return the checkpoints of run folders and files, those of a run in the order of their steps.

    Raises
    ------
    InputError
        If there is none, two runs have one name, or they were trained with different guides, sizes
        or kinds of target, so that their losses mean different things.
    """
    found: list[CheckpointFile] = []
    folders: dict[str, Path] = {}
    for path in paths:
        files = [path] if path.is_file() else sorted(path.glob("weights/*.safetensors"))
        if not files:
            raise InputError(
                f"{path}: no checkpoint; expected a folder that manipulation.train made, or a "
                f".safetensors file of it"
            )
        folder = path.resolve().parents[1] if path.is_file() else path.resolve()
        folders.setdefault(folder.name, folder)
        if folders[folder.name] != folder:
            raise InputError(
                f"{folder} and {folders[folder.name]} have one name; expected runs with names of "
                f"their own, which figures and tables call them by; rename one"
            )
        found += [CheckpointFile(folder.name, file, read_run_settings_of(file)) for file in files]
    first = found[0]
    for one in found[1:]:
        for what in ("guide", "data.size_px", "targets", "losses.patches"):
            if _part(one.settings, what) != _part(first.settings, what):
                raise InputError(
                    f"{one.path}: its {what} is {_part(one.settings, what)}; that of {first.path} "
                    f"is {_part(first.settings, what)}; evaluate them one by one, since their "
                    f"losses cannot be compared"
                )
    return found


def _part(settings: RunSettings, dotted: str) -> object:
    part: object = settings
    for name in dotted.split("."):
        part = getattr(part, name)
    return part


@dataclass(frozen=True)
class MeasuredNetwork:
    """A network and the discriminator that was trained with it, ready to be measured.

    Attributes
    ----------
    iteration
        Steps of training.
    settings
        Settings of the run.
    """

    network: ImageNetwork
    discriminator: PatchGAN
    iteration: int
    settings: RunSettings


def load_measured(
    checkpoint: CheckpointFile, guide: Guide, device: torch.device
) -> MeasuredNetwork:
    """Return the networks of a checkpoint on the device.

    Raises
    ------
    InputError
        If it holds no discriminator, without which no adversarial loss can be measured.
    """
    found = load_checkpoint(checkpoint.path, guide)
    if found.discriminator is None:
        raise InputError(
            f"{checkpoint.path}: is a network for use, without its discriminator; expected the "
            f"folder of its run, or a file of its weights/"
        )
    network, discriminator = found.network.to(device), found.discriminator.to(device)
    return MeasuredNetwork(network, discriminator, found.iteration, found.settings)


def evaluation_batches(
    chosen: PhotographSet,
    settings: RunSettings,
    device: torch.device,
    batch_size: int = 4,
) -> Iterator[Batch]:
    """Yield batches of photographs, each with a target that is the same for every network."""
    k = draw_k(settings.targets, len(chosen.photographs), np.random.default_rng(_SEED))

    def make(start: int) -> Batch:
        indices = chosen.indices[start : start + batch_size]
        return batch_for(chosen.photographs, indices, k[indices])

    return prefetch(make, range(0, len(chosen), batch_size), device)


@torch.no_grad()
def measure_batch(
    measured: MeasuredNetwork, guide: Guide, budget: PictureBudget, batch: Batch, reduction: str
) -> tuple[LossTerms, ChangedBatch]:
    """Return the losses of a network on a batch, and what it made of it.

    `reduction` is that of `adversarial_loss`.
    """
    features = guide(batch.images)
    target = training_target(
        features.log_saliency, batch.masks, batch.k, measured.settings.targets
    )  # (B, H, W)
    changed = measured.network(batch.images, relative_log_density(target), features.guidance)
    changed_features = guide(changed)
    made = ChangedBatch(batch.images, changed, target, changed_features.log_saliency)
    patches = measured.discriminator(changed)  # (B, h, w)
    beyond = budget.excess(batch.images, changed)
    terms = loss_terms(made, features, changed_features, patches, beyond, reduction=reduction)
    return terms, made


def measure_losses(
    checkpoints: Sequence[CheckpointFile],
    guide: Guide,
    splits: Mapping[str, PhotographSet],
    *,
    weights: LossSettings,
    device: torch.device,
    on_batch: Callable[[int], None] = lambda images: None,
) -> list[Result]:
    """Measure every checkpoint on every set of photographs.

    Parameters
    ----------
    checkpoints
        Files of weights (`find_checkpoints`).
    guide
        The guide that all of them were trained with, on the device.
    splits
        Photographs by the name of their set.
    weights
        Weights of the total.
    device
        Where it is computed.
    on_batch
        Called with the number of images of each batch.
    """
    results, budget = [], PictureBudget(device)
    for checkpoint in checkpoints:
        measured = load_measured(checkpoint, guide, device)
        for split, chosen in splits.items():
            sums = dict.fromkeys(TERMS, 0.0)
            for batch in evaluation_batches(chosen, checkpoint.settings, device):
                terms, _ = measure_batch(measured, guide, budget, batch, weights.patches)
                for name in TERMS[:-1]:
                    sums[name] += float(getattr(terms, name).sum())
                sums["total"] += float(terms.total(weights).sum())
                on_batch(len(batch.images))
            results.append(
                Result(
                    run=checkpoint.run,
                    network=str(checkpoint.settings.network.kind),
                    iteration=measured.iteration,
                    split=split,
                    images=len(chosen),
                    **{name: value / len(chosen) for name, value in sums.items()},
                )
            )
    return results
