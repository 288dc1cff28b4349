"""Colours and settings that all figures share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stimuli.contract.vocabulary import Direction

COLOURS = {
    Direction.INCREASE: "#c1502e",
    Direction.DECREASE: "#2b6c99",
    Direction.CONTROL: "#8057a5",
    Direction.NONE: "#6b6b6b",
}
INK, FAINT = "#222222", "#b8b8b8"
_DARK = "#262626"

_SETTINGS: dict[Any, Any] = {  # by the names of matplotlib's rcParams
    "font.sans-serif": ["Arial", "DejaVu Sans", "Liberation Sans", "sans-serif"],
    "font.size": 9,
    "text.color": _DARK,
    "axes.axisbelow": True,
    "axes.labelcolor": _DARK,
    "xtick.color": _DARK,
    "ytick.color": _DARK,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "white",
    "patch.force_edgecolor": True,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "guiding-gaze",  # ids of elements that are the same whenever they are drawn
    "savefig.dpi": 200,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw what stands in the block in the house style, and without a screen."""
    matplotlib.use("Agg")
    with matplotlib.rc_context(_SETTINGS):
        yield


def open_frame(axes: Axes, *, left: bool = True) -> None:
    """Draw no frame above and right of axes, nor left of them unless asked."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines["left"].set_visible(left)


def lay_out(figure: Figure, dpi: float) -> None:
    """Lay a figure out, once and for all: `savefig` would do it, and draw, for every file."""
    figure.set_dpi(dpi)
    if engine := figure.get_layout_engine():
        engine.execute(figure)
        figure.set_layout_engine("none")
