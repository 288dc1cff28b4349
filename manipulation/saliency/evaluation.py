"""Scoring a saliency model on photographs with fixations, all measures at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.saliency import measures
from manipulation.saliency.centre_bias import (
    GRID,
    fit_centre_bias,
    smoothed_log_density,
    stretched,
)
from manipulation.saliency.fixations import Viewed, cell_counts
from manipulation.saliency.gaussian import resample
from manipulation.saliency.gold_standard import Viewing, gold_standard
from manipulation.saliency.model import SaliencyModel
from manipulation.saliency.published_deepgaze import PublishedDeepGaze

PER_FIXATION = {
    "log_likelihood_bits": "log2 of the density per pixel",
    "information_gain_bits": "over the centre bias of the other photographs",
    "information_gain_over_uniform_bits": "over a uniform density",
    "centre_bias_gain_over_uniform_bits": "of the centre bias of the other photographs",
}
PER_PHOTOGRAPH = ("auc", "sauc", "nss", "cc", "sim", "kl")


@dataclass(frozen=True)
class Scores:
    """Measures of every photograph.

    Attributes
    ----------
    values : dict of ndarray (images,)
        By name, as in `PER_FIXATION`, means over the image's fixations, and in `PER_PHOTOGRAPH`.
    gold_gain_bits : ndarray (images,) or None
        Information gain of people over the same centre bias; None where no photograph has
        fixations of two people, or it is not known whose they are.
    fixations : ndarray (images,)
    """

    values: dict[str, np.ndarray]
    gold_gain_bits: np.ndarray | None
    fixations: np.ndarray

    def as_dict(self, *, seed: int = 0, draws: int = 2000) -> dict[str, object]:
        """Return means and 95 % bootstrap intervals over photographs, JSON-ready.

        Information gains are means over fixations, the other measures over photographs. A measure
        that is infinite, as KL is where people looked at what a density excludes, is None.
        """
        images = len(self.fixations)
        drawn = np.random.default_rng(seed).integers(images, size=(draws, images))
        report: dict[str, object] = {}
        intervals = {}
        for name, statistic in self._statistics().items():
            report[name] = _finite(statistic(np.arange(images)))
            samples = np.array([statistic(chosen) for chosen in drawn])
            finite = np.isfinite(samples).all()
            low, high = np.quantile(samples, [0.025, 0.975]) if finite else (np.inf, np.inf)
            intervals[name] = [_finite(low), _finite(high)]
        if self.gold_gain_bits is None:
            report["information_gain_explained"] = None
        return {
            **report,
            "baselines": {
                **PER_FIXATION,
                "gold_standard_gain_bits": "of other people on the same photograph, over the "
                "centre bias of the other photographs",
            },
            "intervals_95": intervals,
            "n_images": images,
            "n_fixations": int(self.fixations.sum()),
        }

    def _statistics(self) -> dict[str, Callable[[np.ndarray], float]]:
        """Return for each reported number its function of the chosen photographs."""

        def per_fixation(gains: np.ndarray) -> Callable[[np.ndarray], float]:
            return lambda chosen: np.average(gains[chosen], weights=self.fixations[chosen])

        statistics = {name: per_fixation(self.values[name]) for name in PER_FIXATION}
        if self.gold_gain_bits is not None:
            gain = statistics["information_gain_bits"]
            gold = per_fixation(self.gold_gain_bits)
            statistics["gold_standard_gain_bits"] = gold
            statistics["information_gain_explained"] = lambda chosen: gain(chosen) / gold(chosen)
        for name in PER_PHOTOGRAPH:
            statistics[name] = lambda chosen, values=self.values[name]: values[chosen].mean()
        return statistics


@torch.no_grad()
def evaluate(
    model: SaliencyModel | PublishedDeepGaze,
    viewed: Sequence[Viewed],
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
    counts = torch.stack([cell_counts(one.relative_points * GRID[::-1], GRID) for one in viewed])
    _, width = fit_centre_bias(counts)
    everyone = np.concatenate([one.relative_points for one in viewed])
    ends = np.cumsum([len(one.points) for one in viewed])
    rows, viewings, degree_px = [], [], model.pixels_per_degree
    device = model.centre_bias.weight.device
    for one, own, end, image in zip(viewed, counts, ends, images, strict=True):
        others = np.delete(everyone, np.s_[end - len(one.points) : end], axis=0)
        bias = stretched(smoothed_log_density(counts.sum(0) - own, width), one.size)
        maps = model.predictions(image[None].to(device), bias.to(device))
        saliency, log_density = (one_map[0].cpu() for one_map in maps)
        rows.append(_scores(one, saliency, log_density, bias, others * one.size[::-1], degree_px))
        at_points = np.exp(measures.at(bias.numpy(), one.points))
        viewings.append(Viewing(one.points, one.subject, one.size, at_points))

    values = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    gold = None
    if any(one.subject is not None and len(set(one.subject)) > 1 for one in viewed):
        densities = gold_standard(viewings, degree_px)
        gold = np.array(
            [
                (density - np.log(viewing.centre_bias)).mean() / np.log(2)
                for density, viewing in zip(densities, viewings, strict=True)
            ]
        )
    return Scores(values, gold, np.array([len(one.points) for one in viewed]))


def _scores(
    one: Viewed,
    saliency: Tensor,
    log_density: Tensor,
    bias: Tensor,
    other_points: np.ndarray,
    pixels_per_degree: float,
) -> dict[str, float]:
    """Return the measures of one photograph; `bias` and `log_density` are ``(H, W)``."""
    log_density, bias = log_density.numpy(), bias.numpy()
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
        "sauc": measures.shuffled_auc(saliency.numpy(), one.points, other_points),
        "nss": measures.nss(density, one.points),
        "cc": measures.cc(density, empirical),
        "sim": measures.sim(density, empirical),
        "kl": measures.kl(density, empirical),
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
