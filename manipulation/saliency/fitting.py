"""Fitting a saliency model to fixations by maximum likelihood, on features that are kept.

Only readout, blur and the weight of the centre bias are learned, so every photograph passes the
feature extractor once. The fit works on the cells of the feature maps. A fit that was killed goes
on after its last whole epoch and ends with the same weights, bit for bit.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from manipulation.saliency.centre_bias import GRID, fit_centre_bias, log_normalised
from manipulation.saliency.checkpoints import Checkpoint, fingerprint
from manipulation.saliency.feature_cache import FeatureCache
from manipulation.saliency.features import FeatureExtractor
from manipulation.saliency.fixations import Photograph, cell_counts
from manipulation.saliency.model import SaliencyModel
from manipulation.saliency.processes import ALONE, Processes
from manipulation.saliency.schedule import Epoch, Schedule
from stimuli.errors import InputError


@dataclass(frozen=True)
class Example:
    """A photograph as the fit sees it.

    Attributes
    ----------
    name
        File name.
    features : Tensor (channels, h, w) of float16
    counts : Tensor (h, w)
        Fixations per cell.
    points : ndarray (N, 2)
        Fixations ``(x, y)`` in pixels.
    size
        Height and width in pixels.
    scale
        Pixels here per pixel of the file.
    outside
        Fixations beside the photograph, left out.
    """

    name: str
    features: Tensor
    counts: Tensor
    points: np.ndarray
    size: tuple[int, int]
    scale: float
    outside: int

    def coarse_counts(self) -> Tensor:
        """Return fixations per cell of the centre bias's grid, ``(rows, columns)``."""
        relative = self.points / self.size[::-1] * GRID[::-1]
        return cell_counts(relative, GRID)


@torch.no_grad()
def example(
    extractor: FeatureExtractor, picture: Photograph, cache: FeatureCache | None = None
) -> Example:
    """Return what the fit needs of a photograph, its features from `cache` if one is given."""
    features = extractor(picture.image[None])[0].half() if cache is None else cache(picture.image)
    return Example(
        name=picture.name,
        features=features,
        counts=cell_counts(picture.points, tuple(features.shape[-2:]), extractor.stride),
        points=picture.points,
        size=tuple(picture.image.shape[-2:]),
        scale=picture.scale,
        outside=picture.outside,
    )


def fit(
    model: SaliencyModel,
    seen: Sequence[Example],
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
    """
    generator = torch.Generator().manual_seed(schedule.seed)
    _prepare(model, seen, generator)
    watched, fitted_to = _parted(seen, round(schedule.validation * len(seen)), generator)
    model.requires_grad_(True).train()
    model.extractor.requires_grad_(False).eval()
    learned = [*model.readout.parameters(), *model.blur.parameters(), model.centre_bias.weight]
    optimiser = torch.optim.Adam(learned, schedule.learning_rate)
    state = Checkpoint(model, optimiser, generator, fingerprint(model, seen, schedule))
    if checkpoint is not None:
        state.restore(checkpoint)

    while schedule.goes_on(state.epoch, state.best_epoch):
        optimiser.param_groups[0]["lr"] = schedule.rate(state.epoch)
        training = _pass(model, optimiser, fitted_to, schedule.batch_size, generator, group)
        if not math.isfinite(training):
            raise InputError(
                f"the likelihood is {training} after epoch {state.epoch + 1}; expected a finite "
                f"number; fit with a lower --learning-rate than {schedule.learning_rate:g}"
            )
        watching = _likelihood(model, watched, group) if watched else float("nan")
        state.advance(watching if watched else -state.epoch)
        if checkpoint is not None and group.rank == 0:
            state.write(checkpoint)
        on_epoch(
            Epoch(
                state.epoch,
                training,
                watching,
                schedule.rate(state.epoch - 1),
                float(model.blur.sigma_px.detach()),
                float(model.centre_bias.weight.detach()),
            )
        )
    state.take_best()
    model.frozen()
    return state.best_epoch


def _prepare(model: SaliencyModel, seen: Sequence[Example], generator: torch.Generator) -> None:
    """Set what is computed and not learned, and the first weights; the same on every device."""
    log_map, _ = fit_centre_bias(torch.stack([one.coarse_counts() for one in seen]))
    model.centre_bias.log_map.copy_(log_map)
    model.readout.standardise(*_moments(seen))
    first = copy.deepcopy(model.readout).cpu()
    first.initialise(generator)
    model.readout.load_state_dict(first.state_dict())


def _parted(
    seen: Sequence[Example], count: int, generator: torch.Generator
) -> tuple[list[Example], list[Example]]:
    """Return `count` examples drawn at random, and the others."""
    order = torch.randperm(len(seen), generator=generator).tolist()
    return [seen[i] for i in sorted(order[:count])], [seen[i] for i in sorted(order[count:])]


def _pass(
    model: SaliencyModel,
    optimiser: torch.optim.Optimizer,
    seen: Sequence[Example],
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
def _likelihood(model: SaliencyModel, watched: Sequence[Example], group: Processes) -> float:
    own = watched[group.rank :: group.count]
    total = torch.zeros((), dtype=torch.float64)
    for one in own:
        total += negative_log_likelihoods(model, [one]).double().sum().cpu()
    group.sum([total])
    return float(total) / len(watched)


def negative_log_likelihoods(
    model: SaliencyModel, batch: Sequence[Example], *, mirrored: bool = False
) -> Tensor:
    """Return each photograph's mean negative log-likelihood of a fixation in nats, ``(B,)``."""
    device = model.centre_bias.weight.device
    features = torch.stack([one.features for one in batch]).to(device, torch.float32)
    counts = torch.stack([one.counts for one in batch]).to(device)
    grid = tuple(counts.shape[-2:])
    bias = model.centre_bias(grid)
    if mirrored:
        features, counts, bias = features.flip(-1), counts.flip(-1), bias.flip(-1)
    saliency = model.blur(model.readout(features), grid, to_spacing_px=model.extractor.stride)
    log_density = log_normalised(saliency + model.centre_bias.weight * bias)
    return -(log_density * counts).sum((1, 2)) / counts.sum((1, 2))


def _moments(seen: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each feature over all cells, ``(channels,)``."""
    cells = sum(one.counts.numel() for one in seen)
    mean = sum(one.features.double().sum((1, 2)) for one in seen) / cells
    square = sum(((one.features.double() - mean[:, None, None]) ** 2).sum((1, 2)) for one in seen)
    return mean, (square / cells).sqrt()


def _batches(
    seen: Sequence[Example], batch_size: int, generator: torch.Generator
) -> Iterator[list[Example]]:
    """Yield the photographs in random order, those of one size together."""
    waiting: dict[torch.Size, list[Example]] = {}
    for index in torch.randperm(len(seen), generator=generator).tolist():
        group = waiting.setdefault(seen[index].counts.shape, [])
        group.append(seen[index])
        if len(group) == batch_size:
            yield waiting.pop(seen[index].counts.shape)
    yield from waiting.values()
