"""Three numbers and a centre bias that adapt a saliency model to another audience.

Between data sets models lose much of their gain, and most of that comes back with the centre bias
of the new set, its weight, the width of the final blur and the temperature: a factor on log
saliency, below 1 where a model is too sure of itself abroad (Kümmerer, Khanuja & Bethge 2025,
arXiv:2505.10169). All else of the model stays as it is.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor

from manipulation.images.log_density import log_normalised
from manipulation.saliency.fitting.card import FittedTo
from manipulation.saliency.fixations.table import FixationTable
from manipulation.saliency.fixations.viewed import (
    ViewedPhotograph,
    cell_counts,
    only_fixated,
    photographs,
    relative_counts,
)
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.models.published import PublishedDeepGaze
from manipulation.saliency.scoring.gains import Gains, gains_from_pixels, joined
from stimuli.support.errors import InputError

LEAST = 50  # photographs; with fewer the three numbers would be those of a few scenes


@dataclass(frozen=True)
class AudienceNumbers:
    """What adapts a model to an audience.

    Attributes
    ----------
    temperature
        Factor on log saliency; 1 leaves the model as sure as it was.
    sigma_px
        Width of the final Gaussian blur, in pixels of the model's images.
    bias_weight
        Weight of the centre bias.
    """

    temperature: float
    sigma_px: float
    bias_weight: float


@dataclass(frozen=True)
class AdaptedModel:
    """A model that was adapted to an audience, and what that is worth.

    Attributes
    ----------
    model
        Adapted to all photographs.
    numbers
        What was fitted.
    before, after
        Gains over the centre bias of the audience: of the model with that centre bias at the
        weight that the model had, and adapted; each photograph with the centre bias and numbers of
        the half that it is not in.
    fitted_to
        Numbers of photographs and fixations.
    """

    model: SaliencyModel
    numbers: AudienceNumbers
    before: Gains
    after: Gains
    fitted_to: FittedTo

    @property
    def gains(self) -> bool:
        """Whether the adapted model predicts the halves that its numbers did not see better."""
        return self.after.bits_per_fixation > self.before.bits_per_fixation


@dataclass(frozen=True)
class _Mapped:
    """A photograph's map before blur and centre bias, ``(h, w)``, and its fixations per cell."""

    cells: Tensor
    counts: Tensor


def adapt_saliency_model(
    model: SaliencyModel | PublishedDeepGaze,
    table: FixationTable,
    folder: str | Path,
    *,
    pixels_per_degree: float = 24.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> AdaptedModel:
    """Fit centre bias, its weight, blur and temperature of a model to other people.

    Photographs are resized to the model's pixels per degree, read one at a time, and parted into
    halves; each half is predicted with the numbers of the other. The model that is returned has
    those of all.

    Parameters
    ----------
    model
        Stays as it is; a copy is adapted.
    table, folder
        Fixations, as `read_fixations` returns them, and the folder of the photographs.
    pixels_per_degree
        Of the photographs' files, as people saw them.
    seed
        Draws the halves.
    progress
        Where it is shown how far this is.

    Raises
    ------
    InputError
        If fewer than 50 photographs have fixations, one cannot be read, or the model is a
        published one, which has no such numbers.

    Examples
    --------
    >>> from manipulation import adapt_saliency_model, load_saliency_model, read_fixations
    >>> table = read_fixations("ours/fixations.csv", "ours/images")  # doctest: +SKIP
    >>> model = load_saliency_model("icf")
    >>> adapted = adapt_saliency_model(model, table, "ours/images")  # doctest: +SKIP
    >>> adapted.before.bits_per_fixation, adapted.after.bits_per_fixation  # doctest: +SKIP
    """
    if isinstance(model, PublishedDeepGaze):
        raise InputError(
            f"model is {model.architecture}; expected one of the toolkit's own, whose blur and "
            f"centre bias can be set"
        )
    progress = progress or Progress(disable=True)
    scale = model.pixels_per_degree / pixels_per_degree
    pictures = photographs(table, folder, scale=scale, minimum_px=model.minimum_px)
    tracked = progress.track(pictures, total=len(table.images), description="photographs")
    data, outside = only_fixated(
        tracked, table, least=LEAST, expected=f"at least {LEAST}, so that the numbers are no chance"
    )
    mapped = [_mapped(model, one) for one in progress.track(data, description="predictions")]
    order = np.random.default_rng(seed).permutation(len(data))
    halves = np.sort(order[::2]), np.sort(order[1::2])
    before, after = [], []
    for own, other in (halves, halves[::-1]):
        fitted = _adapted(model, _chosen(data, other), _chosen(mapped, other))
        unseen = _chosen(data, own)
        plain = copy.deepcopy(model)
        plain.centre_bias.log_map.copy_(fitted.centre_bias.log_map)
        before.append(gains_from_pixels(plain, unseen))
        after.append(gains_from_pixels(fitted, unseen))
    adapted = _adapted(model, data, mapped)
    (*_, last), (*_, own_last) = adapted.readout.linear, model.readout.linear
    numbers = AudienceNumbers(
        float(last.weight.norm() / own_last.weight.norm()),
        float(adapted.blur.sigma_px),
        float(adapted.centre_bias.weight),
    )
    fixations = sum(len(one.points) for one in data)
    height_px = round(float(np.median([one.size[0] for one in data])))
    fitted_to = FittedTo(len(data), fixations, outside, height_px)
    return AdaptedModel(adapted, numbers, joined(before), joined(after), fitted_to)


def _chosen(items: Sequence, indices: Iterable[int]) -> list:
    return [items[index] for index in indices]


@torch.no_grad()
def _mapped(model: SaliencyModel, one: ViewedPhotograph) -> _Mapped:
    cells = model.readout(model.extractor(one.image[None]))[0]
    return _Mapped(cells, cell_counts(one.points, _size(cells), model.extractor.stride))


def _adapted(
    model: SaliencyModel, data: Sequence[ViewedPhotograph], mapped: Sequence[_Mapped]
) -> SaliencyModel:
    """Return a copy of a model with the numbers that predict these photographs best."""
    adapted = copy.deepcopy(model)
    log_map, _ = fit_centre_bias(torch.stack([relative_counts(one, GRID) for one in data]))
    adapted.centre_bias.log_map.copy_(log_map)
    temperature = torch.ones((), requires_grad=True)
    learned = [temperature, adapted.blur.log_sigma, adapted.centre_bias.weight]
    for one in learned[1:]:
        one.requires_grad_(True)
    optimiser = torch.optim.LBFGS(learned, max_iter=40, line_search_fn="strong_wolfe")
    fixations = sum(float(one.counts.sum()) for one in mapped)
    biases = {tuple(one.cells.shape): adapted.centre_bias(_size(one.cells)) for one in mapped}

    def loss() -> Tensor:
        optimiser.zero_grad()
        total = torch.zeros(())
        for one in mapped:
            saliency = temperature * adapted.blur(
                one.cells, _size(one.cells), to_spacing_px=adapted.blur.stride
            )
            bias = adapted.centre_bias.weight * biases[tuple(one.cells.shape)]
            total = total - (log_normalised(saliency + bias) * one.counts).sum()
        mean = total / fixations
        mean.backward()
        return mean

    optimiser.step(loss)
    with torch.no_grad():
        *_, last = adapted.readout.linear
        last.weight.mul_(temperature)
        last.bias.mul_(temperature)
    return adapted.frozen()


def _size(maps: Tensor) -> tuple[int, int]:
    height, width = maps.shape
    return height, width
