"""Colours and settings that all figures share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import seaborn
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from stimuli.contract.vocabulary import Direction

COLOURS = {
    Direction.INCREASE: "#c1502e",
    Direction.DECREASE: "#2b6c99",
    Direction.CONTROL: "#8057a5",
    Direction.NONE: "#6b6b6b",
}
INK, FAINT = "#222222", "#b8b8b8"
FILE_DPI = 200

_SETTINGS: dict[Any, Any] = {  # by the names of matplotlib's rcParams
    "font.size": 9,
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
    "savefig.dpi": FILE_DPI,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw what stands in the block in the house style, and without a screen."""
    matplotlib.use("Agg")
    with seaborn.axes_style("ticks"), matplotlib.rc_context(_SETTINGS):
        yield


def lay_out(figure: Figure, dpi: float, **margins: Any) -> None:
    """Lay a figure out, once and for all.

    A figure with a layout engine of its own would be laid out, and drawn twice, for every file.

    Parameters
    ----------
    figure : Figure
        Without a layout engine.
    dpi
        Of the file.
    margins
        As `matplotlib.layout_engine.ConstrainedLayoutEngine` takes them.
    """
    figure.set_dpi(dpi)
    ConstrainedLayoutEngine(**margins).execute(figure)
