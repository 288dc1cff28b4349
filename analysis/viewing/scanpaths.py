"""Scanpaths on originals and versions: their lengths, and how alike those of different people are.

If a version changes where and in what order people look, scanpaths on the original are less like
those on the version than scanpaths on one image are like each other. Only scanpaths of different
people are compared, so that nobody's habits make two of them alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.viewing.arguments import check_groups, check_numbers, seen_pairs
from analysis.viewing.measures import MEASURES, mean_ratios_by_direction, measure_row
from analysis.viewing.multimatch import LEAST_FIXATIONS, scanpaths_of, similarities
from analysis.viewing.pairs import ImagePair, by_direction
from analysis.viewing.resampling import RESAMPLES, Draws, draw_clusters
from analysis.viewing.similarity import ImageSimilarities, similarity_table
from analysis.viewing.table import ordered_fixations
from stimuli.support.errors import InputError

MOST_COMPARISONS = 60_000
"""Pairs of scanpaths that are compared; of more, so many are drawn at random."""


@dataclass(frozen=True, eq=False)
class ScanpathComparison:
    """Scanpaths on versions against those on their originals.

    Attributes
    ----------
    measures : DataFrame
        Numbers, durations and distances; columns of `analysis.viewing.measures.MEASURES`.
    similarity : DataFrame
        How alike scanpaths are; columns of `analysis.viewing.similarity.SIMILARITY`.
    """

    measures: pd.DataFrame
    similarity: pd.DataFrame


def compare_scanpaths(
    fixations: pd.DataFrame,
    pairs: Sequence[ImagePair],
    size_px: tuple[float, float],
    *,
    viewing_ms: float = 3000.0,
    pixels_per_degree: float | None = None,
    groups: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ScanpathComparison:
    """Compare the scanpaths on versions with those on their originals.

    Parameters
    ----------
    fixations : DataFrame
        One row a fixation, as for `time_course`. Scanpaths are of the fixations on the image that
        began after the onset, without fixation 0.
    pairs
        Originals with versions; no regions are needed.
    size_px
        ``(width, height)`` of the images.
    viewing_ms
        For how long the images were shown, where the table has no column ``viewing_ms``.
    pixels_per_degree
        Of the image, to have distances in degrees; else they are in pixels.
    groups
        By subject the group within which it is drawn anew, as for `time_course`.
    resamples, seed
        Of the bootstrap over subjects and sources.

    Returns
    -------
    comparison : ScanpathComparison
        Tables.

    Raises
    ------
    InputError
        If the table lacks a column, or nobody looked at an original or a version.

    Examples
    --------
    Three people look along one line on the original, and along another on the version.

    >>> import pandas as pd
    >>> from analysis import ImagePair, compare_scanpaths
    >>> lines = {"a.png": [(10, 10), (60, 10), (60, 60)], "b.png": [(60, 60), (60, 10), (10, 10)]}
    >>> fixations = pd.DataFrame(
    ...     {"image": image, "subject": subject, "x_px": x, "y_px": y, "onset_ms": 100 + 300 * n,
    ...      "duration_ms": 250}
    ...     for image, line in lines.items()
    ...     for subject in ("s1", "s2", "s3")
    ...     for n, (x, y) in enumerate(line)
    ... )
    >>> compared = compare_scanpaths(fixations, [ImagePair("a", "a.png", "b.png")], (100, 100))
    >>> direction = compared.similarity.set_index("dimension").loc["direction"]
    >>> [round(float(direction[name]), 2) for name in ("within_original", "between")]
    [1.0, 0.5]
    """
    check_numbers(resamples=resamples)
    width_px, height_px = size_px
    if not (width_px > 0 and height_px > 0):
        raise InputError(f"size_px is {size_px}; expected (width, height), more than 0")
    if pixels_per_degree is not None and not pixels_per_degree > 0:
        raise InputError(f"pixels_per_degree is {pixels_per_degree}; expected more than 0, or None")
    table = ordered_fixations(fixations, viewing_ms)
    pairs = seen_pairs(pairs, table)
    groups = groups or dict.fromkeys(sorted(table["subject"].unique()), "everybody")
    check_groups(groups, table)
    on_image = table["x_px"].between(0, width_px, "left") & table["y_px"].between(
        0, height_px, "left"
    )
    images = sorted({image for pair in pairs for image in pair.images})
    used = table[on_image & (table["fixation"] >= 1) & table["image"].isin(images)]
    used = used.reset_index(drop=True)
    draws = draw_clusters(groups, pairs, seed, resamples)
    return ScanpathComparison(
        _measures(used, pairs, images, list(groups), draws, pixels_per_degree),
        similarity_table(_similarities(used, pairs, list(groups), size_px, seed), pairs, draws),
    )


def _measures(
    used: pd.DataFrame, pairs: Sequence[ImagePair], images: Sequence[str], subjects: Sequence[str],
    draws: Draws, pixels_per_degree: float | None,
) -> pd.DataFrame:  # fmt: skip
    unit, per_unit = ("px", 1.0) if pixels_per_degree is None else ("deg", pixels_per_degree)
    trial = used.groupby(["image", "subject", "trial"], sort=False).ngroup().to_numpy()
    begins = np.r_[True, trial[1:] != trial[:-1]][: len(trial)]
    number = used["fixation"].to_numpy()
    # A saccade leads from a fixation to the next one of the trial, if none was left out between.
    leads = np.r_[False, ~begins[1:] & (number[1:] == number[:-1] + 1)][: len(trial)]
    steps = np.r_[0.0, np.hypot(np.diff(used["x_px"]), np.diff(used["y_px"]))][: len(trial)]
    amplitude = np.where(leads, steps / per_unit, 0.0)
    end_ms = used["onset_ms"] + used["duration_ms"]
    whole = (end_ms <= used["viewing_ms"]).to_numpy()
    looked = pd.Index(subjects).get_indexer(pd.Index(used["subject"]))
    place = looked * len(images) + pd.Index(images).get_indexer(pd.Index(used["image"]))
    of_pairs = np.array([[images.index(image) for image in pair.images] for pair in pairs])

    def sums(values: np.ndarray | pd.Series) -> np.ndarray:
        """Return sums by subject, pair, original and version."""
        size = len(subjects) * len(images)
        by_image = np.bincount(place, np.asarray(values, float), minlength=size)
        return by_image.reshape(len(subjects), len(images))[:, of_pairs][..., None]

    trials = sums(begins)
    measured = {
        ("fixations", "fixations"): (sums(np.ones(len(used))), trials),
        ("fixation_duration", "ms"): (sums(used["duration_ms"] * whole), sums(whole)),
        ("saccade_amplitude", unit): (sums(amplitude), sums(leads)),
        ("scanpath_length", unit): (sums(amplitude), trials),
    }
    values = {key: mean_ratios_by_direction(pairs, draws, *one) for key, one in measured.items()}
    rows = []
    for (condition, direction), places in by_direction(pairs).items():
        counts = trials[:, places].sum(axis=0)[..., 0]
        rows += [
            measure_row(
                {"condition": condition, "direction": direction, "measure": name, "unit": of},
                [pairs[place] for place in places], counts,
                by[condition, direction][..., 0], draws.of(places).freedom,
            )
            for (name, of), by in values.items()
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(MEASURES.names))


def _similarities(
    used: pd.DataFrame, pairs: Sequence[ImagePair], subjects: Sequence[str],
    size_px: tuple[float, float], seed: int,
) -> ImageSimilarities:  # fmt: skip
    """Return how alike the scanpaths of different people are, on one image and on two."""
    end_ms = np.minimum(used["onset_ms"] + used["duration_ms"], used["viewing_ms"])
    seconds = ((end_ms - used["onset_ms"]) / 1000).to_numpy()
    xy_px = used[["x_px", "y_px"]].to_numpy()
    place = {subject: number for number, subject in enumerate(subjects)}
    paths: list[tuple[np.ndarray, np.ndarray]] = []
    owner: dict[str, dict[int, int]] = {}
    trials = used.groupby(["image", "subject", "trial"], sort=False).ngroup().to_numpy()
    images, people = used["image"].to_numpy(object), used["subject"].to_numpy(object)
    starts = np.flatnonzero(np.r_[True, trials[1:] != trials[:-1]])
    for rows in np.split(np.arange(len(trials)), starts[1:]):
        image, subject = images[rows[0]], people[rows[0]]
        seen = owner.setdefault(image, {})
        if len(rows) >= LEAST_FIXATIONS and place[subject] not in seen:  # a first trial alone
            seen[place[subject]] = len(paths)
            paths.append((xy_px[rows], seconds[rows]))
    compared = [np.empty((0, 5), int)]  # matrix, two subjects, two scanpaths
    matrices: dict[tuple[str, str], int] = {}
    for pair in pairs:
        for one, other in ((pair.original,) * 2, (pair.version,) * 2, pair.images):
            if (one, other) in matrices:
                continue
            matrix = matrices[one, other] = len(matrices)
            a, b = (np.array([*owner.get(name, {}).items()], int).reshape(-1, 2)
                    for name in (one, other))  # fmt: skip
            both = a[:, None, 0] != b[:, 0]
            first, second = np.nonzero(np.triu(both) if one == other else both)
            s, t = a[first], b[second]
            compared.append(
                np.column_stack([np.full(len(s), matrix), s[:, 0], t[:, 0], s[:, 1], t[:, 1]])
            )
    table = np.concatenate(compared)
    if len(table) > MOST_COMPARISONS:
        chosen = np.random.default_rng([seed, len(table)]).choice(
            len(table), MOST_COMPARISONS, replace=False
        )
        table = table[np.sort(chosen)]
    values = similarities(scanpaths_of(paths), table[:, 3], table[:, 4], size_px)
    return ImageSimilarities(matrices, table[:, 0], table[:, 1], table[:, 2], values)
