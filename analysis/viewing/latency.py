"""When the target is first fixated, by trials of which some never do: Kaplan and Meier (1958).

The latency of a trial is the onset of its first fixation on the target; a trial that has none is
right censored at the end of viewing. All trials of a direction make one curve; intervals draw
subjects and sources anew, since trials of one subject, and on one photograph, are alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.viewing.pairs import Key, TargetPair, by_direction
from analysis.viewing.resampling import Draws, intervals
from analysis.viewing.target_views import TargetViews
from stimuli.support.tables import Column, Schema

LATENCY = Schema(
    "latency",
    (
        Column("condition", str, "How the versions came to be"),
        Column("direction", str, "What was asked of the target"),
        Column("time_ms", float, "Since the image's onset", "ms"),
        Column("original", float, "Share of trials on originals that have not yet fixated the "
               "target (Kaplan-Meier)"),
        Column("original_low", float, "Lower end of its 95 % interval, at this time alone"),
        Column("original_high", float, "Upper end"),
        Column("version", float, "The same on versions"),
        Column("version_low", float, "Lower end of its 95 % interval, at this time alone"),
        Column("version_high", float, "Upper end"),
    ),
)  # fmt: skip

_STEP_MS = 25.0
_AT_ONCE = 250


@dataclass(frozen=True, eq=False)
class Survival:
    """Kaplan-Meier curves, one a row of weights.

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


def survival(
    time_ms: np.ndarray, seen: np.ndarray, weights: np.ndarray, at_ms: np.ndarray, horizon_ms: float
) -> Survival:
    """Return product-limit curves of trials that count as often as their weights.

    Parameters
    ----------
    time_ms, seen : arrays (n,)
        Latency, or the end of viewing where the target was not seen.
    weights : array (rows, n)
    at_ms : array (times,)
        When the curves are asked for.
    horizon_ms
        End of the restricted mean.
    """
    order = np.lexsort((~seen, time_ms))  # at a tie, who saw it was at risk with who is censored
    time, weights = time_ms[order], weights[:, order]
    at_risk = weights[:, ::-1].cumsum(axis=1)[:, ::-1]
    lost = weights * seen[order]
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = np.where(lost > 0, 1.0 - lost / at_risk, 1.0)
    alive = np.hstack([np.ones((len(weights), 1)), np.cumprod(factors, axis=1)])
    alive[~(at_risk[:, 0] > 0)] = np.nan  # nobody was drawn, or no draw tells anything
    steps = np.diff(np.minimum(np.r_[0.0, time, np.inf], horizon_ms))
    half = alive <= 0.5 + 1e-9
    median = np.where(half.any(axis=1), np.r_[0.0, time][half.argmax(axis=1)], np.nan)
    return Survival(
        alive[:, np.searchsorted(time, at_ms, side="right")], alive @ steps, median
    )  # fmt: skip


def latencies(views: TargetViews) -> tuple[np.ndarray, np.ndarray]:
    """Return of every view the latency, or the end of viewing, and whether the target was seen."""
    first = views.first_on_target
    seen = first >= 0
    return np.where(seen, views.onset_ms[first], views.viewing_ms), seen


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
    time_ms, seen = latencies(views)
    horizon_ms = float(np.median(views.viewing_ms))  # a trial that was shown too long adds nothing
    seen &= time_ms < horizon_ms
    time_ms = np.minimum(time_ms, horizon_ms)
    at_ms = np.append(_STEP_MS * np.arange(max(1, round(horizon_ms / _STEP_MS))), horizon_ms)
    found = {}
    for (condition, direction), places in by_direction(pairs).items():
        curves, means, medians = [], [], []
        for which in (0, 1):
            own = np.isin(views.pair, places) & (views.version == which)
            parts = [
                survival(
                    time_ms[own], seen[own],
                    draws.subjects[rows, views.subject[own]] * draws.pairs[rows, views.pair[own]],
                    at_ms, horizon_ms,
                )
                for rows in _pieces(len(draws.subjects))
            ]  # fmt: skip
            curves.append(np.concatenate([one.at for one in parts]))
            means.append(np.concatenate([one.restricted_mean_ms for one in parts]))
            medians.append(np.concatenate([one.median_ms for one in parts]))
        table = pd.DataFrame({"condition": condition, "direction": direction, "time_ms": at_ms})
        for name, curve in zip(("original", "version"), curves, strict=True):
            low, high = intervals(curve)
            table[name], table[f"{name}_low"], table[f"{name}_high"] = curve[0], low, high
        found[condition, direction] = LatencyCurves(
            table, _with_difference(means), _with_difference(medians)
        )
    return found


def _with_difference(both: Sequence[np.ndarray]) -> np.ndarray:
    original, version = both
    return np.stack([original, version, version - original], axis=1)


def _pieces(n: int) -> list[np.ndarray]:
    """Return rows of resamples that are held in memory together, as columns."""
    return [np.arange(start, min(start + _AT_ONCE, n))[:, None] for start in range(0, n, _AT_ONCE)]
