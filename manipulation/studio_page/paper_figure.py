"""A version as a figure for a paper: original, target, version and densities, with attribution.

In goes what a version comes to; a PNG and a PDF come out.
"""

import io
import textwrap
from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from manipulation.images.log_density import log_normalised
from manipulation.images.photographs import resized
from manipulation.studio_page.outcome import Outcome
from stimuli.support.files import write_bytes

_WIDTH_IN, _DPI = 7.2, 300  # the width of a journal's page
_DENSITY_PX = 256
_LINE = 150  # characters of the legend


def paper_figure(outcome: Outcome, regions: Mapping[str, Tensor], credit: str) -> Figure:
    """Return a figure of a version.

    Parameters
    ----------
    regions
        Masks ``(H, W)`` of the regions by their names; the first is the aim.
    credit
        Whom the photograph is owed to; stands below.
    """
    height, width = outcome.original.pixels.shape[:2]
    side = _WIDTH_IN / 5.16
    picture_in = side * height / width
    maps = [outcome.original.log_saliency, outcome.target, outcome.version.log_saliency]
    densities = [_root_density(one) for one in maps]
    peak = max(one.max() for one in densities)
    scale = (
        f"Densities on one scale, by their square root, from 0 (black) to "
        f"{peak**2 * densities[0].size:.0f} times an even one."
    )
    legend = textwrap.wrap(f"{_figures(outcome)} {scale} {credit}", _LINE)
    tall = picture_in + 0.24 + 0.13 * len(legend) + 0.05
    figure = Figure(figsize=(_WIDTH_IN, tall))
    panels = [
        ("Original", outcome.original.pixels), ("Density of the original", densities[0]),
        ("Target density", densities[1]), ("Version", outcome.version.pixels),
        ("Density of the version", densities[2]),
    ]  # fmt: skip
    for number, (name, shown) in enumerate(panels):
        left, bottom = number * 1.04 * side / _WIDTH_IN, (tall - 0.2 - picture_in) / tall
        axes = figure.add_axes((left, bottom, side / _WIDTH_IN, picture_in / tall))
        heat = {"cmap": "magma", "vmin": 0, "vmax": peak} if shown.ndim == 2 else {}
        axes.imshow(shown, interpolation="antialiased", **heat)
        axes.set_title(f"{'abcde'[number]}  {name}", fontsize=7, pad=3, loc="left")
        axes.set_axis_off()
        if name != "Version":
            for region, mask in enumerate(regions.values()):
                small = resized(mask.float(), (shown.shape[0], shown.shape[1])).numpy()
                colour = "cyan" if region == 0 else "orange"
                line = "solid" if region == 0 else "dashed"
                axes.contour(small, levels=[0.5], colors=colour, linestyles=line, linewidths=0.6)
    figure.text(0, 0.04 / tall, "\n".join(legend), fontsize=6, va="bottom", linespacing=1.4)
    return figure


def write_paper_figure(path: Path, figure: Figure) -> None:
    """Write a figure as ``.png`` (300 dpi) and ``.pdf`` beside each other."""
    for kind, options in (("png", {}), ("pdf", {"metadata": {"CreationDate": None}})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=_DPI, **options)  # type: ignore[arg-type]
        write_bytes(path.with_suffix(f".{kind}"), buffer.getvalue())


def _figures(outcome: Outcome) -> str:
    measured = []
    for one in (*outcome.objects, outcome.entropy):
        digits, unit = (2, "") if one is outcome.entropy else (3, "p_obj of ")
        measured.append(
            f"{unit}{one.name} {one.original:.{digits}f} to {one.predicted:.{digits}f} "
            f"(asked {one.asked:.{digits}f})"
        )
    aimed = ", solid line" if outcome.objects else ""
    return (
        f"To {outcome.direction} {outcome.aim.name}{aimed}; predicted without centre bias: "
        f"{'; '.join(measured)}."
    )


def _root_density(log_saliency: Tensor) -> np.ndarray:
    longest = max(log_saliency.shape)
    height, width = (round(_DENSITY_PX * side / longest) for side in log_saliency.shape)
    return log_normalised(resized(log_saliency, (height, width)).double()).exp().sqrt().numpy()
