"""When the target is first fixated, by trials of which some never do: Kaplan and Meier (1958).

The latency of a trial is the onset of its first fixation on the target; a trial that has none is
right censored at the end of viewing. The trials on one image make a curve for each target, and the
curves of a direction are averaged over its targets, those alone that have one on original and on
version: so trials that were left out unevenly do not make originals and versions differ. Intervals
draw subjects and sources anew, since trials of one subject, and on one photograph, are alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.viewing.pairs import Key, TargetPair, by_direction
from analysis.viewing.resampling import Draws, intervals
from analysis.viewing.target_views import TargetViews
from stimuli.support.tables import Column, Schema, interval_columns

LATENCY = Schema(
    "latency",
    (
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What was asked of the target"),
        Column("time_ms", float, "Since the image's onset", "ms"),
        Column("original", float, "Share of trials on originals that have not yet fixated the "
               "target (Kaplan-Meier), mean over targets"),
        *interval_columns("original", "at this time alone"),
        Column("version", float, "The same on versions"),
        *interval_columns("version", "at this time alone"),
    ),
)  # fmt: skip

_STEP_MS = 25.0
_AT_ONCE = 250


@dataclass(frozen=True, eq=False)
class Survival:
    """Kaplan-Meier curves averaged over targets, one a row of weights.

    Attributes
    ----------
    at : array (rows, times)
        Share that has not fixated the target yet, at the times asked for.
    restricted_mean_ms, median_ms : arrays (rows,)
        Area under the curve up to the horizon, and the first time at which it is at most one half;
        NaN where it never is.
    """

    at: np.ndarray
    restricted_mean_ms: np.ndarray
    median_ms: np.ndarray


@dataclass(frozen=True, eq=False)
class Latencies:
    """Latencies of trials, by target.

    Attributes
    ----------
    time_ms, seen : arrays (n,)
        Latency, or the end of viewing where the target was not seen.
    target : array (n,)
        Number of the target.
    """

    time_ms: np.ndarray
    seen: np.ndarray
    target: np.ndarray


def survival(
    latencies: Latencies,
    weights: np.ndarray,
    of_targets: np.ndarray,
    at_ms: np.ndarray,
    horizon_ms: float,
) -> Survival:
    """Return means over targets of product-limit curves of trials that count as their weights say.

    Parameters
    ----------
    latencies : Latencies
    weights : array (rows, n)
        How often each trial counts.
    of_targets : array (rows, targets)
        How often each target counts; 0 where it has no trial that counts.
    at_ms : array (times,)
        When the curves are asked for.
    horizon_ms
        End of the restricted mean.
    """
    # At a tie, who saw the target was at risk with who is censored.
    order = np.lexsort((~latencies.seen, latencies.time_ms))
    time, seen, target = (
        one[order] for one in (latencies.time_ms, latencies.seen, latencies.target)
    )
    with np.errstate(invalid="ignore"):  # nobody was drawn, or no draw tells anything
        shares = of_targets / of_targets.sum(axis=1, keepdims=True)
    lost = np.empty(weights.shape)
    for one in np.unique(target):
        own = np.flatnonzero(target == one)
        lost[:, own] = shares[:, [one]] * _lost(weights[:, order[own]], seen[own])
    alive = np.hstack([np.ones((len(weights), 1)), 1.0 - np.cumsum(lost, axis=1)])
    alive[~np.isfinite(shares).all(axis=1)] = np.nan
    steps = np.diff(np.minimum(np.r_[0.0, time, np.inf], horizon_ms))
    half = alive <= 0.5 + 1e-9
    median = np.where(half.any(axis=1), np.r_[0.0, time][half.argmax(axis=1)], np.nan)
    return Survival(
        alive[:, np.searchsorted(time, at_ms, side="right")], alive @ steps, median
    )  # fmt: skip


def _lost(weights: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return by how much a product-limit curve falls at every trial, in the order of time."""
    at_risk = weights[:, ::-1].cumsum(axis=1)[:, ::-1]
    hits = weights * seen
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = np.where(hits > 0, 1.0 - hits / at_risk, 1.0)
    return -np.diff(np.cumprod(factors, axis=1), axis=1, prepend=1.0)


def latencies_of(views: TargetViews, horizon_ms: float) -> Latencies:
    """Return the latency of every view, censored at the horizon; targets are pairs."""
    first = views.first_on_target
    time_ms = np.where(first >= 0, views.onset_ms[first], views.viewing_ms)
    seen = (first >= 0) & (time_ms < horizon_ms)
    return Latencies(np.minimum(time_ms, horizon_ms), seen, views.pair)


@dataclass(frozen=True, eq=False)
class LatencyCurves:
    """Curves of one direction, and what they come to, with resamples as rows.

    Attributes
    ----------
    table : DataFrame
        Rows by `LATENCY`.
    restricted_mean_ms, median_ms : arrays (1 + resamples, 3)
        Of original, version, and version - original.
    """

    table: pd.DataFrame
    restricted_mean_ms: np.ndarray
    median_ms: np.ndarray


def latency_curves(
    views: TargetViews, pairs: Sequence[TargetPair], draws: Draws
) -> dict[Key, LatencyCurves]:
    """Return the curves of every condition and direction."""
    horizon_ms = float(np.median(views.viewing_ms))  # a trial that was shown too long adds nothing
    every = latencies_of(views, horizon_ms)
    at_ms = np.append(_STEP_MS * np.arange(max(1, round(horizon_ms / _STEP_MS))), horizon_ms)
    trials = views.per_subject(np.ones(len(views.pair)), np.arange(len(views.pair)))[..., 0]
    found = {}
    for (condition, direction), places in by_direction(pairs).items():
        sides = []
        of_targets = _counted(trials[:, places], draws.subjects) * draws.pairs[:, places]
        for which in (0, 1):
            own = np.flatnonzero(np.isin(views.pair, places) & (views.version == which))
            mine = Latencies(
                every.time_ms[own], every.seen[own], np.searchsorted(places, views.pair[own])
            )
            sides.append(
                [
                    survival(
                        mine, draws.subjects[rows][:, views.subject[own]], of_targets[rows],
                        at_ms, horizon_ms,
                    )
                    for rows in _pieces(len(draws.subjects))
                ]
            )  # fmt: skip
        curves, means, medians = (
            [np.concatenate([getattr(part, name) for part in parts]) for parts in sides]
            for name in ("at", "restricted_mean_ms", "median_ms")
        )
        table = pd.DataFrame({"condition": condition, "direction": direction, "time_ms": at_ms})
        for name, curve in zip(("original", "version"), curves, strict=True):
            low, high = (end.clip(0.0, 1.0) for end in intervals(curve, draws.of(places).freedom))
            table[name], table[f"{name}_low"], table[f"{name}_high"] = curve[0], low, high
        found[condition, direction] = LatencyCurves(
            table, _with_difference(means), _with_difference(medians)
        )
    return found


def _with_difference(both: Sequence[np.ndarray]) -> np.ndarray:
    original, version = both
    return np.stack([original, version, version - original], axis=1)


def _counted(trials: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return whether each resample has trials on a target's original and on its version.

    Parameters
    ----------
    trials : array (subjects, targets, 2)
    times : array (rows, subjects)
    """
    counts: np.ndarray = np.tensordot(times, trials, axes=1)
    return np.asarray((counts > 0).all(axis=2))


def _pieces(n: int) -> list[slice]:
    """Return rows of resamples that are held in memory together."""
    return [slice(start, start + _AT_ONCE) for start in range(0, n, _AT_ONCE)]
