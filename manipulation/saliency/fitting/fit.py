"""Fitting a saliency model to fixations by maximum likelihood, on features that are kept.

Only readout, blur and the weight of the centre bias are learned, so every photograph passes the
feature extractor once. The fit works on the cells of the feature maps. A fit that was killed goes
on after its last whole epoch and ends with the same weights, bit for bit.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from manipulation.images.log_density import log_normalised
from manipulation.runs.processes import ALONE, Processes
from manipulation.runs.state import GeneratorState, LearnedState, ResumableState, Stateful
from manipulation.saliency.fitting.fit_state import BestEpoch, fit_identity
from manipulation.saliency.fitting.photograph_features import feature_counts
from manipulation.saliency.fitting.schedule import Epoch, Schedule
from manipulation.saliency.fixations.viewed import ViewedPhotograph, relative_counts
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.models.model import SaliencyModel
from stimuli.support.errors import InputError


def fit(
    model: SaliencyModel,
    seen: Sequence[ViewedPhotograph],
    schedule: Schedule,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    *,
    checkpoint: Path | None = None,
    group: Processes = ALONE,
) -> int:
    """Fit `model` in place to the fixations on the photographs `seen`.

    The centre bias is the smoothed density of all their fixations. The readout starts from random
    weights, and its features are standardised over `seen`. Loss is the mean over photographs of the
    mean negative log-likelihood of their fixations; half of the batches are mirrored left to right.

    Several processes share each batch and add their gradients, so that they do what one would.

    Parameters
    ----------
    on_epoch
        Called after each pass.
    checkpoint
        File that the state of the fit is kept in; a fit that finds its own goes on from there.
    group
        The processes that share the work.

    Returns
    -------
    int
        Number of epochs after which the weights that were kept had been reached.

    Raises
    ------
    InputError
        If `checkpoint` is of another fit, or truncated, or the likelihood is no finite number.
    Stopped
        If the disk is full.
    """
    generator = torch.Generator().manual_seed(schedule.seed)
    _prepare(model, seen, generator)
    watched, fitted_to = _parted(seen, round(schedule.validation * len(seen)), generator)
    model.requires_grad_(True).train()
    model.extractor.requires_grad_(False).eval()
    learned = [*model.readout.parameters(), *model.blur.parameters(), model.centre_bias.weight]
    optimiser = torch.optim.Adam(learned, schedule.learning_rate)
    weights = LearnedState(model, "extractor")
    best = BestEpoch(weights)
    parts: dict[str, Stateful] = {
        "model": weights,
        "optimiser": optimiser,
        "generator": GeneratorState(generator),
        "best": best,
    }
    state = checkpoint and ResumableState(
        checkpoint, parts, fit_identity(model, seen, schedule), option="--work", unit="epoch"
    )
    if state:
        state.restore()

    while schedule.goes_on(best.epoch, best.best):
        optimiser.param_groups[0]["lr"] = schedule.rate(best.epoch)
        training = _pass(model, optimiser, fitted_to, schedule.batch_size, generator, group)
        if not math.isfinite(training):
            raise InputError(
                f"the likelihood is {training} after epoch {best.epoch + 1}; expected a finite "
                f"number; fit with a lower --learning-rate than {schedule.learning_rate:g}"
            )
        watching = _likelihood(model, watched, group) if watched else float("nan")
        best.advance(watching if watched else -best.epoch)
        if state and group.rank == 0:
            state.write(best.epoch)
        on_epoch(
            Epoch(
                best.epoch,
                training,
                watching,
                schedule.rate(best.epoch - 1),
                float(model.blur.sigma_px.detach()),
                float(model.centre_bias.weight.detach()),
            )
        )
    best.take()
    model.frozen()
    return best.best


def _prepare(
    model: SaliencyModel, seen: Sequence[ViewedPhotograph], generator: torch.Generator
) -> None:
    """Set what is computed and not learned, and the first weights; the same on every device."""
    log_map, _ = fit_centre_bias(torch.stack([relative_counts(one, GRID) for one in seen]))
    model.centre_bias.log_map.copy_(log_map)
    model.readout.standardise(*_moments(seen))
    first = copy.deepcopy(model.readout).cpu()
    first.initialise(generator)
    model.readout.load_state_dict(first.state_dict())


def _parted(
    seen: Sequence[ViewedPhotograph], count: int, generator: torch.Generator
) -> tuple[list[ViewedPhotograph], list[ViewedPhotograph]]:
    """Return `count` examples drawn at random, and the others."""
    order = torch.randperm(len(seen), generator=generator).tolist()
    return [seen[i] for i in sorted(order[:count])], [seen[i] for i in sorted(order[count:])]


def _pass(
    model: SaliencyModel,
    optimiser: torch.optim.Optimizer,
    seen: Sequence[ViewedPhotograph],
    batch_size: int,
    generator: torch.Generator,
    group: Processes,
) -> float:
    """Take one step per batch; return the mean loss over photographs in nats."""
    learned = optimiser.param_groups[0]["params"]
    total = torch.zeros(())
    for batch in _batches(seen, batch_size, generator):
        mirrored = bool(torch.rand((), generator=generator) < 0.5)
        optimiser.zero_grad(set_to_none=False)
        own = batch[group.rank :: group.count]
        if own:
            losses = negative_log_likelihoods(model, own, mirrored=mirrored)
            (losses.sum() / len(batch)).backward()
            total += losses.detach().sum().cpu()
        group.sum(parameter.grad for parameter in learned)
        optimiser.step()
    group.sum([total])
    return float(total) / len(seen)


@torch.no_grad()
def _likelihood(
    model: SaliencyModel, watched: Sequence[ViewedPhotograph], group: Processes
) -> float:
    own = watched[group.rank :: group.count]
    total = torch.zeros((), dtype=torch.float64)
    for one in own:
        total += negative_log_likelihoods(model, [one]).double().sum().cpu()
    group.sum([total])
    return float(total) / len(watched)


def negative_log_likelihoods(
    model: SaliencyModel, batch: Sequence[ViewedPhotograph], *, mirrored: bool = False
) -> Tensor:
    """Return each photograph's mean negative log-likelihood of a fixation in nats, ``(B,)``."""
    device = model.centre_bias.weight.device
    stride = model.extractor.stride
    features = torch.stack([one.known_features for one in batch]).to(device, torch.float32)
    counts = torch.stack([feature_counts(one, stride) for one in batch]).to(device)
    height, width = counts.shape[-2:]
    grid = (height, width)
    bias = model.centre_bias(grid)
    if mirrored:
        features, counts, bias = features.flip(-1), counts.flip(-1), bias.flip(-1)
    saliency = model.blur(model.readout(features), grid, to_spacing_px=stride)
    log_density = log_normalised(saliency + model.centre_bias.weight * bias)
    return -(log_density * counts).sum((1, 2)) / counts.sum((1, 2))


def _moments(seen: Sequence[ViewedPhotograph]) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each feature over all cells, ``(channels,)``."""
    cells = sum(one.known_features[0].numel() for one in seen)
    doubles = (one.known_features.double() for one in seen)
    mean = sum((one.sum((1, 2)) for one in doubles), torch.zeros(())) / cells
    doubles = (one.known_features.double() for one in seen)
    square = sum(
        (((one - mean[:, None, None]) ** 2).sum((1, 2)) for one in doubles), torch.zeros(())
    )
    return mean, (square / cells).sqrt()


def _batches(
    seen: Sequence[ViewedPhotograph], batch_size: int, generator: torch.Generator
) -> Iterator[list[ViewedPhotograph]]:
    """Yield the photographs in random order, those of one size together."""
    waiting: dict[torch.Size, list[ViewedPhotograph]] = {}
    for index in torch.randperm(len(seen), generator=generator).tolist():
        size = seen[index].known_features.shape
        together = waiting.setdefault(size, [])
        together.append(seen[index])
        if len(together) == batch_size:
            yield waiting.pop(size)
    yield from waiting.values()
