"""Networks from photographs and fixations, trained from random weights, and what they are worth."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from rich.progress import Progress

from manipulation.runs.alone import fitting_alone
from manipulation.runs.state import ResumableState
from manipulation.saliency.fitting.card import FittedTo
from manipulation.saliency.fitting.cross_validation import fold_numbers, set_aside
from manipulation.saliency.fitting.network_findings import (
    Findings,
    findings_aside,
    findings_of_one,
    findings_on_unseen,
)
from manipulation.saliency.fitting.network_model import averaged_model
from manipulation.saliency.fitting.network_recipe import NetworkRecipe
from manipulation.saliency.fitting.network_training import TrainingRun
from manipulation.saliency.fixations.table import FixationTable
from manipulation.saliency.fixations.viewed import (
    ViewedPhotograph,
    only_fixated,
    photographs,
    relative_counts,
)
from manipulation.saliency.models.backbone_weights import notice_of
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.models.files import load_saliency_model
from manipulation.saliency.models.model import SaliencyModel
from stimuli.support.errors import InputError

_CHANGES = (
    "Changed further: head and classifier left out, normalisation made part of the convolutions, "
    "trained on fixations with further layers, rounded to 16 bits."
)


@dataclass(frozen=True)
class NetworkTask:
    """A network to train: its number, the fold that it does not see, and its seed.

    The fold is None of a network that sees all photographs but those set aside.
    """

    number: int
    fold: int | None
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


def network_tasks(folds: int, repeats: int, seed: int, *, final: bool = False) -> list[NetworkTask]:
    """Return one network without each fold, `repeats` without the first, and the final one."""
    tasks = [
        NetworkTask(number, number if number < folds else 0, seed + number)
        for number in range(folds + repeats)
    ]
    number = folds + repeats
    return [*tasks, NetworkTask(number, None, seed + number)] if final else tasks


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
    final: bool = False,
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
        Parts of the photographs, and further networks without the first. Without folds there is
        the final network alone.
    aside
        Photographs, drawn before the folds, that no network sees: the model that comes out is
        measured on them.
    final
        Whether the model is one further network, which sees the photographs of all folds, in place
        of the mean of the folds' networks.
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
        If fewer photographs than folds have fixations, one cannot be read, a checkpoint is of
        another network, or another process trains one of the networks.
    Stopped
        If the disk is full.

    Examples
    --------
    >>> from pathlib import Path
    >>> from manipulation import fit_saliency_networks, read_fixations
    >>> table = read_fixations("osie/fixations.csv", "osie/images")  # doctest: +SKIP
    >>> fitted = fit_saliency_networks(table, "osie/images", Path("networks"))  # doctest: +SKIP
    """
    if folds < 0 or folds == 1 or repeats < 0 or aside < 0:
        raise InputError(
            f"folds is {folds}, repeats {repeats} and aside {aside}; expected 2 or more folds, or "
            f"0 of them, and no negative number"
        )
    if folds == 0 and (repeats or not final or not aside):
        raise InputError(
            f"folds is 0, with {repeats} repeats, final {final} and {aside} aside; expected a "
            f"final network and photographs set aside, on which it is measured, and no repeats"
        )
    tasks = network_tasks(folds, repeats, seed, final=final)
    if only is not None and not set(only) <= {task.number for task in tasks}:
        raise InputError(f"only is {sorted(only)}; expected numbers from 0 to {tasks[-1].number}")
    recipe, progress = recipe or NetworkRecipe(), progress or Progress(disable=True)
    pictures = progress.track(
        photographs(table, folder, height_px=height_px),
        total=len(table.images),
        description="photographs",
    )
    data, outside = only_fixated(
        pictures,
        table,
        least=max(folds, 1),
        expected=f"at least one image for each of {folds} folds",
    )
    apart = set_aside(len(data), aside, seed)
    unseen = [one for one, left in zip(data, apart, strict=True) if left]
    data = [one for one, left in zip(data, apart, strict=True) if not left]
    if len(data) < max(folds, 1):
        raise InputError(
            f"aside is {aside}, which leaves {len(data)} photographs; expected one for each of "
            f"{folds} folds"
        )
    fold = fold_numbers(len(data), max(folds, 1), seed)
    runs = [
        _trained(task, [one for one, f in zip(data, fold, strict=True) if f != task.fold],
                 recipe, checkpoints, progress)
        for task in tasks
        if only is None or task.number in only
    ]  # fmt: skip
    if only is not None:
        return None
    scale = pixels_per_degree * median(one.scale for one in data)
    everything = torch.stack([relative_counts(one, GRID) for one in data])
    bias, _ = fit_centre_bias(everything)
    chosen = runs[-1:] if final else runs[:folds]
    model = averaged_model(chosen, bias, scale)
    model.notice = _notice(recipe)
    found = findings_aside(model, runs, data, unseen, seed, progress) if unseen else None
    if folds == 0:
        assert found is not None
        findings = findings_of_one(found)
    else:
        repeated = runs[: folds + repeats]
        findings = findings_on_unseen(data, fold, repeated, scale, seed, progress)
        findings = replace(findings, aside=found)
    model.extractor.half()  # as it is stored; loading makes it 32-bit again
    fixations = sum(len(one.points) for one in data)
    return FittedNetworks(model, findings, FittedTo(len(data), fixations, outside, height_px))


def _notice(recipe: NetworkRecipe) -> str:
    """Return whose weights the networks began with, and under which terms."""
    if recipe.start:
        start = load_saliency_model(recipe.start)
        return start.notice if isinstance(start, SaliencyModel) else ""
    notice = notice_of(Path(recipe.weights)) if recipe.backbone else ""
    return f"{notice}. {_CHANGES}" if notice else ""


def _trained(
    task: NetworkTask,
    seen: Sequence[ViewedPhotograph],
    recipe: NetworkRecipe,
    folder: Path,
    progress: Progress,
) -> TrainingRun:
    """Return a finished run, gone on with from its checkpoint if there is one."""
    run = TrainingRun(seen, recipe, task.seed)
    file = folder / f"network-{task.number}.pt"
    with fitting_alone(file, f"trains network {task.number}"):
        _train(run, run.resumable(file), task.number, progress)
    return run


def _train(run: TrainingRun, state: ResumableState, number: int, progress: Progress) -> None:
    run.restore(state)
    bar = progress.add_task(
        f"network {number}", total=run.recipe.epochs * run.steps, completed=run.epoch * run.steps
    )
    while not run.finished:
        gain = run.run_epoch(on_step=lambda: progress.advance(bar)) / np.log(2)
        state.write(run.epoch)
        progress.print(f"network {number}, epoch {run.epoch}: {gain:.3f} bit in its views")
