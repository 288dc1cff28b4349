"""Where gaze is lost, missing or not to be read, over the time of every image of a session."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.fixations.lost_samples import TrialLosses
from analysis.report.session_figures import png_bytes
from analysis.report.style import COLOURS, FAINT, INK, style
from stimuli.contract.vocabulary import Direction

_LOST, _MISSING = COLOURS[Direction.DECREASE], COLOURS[Direction.INCREASE]
_BAND = "#f1f1f1"
_ROW_IN, _LEAST_IN, _MOST_IN = 0.11, 2.4, 11.0


def any_loss(losses: Sequence[TrialLosses]) -> bool:
    """Return whether anything is lost, missing or unreadable."""
    return any(len(one.lost_ms) + len(one.missing_ms) + len(one.unreadable_ms) for one in losses)


def draw_losses(losses: Sequence[TrialLosses]) -> bytes:
    """Draw a row a trial, over the time since its image appeared, and the share without gaze."""
    places = np.arange(len(losses))
    height = float(np.clip(1.1 + _ROW_IN * len(losses), _LEAST_IN, _MOST_IN))
    with style():
        figure = Figure(figsize=(9, height))
        rows, shares = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
        rows.barh(places, [one.duration_ms / 1000 for one in losses], 0.9, color=_BAND, linewidth=0)
        for names, colour in (("lost_ms", _LOST), ("missing_ms", _MISSING)):
            for place, one in zip(places, losses, strict=True):
                spans = getattr(one, names) / 1000
                rows.barh(
                    np.full(len(spans), place), np.diff(spans, axis=1)[:, 0], 0.9, left=spans[:, 0],
                    color=colour, linewidth=0,
                )  # fmt: skip
        for place, one in zip(places, losses, strict=True):
            at = one.unreadable_ms / 1000
            rows.plot(at, np.full(len(at), place), "|", color=INK, markersize=5)
        rows.set(xlabel="since the image appeared (s)", ylabel="trial",
                 xlim=(0, max(one.duration_ms for one in losses) / 1000))  # fmt: skip
        percent = [100 * one.share for one in losses]
        shares.barh(places, percent, 0.9, color=FAINT, linewidth=0)
        shares.set(xlabel="image without gaze (%)", xlim=(0, max(5.0, 1.05 * max(percent))))
        _trials(rows, losses)
        handles = [
            Patch(color=_LOST, label="eye lost, or closed"),
            Patch(color=_MISSING, label="no sample in the file"),
            Line2D([], [], color=INK, marker="|", linestyle="", label="line that cannot be read"),
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=3, fontsize=8)
        for axis in (rows, shares):
            axis.spines[["top", "right"]].set_visible(False)
        return png_bytes(figure)


def _trials(axis: Axes, losses: Sequence[TrialLosses]) -> None:
    step = max(1, len(losses) // 20)
    axis.set_yticks(range(0, len(losses), step), [str(one.trial) for one in losses[::step]])
    axis.set_ylim(len(losses) - 0.4, -0.6)
