"""Fitting a saliency model to fixations by maximum likelihood, on features that are kept.

Only readout, blur and the weight of the centre bias are learned, so every photograph passes the
feature extractor once. The fit works on the cells of the feature maps.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.saliency.centre_bias import GRID, fit_centre_bias, log_normalised
from manipulation.saliency.features import FeatureExtractor
from manipulation.saliency.fixations import Photograph, cell_counts
from manipulation.saliency.model import SaliencyModel


@dataclass(frozen=True)
class Schedule:
    """How a model is fitted.

    Attributes
    ----------
    epochs
        Passes over the photographs.
    batch_size
        Photographs per step.
    learning_rate
        Peak of Adam's learning rate, which rises and falls once (Smith & Topin 2018).
    seed
        Of the first weights, the order of the photographs and their mirroring.
    """

    epochs: int = 16
    batch_size: int = 8
    learning_rate: float = 1e-2
    seed: int = 0


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
def example(extractor: FeatureExtractor, picture: Photograph) -> Example:
    """Return what the fit needs of a photograph."""
    features = extractor(picture.image[None])[0]
    return Example(
        name=picture.name,
        features=features.half(),
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
    on_epoch: Callable[[float], None] = lambda loss: None,
) -> None:
    """Fit `model` in place to the fixations on the photographs `seen`.

    The centre bias is the smoothed density of all their fixations. The readout starts from random
    weights, and its features are standardised over `seen`. Loss is the mean negative
    log-likelihood of a fixation; half of the batches are mirrored left to right.

    Parameters
    ----------
    on_epoch
        Called after each pass with the mean loss in nats per fixation.
    """
    generator = torch.Generator().manual_seed(schedule.seed)
    log_map, _ = fit_centre_bias(torch.stack([one.coarse_counts() for one in seen]))
    model.centre_bias.log_map.copy_(log_map)
    model.readout.standardise(*_moments(seen))
    model.readout.initialise(generator)
    model.requires_grad_(True).train()
    learned = [*model.readout.parameters(), *model.blur.parameters(), model.centre_bias.weight]
    optimiser = torch.optim.Adam(learned, schedule.learning_rate)
    steps = len(list(_batches(seen, schedule.batch_size, torch.Generator())))
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.learning_rate, total_steps=schedule.epochs * steps, pct_start=0.15
    )
    for _ in range(schedule.epochs):
        loss_sum = fixations = 0.0
        for batch in _batches(seen, schedule.batch_size, generator):
            mirrored = bool(torch.rand((), generator=generator) < 0.5)
            loss = _negative_log_likelihood(model, batch, mirrored=mirrored)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rate.step()
            count = sum(float(one.counts.sum()) for one in batch)
            loss_sum, fixations = loss_sum + loss.item() * count, fixations + count
        on_epoch(loss_sum / fixations)
    model.frozen()


def _negative_log_likelihood(
    model: SaliencyModel, batch: Sequence[Example], *, mirrored: bool
) -> Tensor:
    """Return the mean negative log-likelihood of the batch's fixations in nats."""
    features = torch.stack([one.features for one in batch]).to(torch.float32)
    counts = torch.stack([one.counts for one in batch])
    grid = tuple(counts.shape[-2:])
    bias = model.centre_bias(grid)
    if mirrored:
        features, counts, bias = features.flip(-1), counts.flip(-1), bias.flip(-1)
    saliency = model.blur(model.readout(features), grid, to_spacing_px=model.extractor.stride)
    log_density = log_normalised(saliency + model.centre_bias.weight * bias)
    return -(log_density * counts).sum() / counts.sum()


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
