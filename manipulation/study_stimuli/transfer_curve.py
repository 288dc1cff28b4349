"""What versions buy and cost as their strength grows: effect seen by others, and naturalness."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from manipulation.study_stimuli.transfer import TransferredVersion

SHARES = (0.25, 0.5, 0.75, 1.0)  # of each change


@dataclass(frozen=True)
class CurvePoint:
    """Versions by one transform at one strength; the columns of `schemas.CURVE`."""

    transform: str
    strength: float
    versions: int
    increase: float | None
    decrease: float | None
    predicted: float
    seen: float | None
    realism: float
    second_realism: float
    within_budget: float | None
    feature_distance: float
    psnr_db: float


def transfer_curve(versions: Sequence[TransferredVersion]) -> list[CurvePoint]:
    """Return a point for each transform and strength of versions (`measure_transfer`)."""
    groups: dict[tuple[str, float], list[TransferredVersion]] = {}
    for one in versions:
        groups.setdefault((one.transform, one.effect.strength or 0.0), []).append(one)
    return [_point(transform, share, mine) for (transform, share), mine in groups.items()]


def _point(transform: str, share: float, versions: Sequence[TransferredVersion]) -> CurvePoint:
    effects = [one.effect for one in versions]
    signs = np.sign([one.k_shift for one in versions])
    seen = np.array([_mean(list(one.second_changes.values())) for one in effects], dtype=float)
    within = [one.within_budget for one in effects if one.within_budget is not None]

    def mean(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in effects]))

    def median(name: str) -> float:
        return float(np.median([getattr(one, name) for one in effects]))

    return CurvePoint(
        transform=transform,
        strength=share,
        versions=len(versions),
        increase=_mean(seen[signs > 0]),
        decrease=_mean(seen[signs < 0]),
        predicted=float(np.mean(signs * [one.predicted_change or 0.0 for one in effects])),
        seen=_mean(signs * seen),
        realism=median("realism"),
        second_realism=median("second_realism"),
        within_budget=_mean(within),
        feature_distance=mean("feature_distance"),
        psnr_db=mean_psnr([one.psnr_db for one in effects if one.psnr_db is not None]),
    )


def _mean(values: Sequence[float] | np.ndarray) -> float | None:
    """Return the mean of what is known; None where nothing is."""
    known = np.array([np.nan if one is None else one for one in values], dtype=float)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else None


def mean_psnr(values: Sequence[float]) -> float:
    """Return the mean of peak signal-to-noise ratios in dB, of versions that are not the original.

    Infinite where all are their originals.
    """
    changed = [one for one in values if math.isfinite(one)]
    return float(np.mean(changed)) if changed else math.inf


def draw_curve(points: Sequence[CurvePoint]) -> Figure:
    """Return a figure: effect seen by models that took no part, against two costs."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    by_realism, by_distance = figure.subplots(1, 2, sharey=True)
    for transform in dict.fromkeys(one.transform for one in points):
        mine = sorted((one for one in points if one.transform == transform),
                      key=lambda one: one.strength)  # fmt: skip
        seen = [0.0, *(np.nan if one.seen is None else one.seen for one in mine)]
        style = {"marker": "o", "markersize": 4, "label": transform}
        by_realism.plot([one.second_realism for one in mine], seen[1:], **style)
        by_distance.plot([0.0, *(one.feature_distance for one in mine)], seen, **style)
    by_realism.set_xlabel("untouched photographs that look as edited (median share),\n"
                          "by a realism judge that took no part")  # fmt: skip
    by_realism.invert_xaxis()
    by_distance.set_xlabel("distance to the original in features (mean)")
    by_realism.set_ylabel("change of p_obj in the direction asked,\nby models that took no part")
    for axes in (by_realism, by_distance):
        axes.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        axes.spines[["top", "right"]].set_visible(False)
    lines, names = by_distance.get_legend_handles_labels()
    figure.legend(lines, names, loc="outside upper center", ncols=3, frameon=False)
    return figure
