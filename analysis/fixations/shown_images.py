"""Which images an experiment showed, and where on the screen: a table that a user writes.

In comes a CSV or tab-separated file with the column ``image`` and, where images did not fill the
screen, their rectangle on it; out come placements by name. A message may name an image with folders
and suffix, the table without, or the other way round.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stimuli.contract.geometry import Placement
from stimuli.support.errors import InputError, nearest

COLUMNS = ("image", "left_px", "top_px", "width_px", "height_px", "image_width_px",
           "image_height_px")  # fmt: skip
_RECTANGLE, _OWN_SIZE = COLUMNS[1:5], COLUMNS[5:]


@dataclass(frozen=True)
class ShownImages:
    """Images by name, each with its placement; None where it filled the tracker's screen."""

    placements: Mapping[str, Placement | None]

    def find(self, name: str) -> str | None:
        """Return which image a message means: by its whole name, its last part, or its stem.

        None if there is none, or more than one of that stem.
        """
        if name in self.placements:
            return name
        for shorten in (_last_part, _stem):
            found = [one for one in self.placements if shorten(one) == shorten(name)]
            if len(found) == 1:
                return found[0]
        return None


def read_shown_images(path: str | Path, placement: Placement | None = None) -> ShownImages:
    """Read the table of images.

    Parameters
    ----------
    path
        CSV, or tab-separated where its name ends in ``.tsv``, with the column ``image``, and where
        known the rectangle of the screen that the image filled (``left_px``, ``top_px``,
        ``width_px``, ``height_px``, in the screen's pixels, from its top left corner) and its own
        size (``image_width_px``, ``image_height_px``; by default as on the screen).
    placement
        Of images for which the table has none.

    Raises
    ------
    InputError
        If the file is no such table, an image is in it twice, or a rectangle is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from analysis import read_shown_images
    >>> columns = "image,left_px,top_px,width_px,height_px"
    >>> _ = Path("images.csv").write_text(f"{columns}\\nforest.png,448,28,1024,1024\\n")
    >>> read_shown_images("images.csv").find("pictures/Forest.png")
    'forest.png'
    """
    path = Path(path)
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        table = pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except FileNotFoundError:
        raise InputError(f"{path}: no such table; expected the images that were shown") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a table ({error}); expected CSV") from None
    if "image" not in table:
        raise InputError(
            f"{path}: column 'image' is missing; expected {', '.join(COLUMNS)}"
            f"{nearest('image', table.columns)}"
        )
    placements: dict[str, Placement | None] = {}
    columns = [str(name) for name in table.columns]
    for line, cells in enumerate(table.itertuples(index=False, name=None), start=2):
        row: dict[str, object] = dict(zip(columns, cells, strict=True))
        name = str(row["image"]).strip()
        where = f"{path}, line {line}"
        if not name or name in placements:
            raise InputError(f"{where}: image is {name!r}; expected a name, each once")
        own = _placement(row, where)
        placements[name] = placement if own is None else own
    if not placements:
        raise InputError(f"{path}: holds no image; expected a row for each that was shown")
    return ShownImages(placements)


def parse_placement(text: str) -> Placement:
    """Return the placement that ``LEFT,TOP,WIDTH,HEIGHT`` states, in pixels of the screen.

    Raises
    ------
    InputError
        If these are no four numbers, or the size is none.
    """
    words = re.split(r"[,x ]+", text.strip())
    if len(words) != len(_RECTANGLE):
        raise InputError(f"placement is {text!r}; expected LEFT,TOP,WIDTH,HEIGHT in pixels")
    row = dict(zip(_RECTANGLE, words, strict=True))
    placed = _placement(row, f"placement {text!r}")
    assert placed is not None
    return placed


def _placement(row: Mapping[str, object], where: str) -> Placement | None:
    values = {name: str(row.get(name, "")).strip() for name in COLUMNS[1:]}
    known = {name: _number(text, name, where) for name, text in values.items()
             if text not in ("", "n/a")}  # fmt: skip
    if not known:
        return None
    if missing := [name for name in _RECTANGLE if name not in known]:
        raise InputError(f"{where}: {missing[0]} is missing; expected {', '.join(_RECTANGLE)}")
    sizes = [known["width_px"], known["height_px"], *(known.get(name, 1.0) for name in _OWN_SIZE)]
    if min(sizes) <= 0:
        raise InputError(f"{where}: a size is {min(sizes):g}; expected more than 0 pixels")
    return Placement(
        left_px=known["left_px"],
        top_px=known["top_px"],
        width_px=known["width_px"],
        height_px=known["height_px"],
        image_width_px=round(known.get("image_width_px", known["width_px"])),
        image_height_px=round(known.get("image_height_px", known["height_px"])),
    )


def _number(text: str, name: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: {name} is {text!r}; expected a number of pixels")
    return value


def _last_part(name: str) -> str:
    return re.split(r"[/\\]", name)[-1].casefold()


def _stem(name: str) -> str:
    return _last_part(name).rsplit(".", 1)[0]
