"""Colours and settings that all figures share."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
import seaborn

COLOURS = {"increase": "#c1502e", "decrease": "#2b6c99", "none": "#6b6b6b"}
INK, FAINT = "#222222", "#b8b8b8"

_SETTINGS = {
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
    "savefig.dpi": 200,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw what stands in the block in the house style, and without a screen."""
    matplotlib.use("Agg")
    with seaborn.axes_style("ticks"), matplotlib.rc_context(_SETTINGS):
        yield
