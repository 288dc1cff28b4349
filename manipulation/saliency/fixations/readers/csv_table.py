"""A comma-separated table: one row a fixation, columns ``image, x_px, y_px``, maybe ``subject``."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stimuli.support.errors import InputError, nearest

COLUMNS = ("image", "x_px", "y_px")


def read_csv(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Read a table with a header, as `readers` describes it.

    Raises
    ------
    InputError
        If a column is missing, or a coordinate is no finite number; the message names the line.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            _check_columns(path, header)
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no comma-separated text in UTF-8 ({error})") from None
    points = np.array([[_number(path, line, row, c) for c in COLUMNS[1:]] for line, row in rows])
    names = np.array([row["image"] or "" for _, row in rows])
    subject = np.array([row["subject"] for _, row in rows]) if "subject" in header else None
    return names, points, subject


def _check_columns(path: Path, header: Sequence[str]) -> None:
    for column in COLUMNS:
        if column not in header:
            raise InputError(
                f"{path}: has no column {column!r}; expected a header with {', '.join(COLUMNS)}"
                f"{nearest(column, header)}"
            )


def _number(path: Path, line: int, row: dict[str, str | None], column: str) -> float:
    try:
        value = float(row[column] or "")
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{path}, line {line}: {column} is {row[column]!r}; expected a number of pixels; "
            f"leave out rows without a position"
        )
    return value
