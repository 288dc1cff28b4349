"""When gaze goes to the targets: everything about them that unfolds in time, in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.viewing.arguments import check_groups, check_numbers, seen_pairs
from analysis.viewing.course import course_table
from analysis.viewing.first_saccades import first_saccade_table
from analysis.viewing.latency import LATENCY, latency_curves
from analysis.viewing.measures import target_measures
from analysis.viewing.pairs import TargetPair
from analysis.viewing.resampling import RESAMPLES, draw_clusters
from analysis.viewing.table import ordered_fixations
from analysis.viewing.target_views import target_views
from stimuli.support.errors import InputError


@dataclass(frozen=True, eq=False)
class TimeCourse:
    """How gaze on the targets unfolds, for versions against their originals.

    Attributes
    ----------
    course : DataFrame
        Shares on the target by time and by fixation number, with bands that hold whole curves of
        differences; columns of `analysis.viewing.course.COURSE`.
    latency : DataFrame
        Kaplan-Meier curves of the first fixation on the target; `analysis.viewing.latency.LATENCY`.
    measures : DataFrame
        Latency, dwell time, visits; `analysis.viewing.measures.MEASURES`.
    first_saccades : DataFrame
        Landing of first saccades by latency; `analysis.viewing.first_saccades.FIRST_SACCADES`.
    """

    course: pd.DataFrame
    latency: pd.DataFrame
    measures: pd.DataFrame
    first_saccades: pd.DataFrame


def time_course(
    fixations: pd.DataFrame,
    pairs: Sequence[TargetPair],
    *,
    viewing_ms: float = 3000.0,
    bin_ms: float = 250.0,
    latency_groups: int = 4,
    groups: Mapping[str, str] | None = None,
    model: Mapping[TargetPair, tuple[float, float]] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> TimeCourse:
    """Return when people look at targets, in versions against their originals.

    Parameters
    ----------
    fixations : DataFrame
        One row a fixation, of any recordings: ``image``, ``subject``, ``x_px``, ``y_px`` (image
        pixels), ``onset_ms`` (since the image's onset) and ``duration_ms``. A fixation under way at
        the onset has a negative ``onset_ms``, or the number 0 in a column ``fixation``. Optional:
        ``fixation`` (numbers from 1), ``trial`` (where a subject saw an image several times) and
        ``viewing_ms``.
    pairs
        Originals with versions, and the region of each.
    viewing_ms
        For how long the images were shown, where the table has no such column.
    bin_ms
        Width of a bin of time.
    latency_groups
        How many groups the latencies of first saccades are parted into, within each subject.
    groups
        By subject the group within which it is drawn anew, where different people saw originals
        and versions (`subject_strata`); else all are one.
    model
        Probabilities of fixating the target that a model predicts, on original and version.
    resamples, seed
        Of the bootstrap over subjects and sources.

    Returns
    -------
    course : TimeCourse
        Tables. Fixation 0 is in none of the shares, latencies and dwell times.

    Raises
    ------
    InputError
        If the table lacks a column, or nobody looked at an original or a version.

    Examples
    --------
    Two subjects look at a target, the right half, after 600 ms; in the version after 200 ms.

    >>> import numpy as np
    >>> import pandas as pd
    >>> from analysis import TargetPair, time_course
    >>> seen = [("a.png", 600.0, 90.0), ("a-more.png", 200.0, 90.0)]
    >>> fixations = pd.DataFrame(
    ...     {"image": image, "subject": subject, "x_px": x, "y_px": 50.0, "onset_ms": onset,
    ...      "duration_ms": 180.0}
    ...     for image, onset_on_target, x_on_target in seen
    ...     for subject in ("s1", "s2")
    ...     for onset, x in ((100.0, 10.0), (onset_on_target, x_on_target))
    ... )
    >>> right = np.zeros((100, 100), bool)
    >>> right[:, 50:] = True
    >>> found = time_course(fixations, [TargetPair("a", "a.png", "a-more.png", mask=right)])
    >>> measures = found.measures.set_index("measure")
    >>> float(measures.loc["latency_median", "difference"])
    -400.0
    """
    check_numbers(bin_ms=bin_ms, latency_groups=latency_groups, resamples=resamples)
    table = ordered_fixations(fixations, viewing_ms)
    if bin_ms > viewing_ms:
        raise InputError(
            f"bin_ms is {bin_ms:g}, more than the {viewing_ms:g} ms of viewing; expected several "
            f"bins, such as 250"
        )
    pairs = seen_pairs(pairs, table)
    groups = groups or dict.fromkeys(sorted(table["subject"].unique()), "everybody")
    check_groups(groups, table)
    views = target_views(table, pairs, list(groups))
    draws = draw_clusters(groups, pairs, seed, resamples)
    latency = latency_curves(views, pairs, draws)
    return TimeCourse(
        course=course_table(views, pairs, draws, bin_ms, model or {}),
        latency=pd.concat([one.table for one in latency.values()], ignore_index=True)[
            list(LATENCY.names)
        ],
        measures=target_measures(views, pairs, draws, latency),
        first_saccades=first_saccade_table(views, pairs, draws, latency_groups),
    )
