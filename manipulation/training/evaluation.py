"""Every loss term of trained networks on photographs that they have and have not seen."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from manipulation.training.batches import Batch, batch_for, ready
from manipulation.training.coco import Photographs
from manipulation.training.settings import LossSettings, RunSettings
from manipulation.training.targets import draw_k, training_target
from manipulation.training.trainer import Step, Terms, compared
from manipulation.transforms.fgtransform import relative_log_density
from manipulation.transforms.files import Trained, load_trained, read_run_settings_of
from manipulation.transforms.guide import Guide
from stimuli.errors import InputError

TERMS = ("saliency", "feature", "texture", "adversarial", "total")
_SEED = 20171217  # of the targets; the same for every network that is compared


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights and what it is called in tables.

    Attributes
    ----------
    run
        Name of the run's folder.
    path
        Of the weights.
    settings
        Of the run.
    """

    run: str
    path: Path
    settings: RunSettings


@dataclass(frozen=True)
class Result:
    """Mean losses of one checkpoint on one set of photographs.

    Attributes
    ----------
    split
        ``train`` or ``test``.
    images
        Number of photographs.
    total
        With the weights of the first run that is compared, so that ablations can be.
    """

    run: str
    network: str
    iteration: int
    split: str
    images: int
    saliency: float
    feature: float
    texture: float
    adversarial: float
    total: float

    def as_row(self) -> dict[str, object]:
        """Return the result by column."""
        return asdict(self)


def find_checkpoints(paths: Sequence[Path]) -> list[Checkpoint]:
    """Return the checkpoints of run folders and files, those of a run in the order of their steps.

    Raises
    ------
    InputError
        If there is none, two runs have one name, or they were trained with different guides, sizes
        or kinds of target, so that their losses mean different things.
    """
    found: list[Checkpoint] = []
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
        found += [Checkpoint(folder.name, file, read_run_settings_of(file)) for file in files]
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


def evaluation_batches(
    photographs: Photographs,
    indices: Sequence[int],
    settings: RunSettings,
    device: torch.device,
    batch_size: int = 4,
):
    """Yield batches of photographs, each with a target that is its own for every network."""
    k = draw_k(settings.targets, len(photographs), np.random.default_rng(_SEED))

    def make(start: int) -> Batch:
        chosen = np.asarray(indices)[start : start + batch_size]
        return batch_for(photographs, chosen, k[chosen])

    return ready(make, range(0, len(indices), batch_size), device)


@torch.no_grad()
def judged(trained: Trained, guide: Guide, batch: Batch, patches: str) -> tuple[Terms, Step]:
    """Return the losses of a network on a batch, and what it made of it.

    The discriminator is the one that was trained with the network.
    """
    look = guide(batch.images)
    target = training_target(look.log_saliency, batch.masks, batch.k, trained.settings.targets)
    changed = trained.network(batch.images, relative_log_density(target), look.guidance)
    changed_look = guide(changed)
    judgement = trained.discriminator(changed)
    terms = compared(look, changed_look, target, judgement, batch.images, changed, patches)
    return terms, Step({}, batch.images, changed, target, changed_look.log_saliency)


def loaded(checkpoint: Checkpoint, guide: Guide, device: torch.device) -> Trained:
    """Return the networks of a checkpoint on the device.

    Raises
    ------
    InputError
        If it holds no discriminator, without which no adversarial loss can be measured.
    """
    trained = load_trained(checkpoint.path, guide)
    if trained.discriminator is None:
        raise InputError(
            f"{checkpoint.path}: is a network for use, without its discriminator; expected the "
            f"folder of its run, or a file of its weights/"
        )
    for module in (trained.network, trained.discriminator):
        module.to(device)
    return trained


def evaluate(
    checkpoints: Sequence[Checkpoint],
    guide: Guide,
    splits: dict[str, tuple[Photographs, Sequence[int]]],
    device: torch.device,
    weights: LossSettings,
    on_batch: Callable[[int], None] = lambda images: None,
) -> list[Result]:
    """Measure every checkpoint on every set of photographs.

    Parameters
    ----------
    splits
        Photographs and which of them, by the name of the set.
    weights
        Of the total.
    on_batch
        Called with the number of images of each batch.
    """
    results = []
    for checkpoint in checkpoints:
        trained = loaded(checkpoint, guide, device)
        for split, (photographs, indices) in splits.items():
            sums = dict.fromkeys(TERMS, 0.0)
            for batch in evaluation_batches(photographs, indices, checkpoint.settings, device):
                terms, _ = judged(trained, guide, batch, weights.patches)
                for name in TERMS[:-1]:
                    sums[name] += float(getattr(terms, name).sum())
                sums["total"] += float(terms.total(weights).sum())
                on_batch(len(batch.images))
            results.append(
                Result(
                    run=checkpoint.run,
                    network=checkpoint.settings.network.kind,
                    iteration=trained.iteration,
                    split=split,
                    images=len(indices),
                    **{name: value / len(indices) for name, value in sums.items()},
                )
            )
    return results
