"""Fixations as a plain CSV table, image by image, however many there are.

The table is read in pieces. Where the rows of an image stand together, as they do in every table
that was written image by image, no more than one piece is in memory; else the whole is read and
sorted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stimuli.support.errors import InputError, nearest

COLUMNS = ("image", "subject", "x_px", "y_px")
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True, eq=False)
class ImageFixations:
    """The fixations on one image.

    Attributes
    ----------
    xy_px : array (n, 2)
        Positions on the image, in its pixels.
    subjects : array (n,)
        Labels.
    n_outside
        Fixations beside the image, or without a position, which are left out.
    """

    image: str
    xy_px: np.ndarray
    subjects: np.ndarray
    n_outside: int


def read_images(path: str | Path, width_px: float, height_px: float) -> Iterator[ImageFixations]:
    """Yield the fixations on every image of a CSV table, in its order.

    Raises
    ------
    InputError
        If the file is absent or no such table, a column is missing, or a value is no number.
    """
    if _in_order(path):
        frames = _by_image(_pieces(path))
        for image, rows in frames:
            yield _fixations_on(image, rows, width_px, height_px)
    else:
        yield from images_in(pd.concat(list(_pieces(path))), width_px, height_px)


def images_in(
    fixations: pd.DataFrame, width_px: float, height_px: float
) -> Iterator[ImageFixations]:
    """Yield the fixations on every image of a table with `COLUMNS`, in its order.

    Raises
    ------
    InputError
        If a column is missing.
    """
    if missing := [name for name in COLUMNS if name not in fixations]:
        raise InputError(
            f"table of fixations: column {missing[0]!r} is missing; expected {', '.join(COLUMNS)}"
        )
    for image, rows in fixations.groupby("image", sort=False):
        yield _fixations_on(str(image), rows, width_px, height_px)


def _fixations_on(
    image: str, rows: pd.DataFrame, width_px: float, height_px: float
) -> ImageFixations:
    xy_px = rows[["x_px", "y_px"]].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        on_image = ((xy_px >= 0) & (xy_px < [width_px, height_px])).all(axis=1)
    subjects = rows["subject"].to_numpy(dtype=str)
    return ImageFixations(image, xy_px[on_image], subjects[on_image], int((~on_image).sum()))


def _in_order(path: str | Path) -> bool:
    """Return whether the rows of every image stand together."""
    seen: set[str] = set()
    last = None
    for piece in _pieces(path, ["image"]):
        images = piece["image"].to_numpy()
        for image in images[np.flatnonzero(np.append(True, images[1:] != images[:-1]))]:
            if image != last and image in seen:
                return False
            seen.add(image)
            last = image
    return True


def _by_image(pieces: Iterator[pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of every image; the last of a piece may go on in the next."""
    rest: pd.DataFrame | None = None
    for piece in pieces:
        whole = piece if rest is None else pd.concat([rest, piece], ignore_index=True)
        of_image = [(str(image), rows) for image, rows in whole.groupby("image", sort=False)]
        yield from of_image[:-1]
        rest = of_image[-1][1] if of_image else None
    if rest is not None and len(rest):
        yield str(rest["image"].iloc[0]), rest


def _pieces(path: str | Path, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
    path, columns = Path(path), columns or list(COLUMNS)
    _check_header(path)
    texts = {name: str for name in ("image", "subject") if name in columns}
    line = 2
    positions = [name for name in columns if name not in texts]
    try:
        with pd.read_csv(
            path, usecols=columns, dtype=texts | dict.fromkeys(positions, object),
            chunksize=_ROWS_AT_ONCE, keep_default_na=False, encoding="utf-8-sig",
        ) as pieces:  # fmt: skip
            for piece in pieces:
                for name in positions:
                    piece[name] = _numbers(path, piece[name], name, line)
                yield piece
                line += len(piece)
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as a table ({error}); expected CSV with the columns "
            f"{', '.join(COLUMNS)}"
        ) from None


def _check_header(path: Path) -> None:
    try:
        header = list(pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns)
    except FileNotFoundError:
        raise InputError(f"{path}: no such table; expected a CSV file") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as a table ({error}); expected CSV with a header"
        ) from None
    for name in COLUMNS:
        if name not in header:
            raise InputError(
                f"{path}: column {name!r} is missing; expected {', '.join(COLUMNS)}"
                f"{nearest(name, header)}"
            )


def _numbers(path: Path, values: pd.Series, name: str, first_line: int) -> pd.Series:
    """Return numbers; nothing, n/a and nan are NaN, a position that is not known."""
    known = values.where(~values.isin(["", "n/a", "NA", "nan", "NaN"]))
    numbers = pd.to_numeric(known, errors="coerce")
    wrong = numbers.isna() & known.notna()
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{path}, line {first_line + at}: {name} is {values.iloc[at]!r}; expected a number"
        )
    return numbers.astype(np.float64)
