"""Whole experiments with simulated observers: what intervals cover, and what power a design has.

An observer's fixation falls on the target with probability p, whose logit is the sum of the
photograph's own, of how much this observer goes for targets, and on a version of the effect, which
differs between photographs and between observers. The effect is stated as the mean change of p
over the population of photographs and observers. What is measured is what the analysis measures:
the change of the share of fixations on the target, averaged over targets, with the same interval
over subjects and sources.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from analysis.effects.bootstrap import draw, freedom_of, resampled_means
from analysis.effects.intervals import crossed_interval
from stimuli.support.checked import CheckedSettings, setting

_POPULATION = 20_000


@dataclass(frozen=True)
class Population(CheckedSettings):
    """Observers and photographs that an experiment draws from; spreads are SDs of the logit.

    Attributes
    ----------
    baseline
        Mean probability of fixating the target on an original.
    baseline_sd
        Spread of that probability between photographs.
    subject_sd
        Spread between observers, on originals and versions alike.
    source_effect_sd, subject_effect_sd
        Spread of the effect between photographs, and between observers.
    fixations
        Mean number of fixations on a trial; at least one.

    Examples
    --------
    >>> from analysis import Population
    >>> Population(baseline=0.3).source_effect_sd
    0.5
    """

    baseline: float = setting(0.2, "mean probability on an original", 0.001, 0.999)
    baseline_sd: float = setting(0.8, "its spread between photographs, of the logit", 0, 10)
    subject_sd: float = setting(0.3, "its spread between observers, of the logit", 0, 10)
    source_effect_sd: float = setting(0.5, "spread of the effect between photographs", 0, 10)
    subject_effect_sd: float = setting(0.2, "spread of the effect between observers", 0, 10)
    fixations: float = setting(9.0, "mean number of fixations on a trial", 1, 1000)


@dataclass(frozen=True, eq=False)
class Experiment:
    """Fixations on the target and in all, ``(subjects, sources)``; zero where nobody looked.

    Attributes
    ----------
    original, version : pairs of arrays (subjects, sources)
        How many fixations lay on the target of an original or a version, and how many there were.
    groups
        Group of each subject, within which it is drawn anew: the block that it saw, or one for
        all.
    """

    original: tuple[np.ndarray, np.ndarray]
    version: tuple[np.ndarray, np.ndarray]
    groups: list[str]


def effect_logit(population: Population, change: float) -> float:
    """Return the mean effect on the logit that changes the mean p by `change`.

    Raises
    ------
    ValueError
        If no effect could, since p stays between 0 and 1.
    """
    generator = np.random.default_rng(0)
    base, subject, spread = _draws(population, generator, _POPULATION)
    before = expit(base + subject)
    low, high = (float((expit(base + subject + spread + end) - before).mean()) for end in (-12, 12))
    if not low < change < high:
        raise ValueError(f"a change of {change:g} is beyond {low:.2f} to {high:.2f}")
    shift = brentq(
        lambda shift: float((expit(base + subject + spread + shift) - before).mean()) - change,
        -12.0, 12.0, xtol=1e-6,
    )  # fmt: skip
    return float(shift)


def _draws(
    population: Population, generator: np.random.Generator, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    base = logit(population.baseline) + population.baseline_sd * generator.normal(size=n)
    subject = population.subject_sd * generator.normal(size=n)
    spread = np.hypot(population.source_effect_sd, population.subject_effect_sd)
    return base, subject, spread * generator.normal(size=n)


def simulate(
    population: Population,
    shift: float,
    n_subjects: int,
    n_sources: int,
    generator: np.random.Generator,
    *,
    first_block: bool = False,
    blocks: int = 3,
) -> Experiment:
    """Return the fixations of one simulated experiment.

    Parameters
    ----------
    shift
        Mean effect on the logit; see `effect_logit`.
    first_block
        Whether each subject sees one block only, of which one holds the originals, and each of the
        others the version that is meant of an equal part of the sources.
    blocks
        How many there are: three, or four with matched controls.
    """
    base = logit(population.baseline) + population.baseline_sd * generator.normal(size=n_sources)
    base = base + population.subject_sd * generator.normal(size=(n_subjects, 1))
    effect = shift + population.source_effect_sd * generator.normal(size=n_sources)
    effect = effect + population.subject_effect_sd * generator.normal(size=(n_subjects, 1))

    def looks(chance: np.ndarray, saw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = 1 + generator.poisson(max(population.fixations - 1, 0), size=chance.shape)
        n = n * saw
        return generator.binomial(n, chance).astype(float), n.astype(float)

    block = np.arange(n_subjects)[:, None] % blocks if first_block else np.zeros((n_subjects, 1))
    version_block = 1 + np.arange(n_sources) % (blocks - 1)
    saw_original = np.broadcast_to(block == 0, (n_subjects, n_sources))
    saw_version = (block == version_block) if first_block else saw_original
    groups = [str(int(one)) for one in block.ravel()]
    return Experiment(
        looks(expit(base), saw_original), looks(expit(base + effect), saw_version), groups
    )


def change_interval(
    experiment: Experiment,
    generator: np.random.Generator,
    *,
    resamples: int = 500,
    sources_too: bool = True,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the interval of the mean change.

    Parameters
    ----------
    sources_too
        Whether photographs are drawn anew with subjects (the pigeonhole bootstrap), or subjects
        alone, which is too narrow wherever photographs differ.
    """
    once = np.ones((1, len(experiment.groups)))
    measured = _changes(experiment, once)
    changes = _changes(experiment, draw(experiment.groups, resamples, generator))
    with np.errstate(invalid="ignore"):
        changes = changes + measured - np.nanmean(changes, axis=0)
    n_sources = changes.shape[1]
    times = np.ones((resamples, n_sources))
    if sources_too:
        times = draw(["all"] * n_sources, resamples, generator)
    interval = crossed_interval(
        resampled_means, measured[0], changes, times, level=level,
        n_sources=int(np.isfinite(measured).sum()), subject_freedom=freedom_of(experiment.groups),
    )  # fmt: skip
    return interval.low, interval.high


def _changes(experiment: Experiment, times: np.ndarray) -> np.ndarray:
    """Return ``(resamples, sources)`` changes with subjects counted `times` ``(resamples, n)``."""
    with np.errstate(invalid="ignore", divide="ignore"):
        before, after = (
            (times @ hits) / (times @ n) for hits, n in (experiment.original, experiment.version)
        )
    return after - before
