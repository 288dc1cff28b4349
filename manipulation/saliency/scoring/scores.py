"""Measures of every photograph, and the report of their means with intervals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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
        Number of fixations that were scored.
    outside
        Fixations beside the photographs, which were not.
    """

    values: dict[str, np.ndarray]
    gold_gain_bits: np.ndarray | None
    fixations: np.ndarray
    outside: int = 0

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
            "n_outside": self.outside,
        }

    def _statistics(self) -> dict[str, Callable[[np.ndarray], float]]:
        """Return for each reported number its function of the chosen photographs."""

        def per_fixation(gains: np.ndarray) -> Callable[[np.ndarray], float]:
            return lambda chosen: np.average(gains[chosen], weights=self.fixations[chosen])

        def per_photograph(values: np.ndarray) -> Callable[[np.ndarray], float]:
            return lambda chosen: values[chosen].mean()

        statistics = {name: per_fixation(self.values[name]) for name in PER_FIXATION}
        if self.gold_gain_bits is not None:
            gain = statistics["information_gain_bits"]
            gold = per_fixation(self.gold_gain_bits)
            statistics["gold_standard_gain_bits"] = gold
            statistics["information_gain_explained"] = lambda chosen: gain(chosen) / gold(chosen)
        return statistics | {name: per_photograph(self.values[name]) for name in PER_PHOTOGRAPH}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
