"""Contact sheets: every source with its versions and predictions, on pictures and to print."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.patheffects import withStroke

from stimuli.support.console import progress
from stimuli.support.files import write_bytes

_CELL_IN = 1.9  # side of one picture in inches
_LINE_IN = 0.125  # of the figures above a density
_LINES = 3  # that have room between two rows, and one less above the first
_PAGE_ROWS = 3  # sources on a page, across
_PICTURE_ROWS = 24  # sources on a picture
_A4_IN = (8.27, 11.69)


class Role(StrEnum):
    """What a region is to a version; each has a line of its own."""

    AIM = "aim"
    PARTNER = "partner"  # shifted beside the aim
    CHANGED = "changed"  # in place of the aim, by a control


_LINES_OF: dict[Role, dict[str, Any]] = {
    Role.AIM: {"colors": "cyan", "linestyles": "solid"},
    Role.PARTNER: {"colors": "orange", "linestyles": "dashed"},
    Role.CHANGED: {"colors": "yellow", "linestyles": "solid"},
}


@dataclass(frozen=True, eq=False)
class Outlined:
    """A region that is outlined on a picture: mask ``(H, W)`` bool, role, and name or ``""``."""

    mask: np.ndarray
    role: Role = Role.AIM
    name: str = ""


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of the sheet.

    Attributes
    ----------
    title, figures
        Lines above the picture, and above its density.
    image : ndarray (H, W, 3), uint8
    density : ndarray (H, W)
        Predicted density, drawn as a heat map.
    outlined
        Regions of this picture, with their names on it.
    notes
        Further lines between title and picture.
    """

    title: str
    figures: str
    image: np.ndarray
    density: np.ndarray
    outlined: tuple[Outlined, ...] = ()
    notes: str = ""

    @property
    def heading(self) -> str:
        """All lines above the picture."""
        return f"{self.title}\n{self.notes}" if self.notes else self.title


def contact_sheet(rows: Sequence[Sequence[Panel]], title: str, subtitle: str = "") -> Figure:
    """Return a figure with a row for each source: every picture beside its predicted density."""
    columns = max(map(len, rows))
    texts = [text for row in rows for panel in row for text in (panel.heading, panel.figures)]
    lines = max(text.count("\n") + 1 for text in texts)
    more = max(lines - _LINES, 0) * _LINE_IN
    top = 0.6 + max(lines - _LINES + 1, 0) * _LINE_IN + 0.15 * len(subtitle.splitlines())
    height = len(rows) * (_CELL_IN * 1.28 + more) + top + 0.2
    figure = Figure(figsize=(2 * columns * _CELL_IN * 1.04, height), layout="none")  # type: ignore[arg-type]  # its stubs lack "none"
    grid = GridSpec(
        len(rows), 2 * columns, figure, left=0.01, right=0.99, top=1 - top / height,
        bottom=0.2 / height, wspace=0.04, hspace=0.25 + more / _CELL_IN,
    )  # fmt: skip
    figure.suptitle(title, y=1 - 0.12 / height, fontsize=11)
    figure.text(0.5, 1 - 0.33 / height, subtitle, fontsize=8, ha="center", va="top")
    for number, panels in enumerate(rows):
        peak = max(panel.density.max() for panel in panels)
        for column, panel in enumerate(panels):
            picture = figure.add_subplot(grid[number, 2 * column])
            picture.imshow(panel.image, interpolation="antialiased")
            picture.set_title(panel.heading, fontsize=7, pad=2, loc="left")
            _name(picture, panel.outlined)
            heat = figure.add_subplot(grid[number, 2 * column + 1])
            heat.imshow(panel.density, cmap="magma", vmin=0, vmax=peak)
            heat.set_title(panel.figures, fontsize=7, pad=2, loc="left")
            for axes in (picture, heat):
                axes.set_axis_off()
                for one in panel.outlined:
                    axes.contour(one.mask, levels=[0.5], linewidths=0.7, **_LINES_OF[one.role])
    return figure


def _name(picture: Axes, outlined: Sequence[Outlined]) -> None:
    """Write the names of regions above them, inside the picture."""
    for one in outlined:
        rows, columns = np.nonzero(one.mask)
        if not (one.name and len(rows)):
            continue
        height, width = one.mask.shape
        half = min(0.012 * len(one.name), 0.5) + 0.01  # of its width, as a share of the picture's
        x = min(max(columns.mean() / width, half), 1 - half) * width
        picture.text(
            x, max(rows.min() - 0.01 * height, 0.06 * height), one.name,
            fontsize=6, ha="center", va="bottom", color="white", clip_on=True,
            path_effects=[withStroke(linewidth=1.5, foreground="black")],
        )  # fmt: skip


def write_contact_sheets(
    folder: Path,
    rows: Sequence[Sequence[Panel]],
    title: str,
    subtitle: str = "",
    *,
    wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Write ``contact_sheet.png``, 24 sources on a picture, and ``contact_sheet.pdf`` on A4.

    Of more sources the next pictures are ``contact_sheet-2.png`` and so on. `wanted` is asked
    before any file is removed or written; once it says no, the rest is left as it is.
    """
    if not wanted():
        return
    remove_contact_sheets(folder)
    pictures = _pages(rows, title, _PICTURE_ROWS)
    for number, (part, heading) in enumerate(progress(pictures, "Drawing contact sheets"), start=1):
        buffer = io.BytesIO()
        contact_sheet(part, heading, subtitle).savefig(buffer, format="png", dpi=110)
        if not wanted():
            return
        write_bytes(_picture(folder, number), buffer.getvalue())
    buffer = io.BytesIO()
    with PdfPages(buffer, metadata={"CreationDate": None}) as pdf:
        for part, heading in progress(
            _pages(rows, title, _PAGE_ROWS), "Drawing contact sheets to print"
        ):
            if not wanted():
                return
            figure = contact_sheet(part, heading, subtitle)
            width, height = figure.get_size_inches()
            figure.set_size_inches(_A4_IN[1], height * _A4_IN[1] / width)
            pdf.savefig(figure, dpi=150)
    if wanted():
        write_bytes(_pdf(folder), buffer.getvalue())


def contact_sheet_files(folder: Path, sources: int) -> list[Path]:
    """Return the files that the contact sheets of so many sources fill."""
    pictures = -(-sources // _PICTURE_ROWS)
    return [*(_picture(folder, number) for number in range(1, pictures + 1)), _pdf(folder)]


def remove_contact_sheets(folder: Path) -> None:
    """Remove the contact sheets of a folder, which would show what is not so any more."""
    for stale in [*folder.glob("contact_sheet*.png"), _pdf(folder)]:
        stale.unlink(missing_ok=True)


def _picture(folder: Path, number: int) -> Path:
    return folder / f"contact_sheet{f'-{number}' if number > 1 else ''}.png"


def _pdf(folder: Path) -> Path:
    return folder / "contact_sheet.pdf"


def _pages(
    rows: Sequence[Sequence[Panel]], title: str, most: int
) -> list[tuple[Sequence[Sequence[Panel]], str]]:
    """Return the rows of each page, and its title, numbered where there are several."""
    parts = [rows[first : first + most] for first in range(0, len(rows), most)]
    return [
        (part, title if len(parts) == 1 else f"{title}, page {number} of {len(parts)}")
        for number, part in enumerate(parts, start=1)
    ]
