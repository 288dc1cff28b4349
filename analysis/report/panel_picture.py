"""The picture of a panel: its pictures pixel by pixel, with what was measured under each.

Drawn by Pillow, not matplotlib: a report holds hundreds of panels, and one takes a tenth as long.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from analysis.report import tiles
from analysis.report.numbers import two_digits
from analysis.report.panel_source import Panel
from analysis.report.panels import ROWS
from analysis.report.style import COLOURS, INK
from stimuli.support.files import atomic_path

_LEFT, _TOP, _GAP, _EDGE = 46, 66, 9, 12  # px: beside, above, between and around pictures
_HEADING, _TITLE, _NAME, _NOTE = 20, 16, 16, 13  # px: sizes of the letters
_BAR, _BAR_ROOM, _BAR_NOTE = 10, 66, 12  # px: width of a colour bar, its room, its letters
_LINE = 15  # px from one line of notes to the next
_BLACK = "#000000"


def draw_panel(panel: Panel, path: Path) -> Path:
    """Write a panel as one PNG."""
    shapes = [column.tiles["stimulus"].shape for column in panel.columns]
    height, width = (max(shape[axis] for shape in shapes) for axis in (0, 1))
    notes = [{name: _lines(one.notes[name], width) for name in ROWS} for one in panel.columns]
    lines = [max(len(one[name]) for one in notes) for name in ROWS]
    tops = np.cumsum([_TOP] + [height + _GAP + _LINE * (n + 1) for n in lines])
    heading = f"{panel.source_id} ({panel.conditions})"
    needed = _LEFT + _font(_HEADING).getlength(heading) + _EDGE
    across = _LEFT + len(panel.columns) * (width + _GAP) - _GAP + _BAR_ROOM
    page = Image.new("RGB", (int(max(across, needed)), int(tops[-1])), "white")
    draw = ImageDraw.Draw(page)
    draw.text((_LEFT, _EDGE), heading, _BLACK, _font(_HEADING))
    for number, column in enumerate(panel.columns):
        left = _LEFT + number * (width + _GAP)
        colour = COLOURS[column.stimulus.direction]
        draw.text((left, _TOP - _TITLE - 6), column.title, colour, _font(_TITLE, bold=True))
        for name, top in zip(ROWS, map(int, tops), strict=False):
            _paste(page, column.tiles[name], left, top)
            text = "\n".join(notes[number][name])
            middle = (left + width // 2, top + height + 4)
            draw.multiline_text(middle, text, _BLACK, _font(_NOTE), "ma", 2, "center")
    for name, top in zip(ROWS, map(int, tops), strict=False):
        _name_row(page, name, top + height // 2)
        if name in panel.highest:
            _draw_bar(page, across - _BAR_ROOM + _GAP, top, height, panel.highest[name])
    with atomic_path(path) as temporary:
        page.save(temporary, "PNG", compress_level=1)
    return path


def _lines(notes: Sequence[str], width: int) -> list[str]:
    """Return notes in lines that are no wider than a picture, as far as words allow."""
    lines: list[str] = []
    for note in notes:
        words = note.split(" ")
        lines.append(words[0])
        for word in words[1:]:
            longer = f"{lines[-1]} {word}"
            if _font(_NOTE).getlength(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
    return lines


def _paste(page: Image.Image, pixels: np.ndarray, left: int, top: int) -> None:
    height, width = pixels.shape[:2]
    page.paste(Image.fromarray(pixels), (left, top))
    frame = left - 1, top - 1, left + width, top + height
    ImageDraw.Draw(page).rectangle(frame, outline=INK)


def _name_row(page: Image.Image, name: str, middle: int) -> None:
    """Write the name of a row upwards, left of its pictures."""
    font = _font(_NAME)
    word = Image.new("RGB", (int(font.getlength(name)) + 2, _NAME + 8), "white")
    ImageDraw.Draw(word).text((1, 0), name, _BLACK, font)
    upright = word.transpose(Image.Transpose.ROTATE_90)
    page.paste(upright, (_EDGE, middle - upright.height // 2))


def _draw_bar(page: Image.Image, left: int, top: int, height: int, highest: float) -> None:
    """Draw the colours of densities right of a row, in multiples of an even density."""
    _paste(page, tiles.colour_bar(height, _BAR).transpose(1, 0, 2)[::-1], left, top)
    draw, beside = ImageDraw.Draw(page), left + _BAR + 4
    for place, anchor, text in (
        (top, "la", f"{two_digits(highest)}\N{MULTIPLICATION SIGN}"),
        (top + height // 2, "lm", two_digits(highest / 2)),
        (top + height, "ls", "0"),
    ):
        draw.text((beside, place), text, _BLACK, _font(_BAR_NOTE), anchor)


@cache
def _font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font of the other figures."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size_px)
