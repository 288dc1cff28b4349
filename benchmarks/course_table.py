"""Whether intervals and bands of the course of viewing hold what is true, in simulated studies.

Of every person, photograph and step a share of so many fixations lies on the target. Its change
from original to version differs between photographs and between people, and what is true is its
mean over all of them: a curve of eight steps.
"""

import numpy as np

from analysis.viewing.pairs import ImagePair
from analysis.viewing.resampling import (
    draw_clusters,
    intervals,
    mean_ratios,
    simultaneous_band,
)
from benchmarks.tables import Table, share

DESIGNS = (
    (23, 30, 60), (16, 14, 60), (20, 12, 60), (20, 6, 60), (20, 3, 60), (4, 12, 60), (23, 24, 1),
    (6, 24, 1),
)  # fmt: skip
"""People, photographs, and fixations of each person on each photograph in a step."""
_TRUTH = np.linspace(0.15, -0.1, 8)
_SOURCE_SD, _SUBJECT_SD, _BEFORE = 0.1, 0.05, 0.3
_RESAMPLES = 500


def course_table(studies: int, seed: int = 11) -> Table:
    """Return how often one interval, all of a curve, and its band hold the truth."""
    rows = []
    for n_subjects, n_sources, n in DESIGNS:
        generator = np.random.default_rng([seed, n_subjects, n_sources, n])
        pairs = [ImagePair(f"s{i}", f"s{i}-none", f"s{i}-increase") for i in range(n_sources)]
        strata = {str(subject): "all" for subject in range(n_subjects)}
        held: list[tuple[bool, bool, bool]] = []
        for number in range(studies):
            change = _TRUTH + generator.normal(0, _SOURCE_SD, (1, n_sources, len(_TRUTH)))
            change = change + generator.normal(0, _SUBJECT_SD, (n_subjects, 1, len(_TRUTH)))
            shares = _BEFORE + np.stack([np.zeros_like(change), change], axis=2)
            hits = generator.binomial(n, shares.clip(0, 1)).astype(float)
            draws = draw_clusters(strata, pairs, number, _RESAMPLES)
            curve = mean_ratios(hits, np.full(hits.shape, float(n)), draws)[:, 2]
            (low, high), (bottom, top) = (
                found(curve, draws.freedom) for found in (intervals, simultaneous_band)
            )
            each = (low <= _TRUTH) & (high >= _TRUTH)
            whole = (bottom <= _TRUTH) & (top >= _TRUTH)
            held.append((bool(each[0]), bool(each.all()), bool(whole.all())))
        rows.append(
            (str(n_subjects), str(n_sources), str(n), str(studies),
             *(share(column) for column in zip(*held, strict=True)))
        )  # fmt: skip
    return Table(
        ("subjects", "photographs", "fixations in a step", "studies", "interval of one step",
         "all eight intervals", "band"), rows,
    )  # fmt: skip
