"""Networks from photographs and fixations, trained from random weights, and what they are worth."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from rich.progress import Progress

from manipulation.saliency.fitting.card import FittedTo
from manipulation.saliency.fitting.cross_validation import fold_numbers, set_aside
from manipulation.saliency.fitting.network_findings import (
    Findings,
    findings_aside,
    findings_of_one,
    findings_on_unseen,
)
from manipulation.saliency.fitting.network_model import averaged_model
from manipulation.saliency.fitting.network_training import NetworkRecipe, TrainingRun
from manipulation.saliency.fixations.table import FixationTable
from manipulation.saliency.fixations.viewed import (
    ViewedPhotograph,
    only_fixated,
    photographs,
    relative_counts,
)
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.models.model import SaliencyModel
from stimuli.support.errors import InputError


@dataclass(frozen=True)
class NetworkTask:
    """A network to train: its number, the fold that it does not see, and its seed."""

    number: int
    fold: int
    seed: int


@dataclass(frozen=True)
class FittedNetworks:
    """The mean of networks that were trained from random weights, and what is known of it.

    Attributes
    ----------
    model
        Its extractor's weights are rounded to 16-bit floating point, as they are stored.
    findings
        On photographs that the networks have not seen.
    fitted_to
        Numbers of photographs and fixations.
    """

    model: SaliencyModel
    findings: Findings
    fitted_to: FittedTo


def network_tasks(folds: int, repeats: int, seed: int) -> list[NetworkTask]:
    """Return one network without each fold, then `repeats` further ones without the first."""
    return [
        NetworkTask(number, number if number < folds else 0, seed + number)
        for number in range(folds + repeats)
    ]


def fit_saliency_networks(
    table: FixationTable,
    folder: str | Path,
    checkpoints: Path,
    *,
    recipe: NetworkRecipe | None = None,
    pixels_per_degree: float = 24.0,
    height_px: int = 512,
    folds: int = 5,
    repeats: int = 0,
    aside: int = 0,
    merge: bool = False,
    seed: int = 0,
    only: Collection[int] | None = None,
    progress: Progress | None = None,
) -> FittedNetworks | None:
    """Train one network without each fold of the photographs, measure it on it, and average all.

    Parameters
    ----------
    table, folder
        Fixations, as `read_fixations` returns them, and the folder of the photographs.
    checkpoints
        Folder that keeps each network after every pass; the same call goes on from there.
    recipe
        How a network is trained. Without it, `NetworkRecipe`'s defaults.
    pixels_per_degree
        Of the photographs' files, as people saw them; 24 in OSIE.
    height_px
        Photographs are resized to it.
    folds, repeats
        Parts of the photographs, and further networks without the first. With one fold a single
        network sees all photographs but those set aside.
    aside
        Photographs, drawn before the folds, that no network sees: the model that comes out is
        measured on them.
    merge
        Whether the networks' weights are averaged and become one network (Wortsman et al. 2022),
        which takes networks that began alike; else their predictions are.
    seed
        Draws the photographs set aside and the folds; that of a network is its number more.
    only
        Numbers of networks to train in this call, which then returns None: several processes or
        machines can share the work.
    progress
        Where it is shown how far this is.

    Raises
    ------
    InputError
        If fewer photographs than folds have fixations, one cannot be read, or a checkpoint is of
        another network.
    Stopped
        If the disk is full.

    Examples
    --------
    >>> from pathlib import Path
    >>> from manipulation import fit_saliency_networks, read_fixations
    >>> table = read_fixations("osie/fixations.csv", "osie/images")  # doctest: +SKIP
    >>> fitted = fit_saliency_networks(table, "osie/images", Path("networks"))  # doctest: +SKIP
    """
    if folds < 1 or (folds == 1 and (not aside or repeats)) or repeats < 0:
        raise InputError(
            f"folds is {folds}, repeats {repeats} and aside {aside}; expected 2 or more folds, or "
            f"one with photographs set aside and no repeats"
        )
    last = folds + repeats - 1
    if only is not None and not all(0 <= number <= last for number in only):
        raise InputError(f"only is {sorted(only)}; expected numbers from 0 to {last}")
    recipe, progress = recipe or NetworkRecipe(), progress or Progress(disable=True)
    pictures = progress.track(
        photographs(table, folder, height_px=height_px),
        total=len(table.images),
        description="photographs",
    )
    data, outside = only_fixated(
        pictures, table, least=folds, expected=f"at least one image for each of {folds} folds"
    )
    apart = set_aside(len(data), aside, seed)
    unseen = [one for one, left in zip(data, apart, strict=True) if left]
    data = [one for one, left in zip(data, apart, strict=True) if not left]
    if len(data) < folds:
        raise InputError(
            f"aside is {aside}, which leaves {len(data)} photographs; expected one for each of "
            f"{folds} folds"
        )
    fold = fold_numbers(len(data), folds, seed)
    if folds == 1:
        fold[:] = 1  # nobody is in the only network's fold
    runs = [
        _trained(task, [one for one, f in zip(data, fold, strict=True) if f != task.fold],
                 recipe, checkpoints, progress)
        for task in network_tasks(folds, repeats, seed)
        if only is None or task.number in only
    ]  # fmt: skip
    if only is not None:
        return None
    scale = pixels_per_degree * median(one.scale for one in data)
    everything = torch.stack([relative_counts(one, GRID) for one in data])
    bias, _ = fit_centre_bias(everything)
    model = averaged_model(runs[:folds], bias, scale, merge=merge)
    found = findings_aside(model, runs[:folds], data, unseen, seed, progress) if unseen else None
    if folds == 1 and found:
        findings = findings_of_one(found)
    else:
        findings = findings_on_unseen(data, fold, runs, scale, seed, progress)
        findings = replace(findings, aside=found)
    model.extractor.half()  # as it is stored; loading makes it 32-bit again
    fixations = sum(len(one.points) for one in data)
    return FittedNetworks(model, findings, FittedTo(len(data), fixations, outside, height_px))


def _trained(
    task: NetworkTask,
    seen: Sequence[ViewedPhotograph],
    recipe: NetworkRecipe,
    folder: Path,
    progress: Progress,
) -> TrainingRun:
    """Return a finished run, gone on with from its checkpoint if there is one."""
    run = TrainingRun(seen, recipe, task.seed)
    state = run.resumable(folder / f"network-{task.number}.pt")
    run.restore(state)
    bar = progress.add_task(
        f"network {task.number}", total=recipe.epochs * run.steps, completed=run.epoch * run.steps
    )
    while not run.finished:
        gain = run.run_epoch(on_step=lambda: progress.advance(bar)) / np.log(2)
        state.write(run.epoch)
        progress.print(f"network {task.number}, epoch {run.epoch}: {gain:.3f} bit in its views")
    return run
