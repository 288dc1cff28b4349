"""Scoring a saliency model on photographs with fixations, all measures at once."""

from collections.abc import Callable, Sequence
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
from manipulation.saliency.fixations import Photograph, cell_counts
from manipulation.saliency.gaussian import resample
from manipulation.saliency.gold_standard import Viewing, gold_standard
from manipulation.saliency.model import SaliencyModel

MEASURES = ("information_gain_bits", "auc", "sauc", "nss", "cc", "sim", "kl")


@dataclass(frozen=True)
class Prediction:
    """What a model says of one photograph, and the fixations on it.

    Attributes
    ----------
    cells : Tensor (h, w)
        Log saliency before up-sampling and blur.
    points : ndarray (N, 2)
        ``(x, y)`` in pixels.
    subject : ndarray (N,) or None
        Who made each fixation.
    size
        Height and width in pixels.
    """

    cells: Tensor
    points: np.ndarray
    subject: np.ndarray | None
    size: tuple[int, int]

    @property
    def relative_points(self) -> np.ndarray:
        """Points as parts of width and height, in [0, 1)."""
        return self.points / self.size[::-1]


@torch.no_grad()
def predict(model: SaliencyModel, picture: Photograph) -> Prediction:
    """Return the prediction for a photograph of the model's pixels per degree."""
    cells = model.readout(model.extractor(picture.image[None]))[0]
    return Prediction(cells, picture.points, picture.subject, tuple(picture.image.shape[-2:]))


@dataclass(frozen=True)
class Scores:
    """Measures of every photograph.

    Attributes
    ----------
    values : dict of ndarray (images,)
        By name, as in `MEASURES`; information gains are means over the image's fixations.
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

        Information gains are means over fixations, the other measures over photographs.
        """
        images = len(self.fixations)
        drawn = np.random.default_rng(seed).integers(images, size=(draws, images))
        report: dict[str, object] = {}
        intervals = {}
        for name, statistic in self._statistics().items():
            report[name] = float(statistic(np.arange(images)))
            low, high = np.quantile([statistic(chosen) for chosen in drawn], [0.025, 0.975])
            intervals[name] = [float(low), float(high)]
        if self.gold_gain_bits is None:
            report["information_gain_explained"] = None
        return {
            **report,
            "intervals_95": intervals,
            "n_images": images,
            "n_fixations": int(self.fixations.sum()),
        }

    def _statistics(self) -> dict[str, Callable[[np.ndarray], float]]:
        """Return for each reported number its function of the chosen photographs."""

        def per_fixation(gains: np.ndarray) -> Callable[[np.ndarray], float]:
            return lambda chosen: np.average(gains[chosen], weights=self.fixations[chosen])

        gain = per_fixation(self.values["information_gain_bits"])
        statistics = {"information_gain_bits": gain}
        if self.gold_gain_bits is not None:
            gold = per_fixation(self.gold_gain_bits)
            statistics["gold_standard_gain_bits"] = gold
            statistics["information_gain_explained"] = lambda chosen: gain(chosen) / gold(chosen)
        for name in MEASURES[1:]:
            statistics[name] = lambda chosen, values=self.values[name]: values[chosen].mean()
        return statistics


@torch.no_grad()
def evaluate(model: SaliencyModel, predictions: Sequence[Prediction]) -> Scores:
    """Score predictions with the centre bias of the other photographs.

    AUC and NSS take the log density and the density with centre bias, sAUC the saliency without;
    CC, SIM and KL compare the density with the fixations blurred by a Gaussian of one degree.
    """
    counts = torch.stack(
        [cell_counts(one.relative_points * GRID[::-1], GRID) for one in predictions]
    )
    _, width = fit_centre_bias(counts)
    everyone = np.concatenate([one.relative_points for one in predictions])
    ends = np.cumsum([len(one.points) for one in predictions])
    rows, viewings = [], []
    for one, own, end in zip(predictions, counts, ends, strict=True):
        others = np.delete(everyone, np.s_[end - len(one.points) : end], axis=0)
        bias = stretched(smoothed_log_density(counts.sum(0) - own, width), one.size)
        rows.append(_scores(model, one, bias, others * one.size[::-1]))
        at_points = np.exp(measures.at(bias.numpy(), one.points))
        viewings.append(Viewing(one.points, one.subject, one.size, at_points))

    values = {name: np.array([row[name] for row in rows]) for name in MEASURES}
    gold = None
    if any(one.subject is not None and len(set(one.subject)) > 1 for one in predictions):
        densities = gold_standard(viewings, model.pixels_per_degree)
        gold = np.array(
            [
                (density - np.log(viewing.centre_bias)).mean() / np.log(2)
                for density, viewing in zip(densities, viewings, strict=True)
            ]
        )
    return Scores(values, gold, np.array([len(one.points) for one in predictions]))


def _scores(
    model: SaliencyModel, one: Prediction, bias: Tensor, other_points: np.ndarray
) -> dict[str, float]:
    """Return the measures of one photograph; `bias` is a log density ``(H, W)``."""
    saliency = model.blur(one.cells[None], one.size)
    log_density = model.with_centre_bias(saliency, bias)[0].numpy()
    density = np.exp(log_density.astype(np.float64))
    fixated = cell_counts(one.points, one.size)
    empirical = resample(fixated, model.pixels_per_degree, size=one.size).numpy()
    return {
        "information_gain_bits": measures.information_gain(log_density, bias.numpy(), one.points),
        "auc": measures.auc(log_density, one.points),
        "sauc": measures.shuffled_auc(saliency[0].numpy(), one.points, other_points),
        "nss": measures.nss(density, one.points),
        "cc": measures.cc(density, empirical),
        "sim": measures.sim(density, empirical),
        "kl": measures.kl(density, empirical),
    }
