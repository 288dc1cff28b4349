"""The figure of power over the number of subjects, one line an effect."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.report.style import FAINT, FILE_DPI, lay_out, style
from stimuli.support.files import atomic_path


def draw_power(power: pd.DataFrame, path: Path) -> Path:
    """Write the figure of a table by `analysis.planning.power.POWER`, with 95 % error bars."""
    with style():
        figure = Figure(figsize=(4.6, 3.2))
        axes = figure.subplots()
        axes.axhline(0.8, color=FAINT, linewidth=0.8, linestyle="--", zorder=0)
        for effect, rows in power.groupby("effect"):
            axes.errorbar(
                rows["subjects"], rows["power"], 1.96 * rows["standard_error"], marker="o",
                markersize=4, linewidth=1.2, label=f"{effect:+g}",
            )  # fmt: skip
        axes.set(xlabel="subjects", ylabel="power", ylim=(-0.02, 1.04))
        axes.legend(title="change", loc="best")
        lay_out(figure, FILE_DPI)
        with atomic_path(path) as temporary:
            figure.savefig(temporary)
    return path
