"""Whether intervals hold how far predictions correlate with people's changes, in simulated studies.

On every photograph two things decide how far a version changes the log odds of fixating the target,
beyond its aim: one that a guide predicts, and another, and a judge predicts a mixture of both. What
is true is the correlation over all such photographs if as many people look at them, so that the
noise of their fixations lowers it as it does in a study.
"""

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from analysis.effects.bootstrap import draw
from analysis.effects.correlations import correlations
from analysis.effects.counts import Counts
from analysis.effects.mechanism.features import ASKED, GUIDE, JUDGE, MODEL
from analysis.effects.mechanism.predictors import (
    BOTH,
    THE_AIM,
    THE_GUIDE,
    CountedResamples,
    predictors_table,
)
from benchmarks.tables import Table, share
from stimuli.contract.vocabulary import Direction

DESIGNS = (
    (23, 24, 0.2), (23, 24, 0.4), (23, 24, 0.8), (12, 12, 0.2), (12, 12, 0.4), (6, 24, 0.2),
    (6, 24, 0.4), (6, 6, 0.2), (6, 6, 0.4),
)  # fmt: skip
"""People, photographs, and the spread between people of what a version does, in log odds."""
_DIRECTIONS = (Direction.INCREASE, Direction.DECREASE)
_ITS_JUDGE = "judge"
_RESAMPLES = 500
# Row of the table of predictors, column, and what it is called.
_CLAIMS = (
    (BOTH, THE_AIM, "correlation", "aim"),
    (BOTH, THE_GUIDE, "correlation", "guide"),
    (Direction.INCREASE, _ITS_JUDGE, "correlation", "judge, increases alone"),
    (BOTH, _ITS_JUDGE, "difference", "judge - guide"),
    (BOTH, THE_GUIDE, "from_aim", "guide - aim"),
)


def predictor_table(studies: int, seed: int = 10) -> Table:
    """Return how often intervals of the predictors' correlations hold what is true."""
    rows = []
    for n_subjects, n_sources, spread in DESIGNS:
        generator = np.random.default_rng([seed, n_subjects, n_sources, int(10 * spread)])
        true = _true_correlations(n_subjects, spread)
        held: dict[str, list[bool]] = {name: [] for *_, name in _CLAIMS}
        for _ in range(studies):
            counts, predictions = _simulated(n_subjects, n_sources, spread, generator)
            table = _analysed(counts, predictions, generator)
            for direction, predictor, column, name in _CLAIMS:
                row = table.loc[direction, predictor]
                low, high = row[f"{column}_low"], row[f"{column}_high"]
                expected = true[direction, predictor]
                if column != "correlation":
                    other = THE_GUIDE if column == "difference" else THE_AIM
                    expected = expected - true[direction, other]
                held[name].append(bool(low <= expected <= high))
        rows.append(
            (str(n_subjects), str(n_sources), f"{spread:g}", str(studies),
             *map(share, held.values()))
        )  # fmt: skip
    names = [name for *_, name in _CLAIMS]
    return Table(("subjects", "photographs", "spread between people", "studies", *names), rows)


def _simulated(
    n_subjects: int, n_sources: int, spread: float, generator: np.random.Generator
) -> tuple[Counts, dict[str, np.ndarray]]:
    """Return fixations on targets, and what guide, judge and aim predict of every comparison."""
    goes_for, follows = generator.normal(size=(2, n_subjects, 1))
    base = logit(0.2) + 0.8 * generator.normal(size=n_sources) + 0.3 * goes_for
    aim = np.array([[1.0], [-1.0]])  # of increases, and of decreases
    known, other, rest = generator.normal(size=(3, 2, n_sources))
    effect = 0.5 * (aim + 0.6 * known + 0.4 * other + 0.69 * rest)

    def looks(log_odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = 1 + generator.poisson(8, log_odds.shape)
        return generator.binomial(n, expit(log_odds)), n

    originals = [looks(base)] * 2
    versions = [looks(base + effect[i] + spread * aim[i] * follows) for i in (0, 1)]
    hits, n = (
        np.stack([np.hstack([one[i] for one in side]) for side in (originals, versions)])
        for i in (0, 1)
    )
    sources = [f"s{number:04d}" for number in range(n_sources)]
    comparisons = pd.DataFrame(
        [(f"{source}-{one}", "7", source, str(one)) for one in _DIRECTIONS for source in sources],
        columns=["version_id", "target", "source_id", "direction"],
    )
    subjects = [f"{number:02d}" for number in range(n_subjects)]
    predictions = {
        THE_GUIDE: aim + known, _ITS_JUDGE: aim + 0.5 * known + 0.87 * other,
        THE_AIM: np.repeat(aim, n_sources, axis=1),
    }  # fmt: skip
    return (
        Counts(subjects, comparisons, hits.astype(float), n.astype(float)),
        {name: values.ravel() for name, values in predictions.items()},
    )


def _analysed(
    counts: Counts, predictions: dict[str, np.ndarray], generator: np.random.Generator
) -> pd.DataFrame:
    """Return the table of predictors, by direction and predictor."""
    features = counts.comparisons.assign(
        **{"change": counts.pooled, GUIDE: predictions[THE_GUIDE], MODEL: np.nan, ASKED: np.nan,
           f"{JUDGE}{_ITS_JUDGE}": predictions[_ITS_JUDGE]},
    )  # fmt: skip
    n_subjects = len(counts.subjects)
    changes = counts.changes(draw(["all"] * n_subjects, _RESAMPLES, generator))
    unit, names = pd.factorize(counts.sources)
    times = draw(["all"] * len(names), _RESAMPLES, generator)[:, unit]
    resamples = CountedResamples(changes, times, n_subjects - 1)
    return predictors_table(features, resamples, "all").set_index(["direction", "predictor"])


@lru_cache
def _true_correlations(n_subjects: int, spread: float) -> dict[tuple[str, str], float]:
    """Return correlations over very many photographs, the mean over groups of so many people."""
    generator, groups, n_sources = np.random.default_rng(98), 40, 1000
    found: dict[tuple[str, str], float] = {}
    for _ in range(groups):
        counts, predictions = _simulated(n_subjects, n_sources, spread, generator)
        for direction in (BOTH, Direction.INCREASE):
            which = np.isin(counts.directions, _DIRECTIONS if direction == BOTH else [direction])
            values, people = np.stack(list(predictions.values()))[:, which], counts.pooled[which]
            for name, one in zip(
                predictions, correlations(values, people[None], np.ones((1, which.sum())))[0],
                strict=True,
            ):  # fmt: skip
                key = (str(direction), name)
                found[key] = found.get(key, 0.0) + float(one) / groups
    return found
