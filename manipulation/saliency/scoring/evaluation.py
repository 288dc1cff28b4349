"""Scoring a saliency model on photographs with fixations, all measures at once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor

from manipulation.images.gaussian import resample
from manipulation.images.sizes import resized_photograph
from manipulation.saliency.fixations.table import FixationTable
from manipulation.saliency.fixations.viewed import (
    ViewedPhotograph,
    cell_counts,
    only_fixated,
    relative_counts,
    viewed_photographs,
)
from manipulation.saliency.models.centre_bias import (
    GRID,
    fit_centre_bias,
    smoothed_log_density,
    stretched,
)
from manipulation.saliency.models.protocol import FixationDensityModel
from manipulation.saliency.scoring import measures
from manipulation.saliency.scoring.gold_standard import gold_standard
from manipulation.saliency.scoring.scores import Scores


@torch.no_grad()
def evaluate(
    model: FixationDensityModel,
    viewed: Sequence[ViewedPhotograph],
    images: Iterable[Tensor],
) -> Scores:
    """Score predictions with the centre bias of the other photographs.

    AUC and NSS take the log density and the density with centre bias, sAUC the saliency without;
    CC, SIM and KL compare the density with the fixations blurred by a Gaussian of one degree.

    Parameters
    ----------
    viewed
        Fixations on each photograph, at least one.
    images
        Each photograph, ``(3, H, W)``, in the same order; one is in memory at a time.
    """
    counts = torch.stack([relative_counts(one, GRID) for one in viewed])
    _, width = fit_centre_bias(counts)
    everyone = np.concatenate([one.relative_points for one in viewed])
    ends = np.cumsum([len(one.points) for one in viewed])
    rows, biases, degree_px = [], [], model.pixels_per_degree
    device = model.centre_bias.weight.device
    for one, own, end, image in zip(viewed, counts, ends, images, strict=True):
        others = np.delete(everyone, np.s_[end - len(one.points) : end], axis=0)
        bias = stretched(smoothed_log_density(counts.sum(0) - own, width), one.size)
        maps = model.log_saliency_and_density(image[None].to(device), bias.to(device))
        log_saliency, log_density = (one_map[0].cpu().numpy() for one_map in maps)
        elsewhere, log_bias = others * one.size[::-1], bias.numpy()
        rows.append(_scores(one, log_saliency, log_density, log_bias, elsewhere, degree_px))
        biases.append(np.exp(measures.at(log_bias, one.points)))

    values = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    gold = None
    if any(one.subject is not None and len(set(one.subject)) > 1 for one in viewed):
        densities = gold_standard(viewed, biases, degree_px)
        gold = np.array(
            [
                (density - np.log(bias)).mean() / np.log(2)
                for density, bias in zip(densities, biases, strict=True)
            ]
        )
    return Scores(values, gold, np.array([len(one.points) for one in viewed]))


def evaluate_saliency_model(
    model: FixationDensityModel,
    table: FixationTable,
    photographs: str | Path,
    *,
    pixels_per_degree: float = 24.0,
    progress: Progress | None = None,
) -> Scores:
    """Score a saliency model against the fixations of people on photographs.

    Photographs are resized to the scale that the model was fitted to. Fixations beside them are
    counted and left out, and so are photographs without any.

    Parameters
    ----------
    model
        As `load_saliency_model` returns it.
    table
        As `read_fixations` returns it.
    photographs
        Folder that holds them.
    pixels_per_degree
        Of the photographs' files, as people saw them; 24 in OSIE.
    progress
        Where it is shown how far this is.

    Returns
    -------
    Scores
        Its ``as_dict()`` holds means with 95 % intervals.

    Raises
    ------
    InputError
        If fewer than two photographs have fixations, one cannot be read, or the scale is wrong.

    Examples
    --------
    >>> from manipulation import evaluate_saliency_model, load_saliency_model, read_fixations
    >>> table = read_fixations("osie/fixations.csv", "osie/images")  # doctest: +SKIP
    >>> model = load_saliency_model("scratch")  # doctest: +SKIP
    >>> scores = evaluate_saliency_model(model, table, "osie/images")  # doctest: +SKIP
    >>> scores.as_dict()["information_gain_bits"]  # doctest: +SKIP
    """
    progress = progress or Progress(disable=True)
    scale, least = model.pixels_per_degree / pixels_per_degree, model.minimum_px
    viewed, outside = only_fixated(
        viewed_photographs(table, photographs, scale=scale, minimum_px=least),
        table,
        least=2,
        expected="2 or more, one for the centre bias of the other",
    )
    pictures = (
        resized_photograph(Path(photographs) / one.name, scale=scale, minimum_px=least)[0]
        for one in progress.track(viewed, description="photographs")
    )
    return replace(evaluate(model, viewed, pictures), outside=outside)


def _scores(
    one: ViewedPhotograph,
    log_saliency: np.ndarray,
    log_density: np.ndarray,
    bias: np.ndarray,
    other_points: np.ndarray,
    pixels_per_degree: float,
) -> dict[str, float]:
    """Return the measures of one photograph; the three maps are ``(H, W)``."""
    density = np.exp(log_density.astype(np.float64))
    uniform = np.full(one.size, -np.log(np.prod(one.size)))
    fixated = cell_counts(one.points, one.size)
    empirical = resample(fixated, pixels_per_degree, size=one.size).numpy()
    return {
        "log_likelihood_bits": measures.log_likelihood(log_density, one.points) / np.log(2),
        "information_gain_bits": measures.information_gain(log_density, bias, one.points),
        "information_gain_over_uniform_bits": measures.information_gain(
            log_density, uniform, one.points
        ),
        "centre_bias_gain_over_uniform_bits": measures.information_gain(bias, uniform, one.points),
        "auc": measures.auc(log_density, one.points),
        "sauc": measures.shuffled_auc(log_saliency, one.points, other_points),
        "nss": measures.nss(density, one.points),
        "cc": measures.cc(density, empirical),
        "sim": measures.sim(density, empirical),
        "kl": measures.kl(density, empirical),
    }
