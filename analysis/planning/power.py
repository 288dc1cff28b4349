"""The power of a study's design: how often a simulated experiment shows an effect of given size.

In come a population, effects and numbers of subjects; out comes the share of experiments whose
95 % interval of the mean change lies on the right side of zero.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.effects.comparisons import comparisons_of
from analysis.effects.intervals import LEAST_SOURCES
from analysis.planning.populations import population_of
from analysis.planning.simulation import Population, change_interval, effect_logit, simulate
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.study import Study
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.tables import MISSING, Column, Schema
from stimuli.support.words import counted

POWER = Schema(
    "power",
    (
        Column("effect", float, "Mean change of the share of fixations on the target"),
        Column("subjects", int, "Observers in the experiment"),
        Column("sources", int, "Photographs with a target"),
        Column("power", float, "Share of experiments whose 95 % interval shows the effect"),
        Column("standard_error", float, "Of the power, by the number of experiments"),
        Column("mean_width", float, "Mean width of the interval"),
        Column("simulations", int, "Experiments"),
    ),
)


DEFAULT_POPULATION = Population()


def simulate_power(
    effects: Sequence[float],
    subjects: Sequence[int],
    sources: int,
    *,
    population: Population = DEFAULT_POPULATION,
    first_block: bool = False,
    blocks: int = 3,
    simulations: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """Simulate whole experiments, and count how many show the effect.

    Parameters
    ----------
    effects
        Mean changes of the probability of fixating a target, such as 0.09 or -0.04.
    subjects
        Numbers of observers.
    sources
        Number of photographs with a target.
    population : Population
        How much photographs and observers differ.
    first_block
        Whether each observer sees one version of a photograph only, as in the first block.
    blocks
        Of the study: three, or four with matched controls.
    simulations
        Experiments for every effect and number of subjects.
    seed
        Seed of the draws; each row has a generator of its own.

    Returns
    -------
    power : DataFrame
        Rows by `POWER`, one for every effect and number of subjects.

    Raises
    ------
    InputError
        If an effect is impossible from the population's baseline, or there are fewer than 2
        subjects, 3 sources, which no interval comes from, or 20 simulations.

    Examples
    --------
    >>> from analysis import simulate_power
    >>> power = simulate_power([0.2], [8], 12, simulations=20)
    >>> bool(power["power"][0] > 0.5)
    True
    """
    for name, values, least in (
        ("subjects", subjects, 2), ("sources", [sources], LEAST_SOURCES),
        ("simulations", [simulations], 20),
    ):  # fmt: skip
        if min(values, default=0) < least:
            raise InputError(f"{name} is {min(values, default=0)}; expected at least {least}")
    cells = [(effect, n) for effect in effects for n in subjects]
    rows = []
    for effect, n_subjects in progress(cells, "Experiments", len(cells)):
        try:
            shift = effect_logit(population, effect)
        except ValueError as error:
            raise InputError(
                f"effect {effect:g}: {error} from a baseline of {population.baseline:.2f}"
            ) from None
        generator = np.random.default_rng(
            [seed, n_subjects, sources, int(1e6 * abs(effect)), effect < 0]
        )
        shown, widths = 0, []
        for _ in range(simulations):
            experiment = simulate(
                population, shift, n_subjects, sources, generator, first_block=first_block,
                blocks=blocks,
            )  # fmt: skip
            low, high = change_interval(experiment, generator)
            shown += _shows(effect, low, high)
            widths.append(high - low)
        power = shown / simulations
        rows.append(
            {
                "effect": effect, "subjects": n_subjects, "sources": sources, "power": power,
                "standard_error": math.sqrt(power * (1 - power) / simulations),
                "mean_width": float(np.mean(widths)), "simulations": simulations,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(POWER.names))


def _shows(effect: float, low: float, high: float) -> bool:
    """Whether an interval shows the effect; where there is none, whether it claims one."""
    if effect > 0:
        return low > 0
    return high < 0 if effect < 0 else low > 0 or high < 0


def sources_with_a_target(study: Study) -> int:
    """Return the number of a study's photographs that have a target.

    Raises
    ------
    InputError
        If there are fewer than three: no interval comes from them.

    Examples
    --------
    >>> from analysis import sources_with_a_target
    >>> from stimuli import open_study
    >>> sources_with_a_target(open_study("demo-study"))
    3
    """
    comparisons = comparisons_of(read_catalogue(study.catalogue))
    sources = {one.version.source_id for one in comparisons if one.target}
    if len(sources) < LEAST_SOURCES:
        raise InputError(
            f"{study.catalogue}: {counted(len(sources), 'source')} with a target; expected at "
            f"least {LEAST_SOURCES}, or a number of sources that is planned"
        )
    return len(sources)


def study_population(study: Study) -> tuple[Population, Path | None]:
    """Return the population that a study's trials suggest, and the file that holds them.

    Before the study was analysed there is no such file, and the population is the default one.
    The trials are those of all fixations, which `analysis.run` writes.

    Examples
    --------
    >>> from analysis import simulate_power, study_population
    >>> from stimuli import open_study
    >>> population, trials = study_population(open_study("demo-study"))
    >>> power = simulate_power([0.1], [8], 12, population=population, simulations=20)
    """
    path = study.derivatives / "effects" / "trials.csv"
    if path.is_file():
        trials = pd.read_csv(path, na_values=MISSING, dtype={"subject": str, "target": str})
        if len(trials):
            return population_of(trials), path
    return DEFAULT_POPULATION, None
