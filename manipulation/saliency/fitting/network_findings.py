"""What trained networks predict about photographs that they were not trained on, beside others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.progress import Progress
from torch import Tensor

from manipulation.saliency.fitting.cross_validation import cross_validate
from manipulation.saliency.fitting.fit import fit
from manipulation.saliency.fitting.network_model import averaged_model
from manipulation.saliency.fitting.network_training import TrainingRun
from manipulation.saliency.fitting.photograph_features import with_features
from manipulation.saliency.fitting.schedule import Schedule
from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.files import build_saliency_model, load_saliency_model
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.scoring.gains import (
    Gains,
    gains_from_features,
    gains_from_pixels,
    gold_standard_gains,
    joined,
    uniform_gains,
)


@dataclass(frozen=True)
class Aside:
    """Gains on photographs that no part of the model was fitted to.

    Attributes
    ----------
    uniform, icf, model, gold
        Of a uniform density, of `icf` and of the finished model, fitted to all other photographs,
        and of people; `gold` is None where it is not known who made the fixations.
    networks
        Of each network, as it is.
    mean
        Of the mean of all networks; None where there is but one.
    start
        Of the model whose weights the training began with, over the same centre bias; None where
        it was none.
    """

    uniform: Gains
    icf: Gains
    networks: tuple[Gains, ...]
    mean: Gains | None
    start: Gains | None
    model: Gains
    gold: Gains | None


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
    folds
        Parts of the photographs.
    aside
        On photographs that were set aside before the folds were drawn; None without such.
    """

    uniform: Gains
    icf: Gains
    networks: Gains
    gold: Gains | None
    alone: tuple[Gains, ...]
    averaged: Gains | None
    folds: int
    aside: Aside | None = None


def findings_on_unseen(
    data: Sequence[ViewedPhotograph],
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

    def gains(chosen: Sequence[TrainingRun], part: Sequence[ViewedPhotograph]) -> Gains:
        model = averaged_model(chosen, chosen[0].centre_bias, pixels_per_degree)
        return gains_from_pixels(model, part)

    numbers = progress.track(range(folds), description="networks on unseen photographs")
    networks = [gains([runs[number]], parts[number]) for number in numbers]
    repeats = runs[folds:]
    people = all(one.subject is not None for one in data)
    return Findings(
        uniform=uniform_gains(unseen, biases),
        icf=icf_gains(data, folds, pixels_per_degree, seed, progress),
        networks=joined(networks),
        gold=gold_standard_gains(unseen, biases, pixels_per_degree) if people else None,
        alone=(networks[0], *(gains([run], parts[0]) for run in repeats)),
        averaged=gains([runs[0], *repeats], parts[0]) if repeats else None,
        folds=folds,
    )


def findings_aside(
    model: SaliencyModel,
    runs: Sequence[TrainingRun],
    data: Sequence[ViewedPhotograph],
    unseen: Sequence[ViewedPhotograph],
    seed: int,
    progress: Progress,
) -> Aside:
    """Measure the finished model, its networks, `icf` and people on photographs set aside.

    Parameters
    ----------
    runs
        The networks, trained on `data` or parts of them.
    unseen
        Photographs that are none of `data`.
    """
    scale, bias = model.pixels_per_degree, model.centre_bias.log_map
    biases = [bias for _ in unseen]
    extractor = build_saliency_model("icf", pixels_per_degree=scale).extractor
    featured = [
        with_features(extractor, one) for one in progress.track(unseen, description="set aside")
    ]
    icf = _fitted_icf([with_features(extractor, one) for one in data], scale, seed)
    people = all(one.subject is not None for one in unseen)
    return Aside(
        uniform=uniform_gains(unseen, biases),
        icf=gains_from_features(icf, featured),
        networks=tuple(
            gains_from_pixels(averaged_model([run], run.centre_bias, scale), unseen) for run in runs
        ),
        mean=gains_from_pixels(averaged_model(runs, bias, scale), unseen)
        if len(runs) > 1
        else None,
        start=_start_gains(runs[-1].recipe.start, bias, unseen),
        model=gains_from_pixels(model, unseen),
        gold=gold_standard_gains(unseen, biases, scale) if people else None,
    )


def _start_gains(name: str, bias: Tensor, unseen: Sequence[ViewedPhotograph]) -> Gains | None:
    if not name:
        return None
    model = load_saliency_model(name)
    assert isinstance(model, SaliencyModel)  # or the training had not begun with it
    model.centre_bias.log_map.copy_(bias)
    return gains_from_pixels(model, unseen)


def icf_gains(
    data: Sequence[ViewedPhotograph],
    folds: int,
    pixels_per_degree: float,
    seed: int,
    progress: Progress,
) -> Gains:
    """Return the gains of the model `icf`, cross-validated over the same folds."""
    extractor = build_saliency_model("icf", pixels_per_degree=pixels_per_degree).extractor
    featured = [
        with_features(extractor, one) for one in progress.track(data, description="features of icf")
    ]
    bar = progress.add_task("fits of icf", total=folds)

    def fitted(seen: Sequence[ViewedPhotograph]) -> SaliencyModel:
        model = _fitted_icf(seen, pixels_per_degree, seed)
        progress.advance(bar)
        return model

    return cross_validate(fitted, featured, folds=folds, seed=seed)


def _fitted_icf(
    seen: Sequence[ViewedPhotograph], pixels_per_degree: float, seed: int
) -> SaliencyModel:
    """Return the model `icf` fitted to photographs that have its features."""
    model = build_saliency_model("icf", pixels_per_degree=pixels_per_degree)
    fit(model, seen, Schedule(seed=seed))
    return model


def findings_of_one(aside: Aside) -> Findings:
    """Return the findings of a single network that saw all photographs but those set aside."""
    return Findings(
        uniform=aside.uniform, icf=aside.icf, networks=aside.networks[0], gold=aside.gold,
        alone=aside.networks, averaged=None, folds=0, aside=aside,
    )  # fmt: skip
