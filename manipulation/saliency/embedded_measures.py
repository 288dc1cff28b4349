"""What trained networks predict about photographs that they were not trained on, beside others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor

from manipulation.saliency import measures
from manipulation.saliency.centre_bias import stretched
from manipulation.saliency.cross_validation import Gains, cross_validate
from manipulation.saliency.embedded import EmbeddedNetworks
from manipulation.saliency.embedded_training import TrainingRun
from manipulation.saliency.embedded_views import Source
from manipulation.saliency.files import build_saliency_model
from manipulation.saliency.fitting import Example, Schedule, example, fit
from manipulation.saliency.fixations import Photograph
from manipulation.saliency.gold_standard import Viewing, gold_standard
from manipulation.saliency.model import SaliencyModel
from manipulation.saliency.readout import Readout


@dataclass(frozen=True)
class Findings:
    """What was measured on photographs that the models were not fitted to.

    Attributes
    ----------
    uniform, icf, networks, gold
        Gains on every photograph over the centre bias of the other folds: of a uniform density, of
        the model `icf`, of the network that was trained without the photograph's fold, of people.
        `gold` is None where it is not known who made the fixations.
    alone, averaged
        Gains on the first fold's photographs of each of several networks that were trained without
        them, which differ in their seeds, and of their mean; `averaged` is None without such.
    """

    uniform: Gains
    icf: Gains
    networks: Gains
    gold: Gains | None
    alone: tuple[Gains, ...]
    averaged: Gains | None


def findings_on_unseen(
    data: Sequence[Source],
    fold: np.ndarray,
    runs: Sequence[TrainingRun],
    pixels_per_degree: float,
    seed: int,
    progress: Progress,
) -> Findings:
    """Measure networks, `icf` and people on photographs that were not fitted to.

    Parameters
    ----------
    fold : ndarray (photographs,) of int
        The fold of each photograph, drawn with `seed`.
    runs
        One without each fold, then any number of further ones without the first fold.
    """
    folds = int(fold.max()) + 1
    parts = [[data[index] for index in np.flatnonzero(fold == number)] for number in range(folds)]
    unseen = [one for part in parts for one in part]
    biases = [runs[number].centre_bias for number, part in enumerate(parts) for _ in part]

    def gains(chosen: Sequence[TrainingRun], part: Sequence[Source]) -> Gains:
        model = averaged_model(chosen, chosen[0].centre_bias, pixels_per_degree)
        return model_gains(model, part)

    numbers = progress.track(range(folds), description="networks on unseen photographs")
    networks = [gains([runs[number]], parts[number]) for number in numbers]
    repeats = runs[folds:]
    people = all(one.subject is not None for one in data)
    return Findings(
        uniform=uniform_gains(unseen, biases),
        icf=icf_gains(data, folds, pixels_per_degree, seed, progress),
        networks=joined(networks),
        gold=gold_gains(unseen, biases, pixels_per_degree) if people else None,
        alone=(networks[0], *(gains([run], parts[0]) for run in repeats)),
        averaged=gains([runs[0], *repeats], parts[0]) if repeats else None,
    )


@torch.no_grad()
def averaged_model(
    runs: Sequence[TrainingRun], centre_bias: Tensor, pixels_per_degree: float
) -> SaliencyModel:
    """Return the model whose log saliency is the mean over the networks of several runs.

    Weights of the networks are rounded to 16-bit floating point, as they are stored.

    Parameters
    ----------
    centre_bias : Tensor (rows, columns)
        Log density that goes with the model.
    """
    recipe = runs[0].recipe
    extractor = EmbeddedNetworks(len(runs), recipe.widths, recipe.scales)
    for network, run in zip(extractor.networks, runs, strict=True):
        network.load_state_dict(run.folded().state_dict())
    extractor.half().float()
    readout = Readout(len(runs), (1,))
    readout.layers[0].weight.fill_(1 / len(runs))
    readout.layers[0].bias.zero_()
    model = SaliencyModel(
        "embedded",
        extractor,
        readout,
        sigma_px=recipe.sigma_px,
        pixels_per_degree=pixels_per_degree,
    )
    model.centre_bias.log_map.copy_(centre_bias)
    model.centre_bias.weight.copy_(torch.stack([one.average_bias_weight for one in runs]).mean())
    return model.frozen()


def model_gains(model: SaliencyModel, unseen: Sequence[Source]) -> Gains:
    """Return the gain of a model over its own centre bias at weight one, per pixel."""

    def densities(one: Source) -> np.ndarray:
        return measures.at(model.log_density(one.image[None])[0].numpy(), one.points)

    return _gains(unseen, [densities(one) for one in unseen], model.centre_bias.log_map)


def gold_gains(
    sources: Sequence[Source], centre_biases: Sequence[Tensor], pixels_per_degree: float
) -> Gains:
    """Return the gain of people over the centre bias: each person predicted by the others.

    Parameters
    ----------
    centre_biases : sequence of Tensor (rows, columns)
        For each photograph the log density that a model had for it.
    """
    viewings = [
        Viewing(one.points, one.subject, one.size, np.exp(_bias_at_points(one, bias)))
        for one, bias in zip(sources, centre_biases, strict=True)
    ]
    return joined(
        _gains([one], [density], bias)
        for one, density, bias in zip(
            sources, gold_standard(viewings, pixels_per_degree), centre_biases, strict=True
        )
    )


def uniform_gains(sources: Sequence[Source], centre_biases: Sequence[Tensor]) -> Gains:
    """Return the gain over the centre bias of a uniform density: what the centre bias is worth."""
    return joined(
        _gains([one], [np.full(len(one.points), -np.log(np.prod(one.size)))], bias)
        for one, bias in zip(sources, centre_biases, strict=True)
    )


def icf_gains(
    data: Sequence[Source], folds: int, pixels_per_degree: float, seed: int, progress: Progress
) -> Gains:
    """Return the gains of the model `icf`, cross-validated over the same folds."""
    extractor = build_saliency_model("icf", pixels_per_degree=pixels_per_degree).extractor
    examples = [
        example(extractor, Photograph(one.name, one.image, one.points, None, one.scale, outside=0))
        for one in progress.track(data, description="features of icf")
    ]
    bar = progress.add_task("fits of icf", total=folds)

    def fitted(seen: Sequence[Example]) -> SaliencyModel:
        model = build_saliency_model("icf", pixels_per_degree=pixels_per_degree)
        fit(model, seen, Schedule(seed=seed))
        progress.advance(bar)
        return model

    return cross_validate(fitted, examples, folds=folds, seed=seed)


def joined(parts: Sequence[Gains]) -> Gains:
    """Return the gains of all photographs of several parts."""
    parts = list(parts)
    return Gains(
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.bits for part in parts]),
        np.concatenate([part.fixations for part in parts]),
    )


def _gains(sources: Sequence[Source], densities: Sequence[np.ndarray], log_map: Tensor) -> Gains:
    """Return gains over a centre bias from the log densities, in nats per pixel, of fixations."""
    bits = [
        float((density - _bias_at_points(one, log_map)).sum(dtype=np.float64)) / np.log(2)
        for one, density in zip(sources, densities, strict=True)
    ]
    return Gains(
        tuple(one.name for one in sources),
        np.array(bits),
        np.array([len(one.points) for one in sources]),
    )


def _bias_at_points(one: Source, log_map: Tensor) -> np.ndarray:
    return measures.at(stretched(log_map, one.size).numpy(), one.points)
