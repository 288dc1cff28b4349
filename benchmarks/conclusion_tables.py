"""What the analysis concludes from simulated studies, against what is true of them, as tables.

Every row says what is claimed, of how many simulated studies or maps, and how often or how nearly
it came true, with an interval by their number.
"""

from collections import defaultdict

import numpy as np
import pandas as pd

from analysis.density.fitted import fit_density
from analysis.effects.bootstrap import percentile_interval
from analysis.effects.measures import entropy_bits
from analysis.effects.models import clustered_logits
from analysis.effects.neighbours import surprise_bits
from analysis.effects.resampling import jackknifed_entropy, resampled_entropy
from analysis.fixations.subsets import Subset
from analysis.planning.simulation import Population, change_interval, effect_logit, simulate
from benchmarks.simulated_studies import (
    GRID,
    Truth,
    analysed,
    drawn_cells,
    make_source,
    mean_model_change,
    simulate_study,
    within_cells,
)
from benchmarks.tables import Table, mean, share
from stimuli.contract.settings import AnalysisSettings
from stimuli.contract.vocabulary import Condition, Direction, Measure, Viewer

PUBLISHED = AnalysisSettings(p_obj="density", entropy="plain")
_AIMS = (Direction.INCREASE, Direction.DECREASE)


def recovery_table(truth: Truth, n_subjects: int, studies: int, seed: int) -> Table:
    """Return bias and coverage of slope and effects in whole studies, by subset."""
    population = {one: truth.follows * mean_model_change(one) for one in _AIMS}
    found: dict[tuple[str, str], list[tuple[float, bool, float]]] = defaultdict(list)
    generator = np.random.default_rng(seed)
    for number in range(studies):
        study = simulate_study(truth, n_subjects, 21, 3, generator)
        for subset in Subset:
            summary, agreement = analysed(study, subset, seed=number)
            row = agreement.set_index("measure").loc[Measure.P_OBJ]
            ends = row["slope_low"], row["slope_high"]
            found[subset, "slope"].append(_outcome(row["slope"], ends, truth.follows))
            people = summary[summary["observer"] == Viewer.PEOPLE].set_index(
                ["measure", "direction"]
            )
            for aim in _AIMS:
                row = people.loc[Measure.P_OBJ, aim]
                ends = row["mean_change_low"], row["mean_change_high"]
                here = [study.true_changes[name, aim] for name, one in study.sources.items()
                        if one.condition == Condition.OBJECT]  # fmt: skip
                for name, true in (("photographs like these", population[aim]),
                                   ("these photographs", float(np.mean(here)))):  # fmt: skip
                    key = subset, f"effect, {aim}, on {name}"
                    found[key].append(_outcome(row["mean_change"], ends, true))
    head = ("subset", "claim", "studies", "bias", "truth within the 95 % interval", "mean width")
    rows = [
        (subset, claim, str(studies), mean([one[0] for one in values]),
         share([one[1] for one in values]), f"{np.mean([one[2] for one in values]):.3f}")
        for (subset, claim), values in found.items()
    ]  # fmt: skip
    return Table(head, rows)


def _outcome(found: float, ends: tuple[float, float], true: float) -> tuple[float, bool, float]:
    return found - true, bool(ends[0] <= true <= ends[1]), ends[1] - ends[0]


def slope_table(studies: int, seed: int = 5) -> Table:
    """Return the slope of a right model by counted shares and by fitted densities."""
    generator, rows = np.random.default_rng(seed), []
    found = defaultdict(list)
    for number in range(studies):
        study = simulate_study(Truth(), 23, 21, 0, generator)
        for subset in Subset:
            for name, settings in (("counted", AnalysisSettings()), ("density", PUBLISHED)):
                _, agreement = analysed(
                    study, subset, seed=number, settings=settings, resamples=300
                )
                row = agreement.iloc[0]
                found[subset, name].append(
                    (row["slope"], row["slope_low"] <= 1 <= row["slope_high"])
                )
    for (subset, name), values in found.items():
        slopes = [one[0] for one in values]
        rows.append(
            (subset, _HOW[name], str(studies), mean(slopes).lstrip("+"),
             f"{min(slopes):.2f} to {max(slopes):.2f}", share([one[1] for one in values]))
        )  # fmt: skip
    return Table(
        ("subset", "p_obj of people", "studies", "mean slope", "least and most", "1 within"), rows
    )


def held_in_words(slopes: Table) -> str:
    """Return in how many studies the interval of the share's slope holds 1, by subset.

    Parameters
    ----------
    slopes : Table
        As `slope_table` returns it.
    """
    counts = [
        f"{round(float(row[-1].split()[0]) * int(row[2]))} of {row[2]} for `{row[0]}`"
        for row in slopes.rows if row[1] == _HOW["counted"]
    ]  # fmt: skip
    return f"in {', '.join(counts)}"


_HOW = {"counted": "share of fixations", "density": "fitted density, as published"}


def interval_table(studies: int, seed: int = 6) -> Table:
    """Return what the interval of the mean change covers, by numbers of subjects and sources."""
    rows = []
    for name, fixations, first_block in (
        ("all", 9.0, False), ("first-block", 9.0, True), ("first-fixation", 1.0, False),
    ):  # fmt: skip
        for n_subjects, n_sources in ((23, 24), (12, 24), (6, 24), (6, 6), (4, 3), (2, 24)):
            if first_block and n_subjects < 6:
                continue
            for spread, word in ((0.2, "0.2"), (0.6, "0.6")):
                population = Population(fixations=fixations, subject_effect_sd=spread)
                shift = effect_logit(population, 0.09)
                generator = np.random.default_rng([seed, n_subjects, n_sources, int(10 * spread)])
                held, widths = [], []
                for _ in range(studies):
                    experiment = simulate(
                        population, shift, n_subjects, n_sources, generator,
                        first_block=first_block,
                    )  # fmt: skip
                    low, high = change_interval(experiment, generator, resamples=300)
                    held.append(low <= 0.09 <= high)
                    widths.append(high - low)
                rows.append(
                    (name, str(n_subjects), str(n_sources), word, str(studies), share(held),
                     f"{np.mean(widths):.2f}")
                )  # fmt: skip
    return Table(
        ("subset", "subjects", "photographs", "spread between people", "studies",
         "truth within the 95 % interval", "mean width"), rows,
    )  # fmt: skip


def one_source_table(studies: int, seed: int = 7) -> Table:
    """Return what an interval over subjects alone, from one photograph, covers."""
    rows = []
    for spread in (0.25, 0.5, 1.0):
        population = Population(source_effect_sd=spread)
        shift, generator, held = effect_logit(population, 0.0), np.random.default_rng(seed), []
        for _ in range(studies):
            experiment = simulate(population, shift, 23, 1, generator)
            times = generator.multinomial(23, np.full(23, 1 / 23), size=300)
            before, after = (
                (times @ hits[:, 0]) / (times @ n[:, 0])
                for hits, n in (experiment.original, experiment.version)
            )
            low, high = percentile_interval(after - before)
            held.append(low <= 0 <= high)
        rows.append((f"{spread:g}", str(studies), share(held)))
    return Table(
        ("spread of effects between photographs", "studies", "no change within a 95 % interval"),
        rows,
    )


def entropy_table(maps: int, seed: int = 8) -> Table:
    """Return the bias of people's entropy, by estimator and number of subjects."""
    rows = []
    for n_subjects, n, stays in (
        (5, 9, 0.0), (10, 9, 0.0), (23, 9, 0.0), (60, 9, 0.0), (23, 9, 0.1), (12, 1, 0.0),
        (23, 1, 0.0),
    ):  # fmt: skip
        generator = np.random.default_rng(seed)
        errors = np.array([_entropy_errors(n_subjects, n, stays, generator) for _ in range(maps)])
        rows.append(
            (str(n_subjects), str(n), f"{stays:.0%}", str(maps),
             *(mean(column, 2) for column in errors.T))
        )  # fmt: skip
    return Table(
        ("subjects", "fixations each", "stay", "maps", "neighbours (bits)",
         "fitted density, as published", "the same, jackknife"), rows,
    )  # fmt: skip


def _entropy_errors(
    n_subjects: int, n: int, stays: float, generator: np.random.Generator
) -> tuple[float, float, float]:
    density = make_source(Condition.ENTROPY, generator).densities[0]
    truth = entropy_bits(np.log(density), GRID)
    cells = drawn_cells(density, n_subjects * n, generator).reshape(n_subjects, n)
    for place in range(1, n):
        same = generator.random(n_subjects) < stays
        cells[same, place] = cells[same, place - 1]
    xy_px = within_cells(cells.ravel(), generator)
    subjects = np.repeat([f"{i:02d}" for i in range(n_subjects)], n)
    fitted = fit_density(xy_px, subjects, GRID)
    jackknife = jackknifed_entropy(resampled_entropy(fitted, np.unique(subjects)))
    plain = entropy_bits(fitted.log_density, GRID)
    neighbours = float(surprise_bits(xy_px, subjects, GRID).mean())
    return (neighbours - truth, plain - truth, jackknife - truth)


def logit_table(studies: int, seed: int = 9) -> Table:
    """Return how often the logit's interval holds no change where there is none."""
    rows = []
    for n_subjects, n_sources in ((23, 21), (6, 21), (8, 6), (4, 3)):
        generator, held, errors = np.random.default_rng([seed, n_subjects, n_sources]), [], []
        population = Population(source_effect_sd=0.3)
        for _ in range(studies):
            experiment = simulate(population, 0.0, n_subjects, n_sources, generator)
            trials = [
                (str(i), f"s{j}", "t", "increase", version, int(hits[i, j]), int(n[i, j]))
                for version, (hits, n) in enumerate((experiment.original, experiment.version))
                for i, j in np.ndindex(*hits.shape)
            ]
            columns = ["subject", "source_id", "target", "direction", "version", "on_target",
                       "n_fixations"]  # fmt: skip
            row = clustered_logits(pd.DataFrame(trials, columns=columns), "all").iloc[0]
            if np.isfinite(row["log_odds"]):
                held.append(row["log_odds_low"] <= 0 <= row["log_odds_high"])
                errors.append(row["standard_error"])
        rows.append(
            (str(n_subjects), str(n_sources), str(len(held)), share(held), f"{min(errors):.2f}")
        )
    return Table(
        ("subjects", "photographs", "studies", "no change within the 95 % interval",
         "least standard error"), rows,
    )  # fmt: skip
