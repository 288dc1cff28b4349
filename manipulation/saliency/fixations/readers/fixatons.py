"""FixaTons: several data sets in one layout, a text file for each scanpath.

Zanca, Serchi, Piu, Rosini & Rufa (2018), arXiv:1802.02534, "FixaTons: A collection of human
fixations datasets and metrics for scanpath similarity". The folder of a data set holds
``STIMULI/<photograph>`` and ``SCANPATHS/<photograph>/<subject>``; the latter's rows are
``x y start end``, in pixels of the photograph from its top-left corner and in seconds from its
onset. In MIT1003 the first row, from 0.004 s (the first sample at 240 Hz), is the fixation on the
central target that every trial begins with.
"""

import math
from pathlib import Path

import numpy as np

from manipulation.saliency.fixations.readers import photographs
from stimuli.support.errors import InputError

SCANPATHS = "SCANPATHS"
COLUMNS = ("x", "y", "start", "end")
_LONGEST_S = 60.0
WITHOUT_FIRST = "MIT1003"  # whose authors leave out the first fixation of a trial


def is_layout(path: Path) -> bool:
    """Return whether a folder is that of one data set."""
    return (path / SCANPATHS).is_dir()


def read_folder(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the folder of a data set, as `readers` describes it, each scanpath in order of start.

    Positions are taken as they are, as in MIT1003's own layout: whole numbers are the left edges
    of pixels. Of a data set in a folder whose name begins with MIT1003 the first fixation of each
    scanpath is left out, as by its authors (Judd et al. 2009); others keep all. Photographs without
    scanpaths are left out.

    Raises
    ------
    InputError
        If there is no fixation, scanpaths belong to no photograph of `folder`, or one is not of
        that form; the message names the line.
    """
    called = (path.absolute().name.casefold(), path.resolve().name.casefold())
    first = 1 if any(one.startswith(WITHOUT_FIRST.casefold()) for one in called) else 0
    known = photographs.ByName(folder)
    names, points, subject = [], [], []
    taken: dict[tuple[str, str], Path] = {}
    scanpaths = [one for one in photographs.visible(path / SCANPATHS) if one.is_dir()]
    for of_photograph in photographs.shown(scanpaths):
        name = known.find(of_photograph.name, of_photograph).name
        for file in (one for one in photographs.visible(of_photograph) if one.is_file()):
            other = taken.setdefault((name, file.stem), file)
            if other is not file:
                raise InputError(
                    f"{file}: {other} is of subject {file.stem!r} on {name} too; expected one "
                    f"scanpath of a subject on a photograph; remove or rename one"
                )
            own = _scanpath(file)[first:]
            points.append(own)
            names += [name] * len(own)
            subject += [file.stem] * len(own)
    if not names:
        raise InputError(
            f"{path / SCANPATHS}: holds no fixation; expected {SCANPATHS}/<photograph>/<subject> "
            f"with rows {' '.join(COLUMNS)}, as FixaTons publishes it; copy it again"
        )
    return np.array(names), np.concatenate(points), np.array(subject)


def _scanpath(file: Path) -> np.ndarray:
    """Return the positions ``(N, 2)`` of one scanpath in order of start."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file}: is no text ({error}); expected rows {' '.join(COLUMNS)}; copy it again, or "
            f"remove it if it is no scanpath"
        ) from None
    rows = [_row(file, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    ordered = sorted(rows, key=lambda row: row[2])
    return np.array([row[:2] for row in ordered], dtype=float).reshape(-1, 2)


def _row(file: Path, number: int, line: str) -> list[float]:
    words = line.split()
    if len(words) != len(COLUMNS):
        raise InputError(
            f"{file}, line {number}: has {len(words)} columns ({line.strip()!r}); expected "
            f"{len(COLUMNS)}, {' '.join(COLUMNS)}, with white space between them; mend the row"
        )
    row = [_number(file, number, column, word) for column, word in zip(COLUMNS, words, strict=True)]
    if row[3] < row[2]:
        raise InputError(
            f"{file}, line {number}: end is {words[3]}, before the start at {words[2]}; expected "
            f"a fixation to end (s) after its start; mend the row or leave it out"
        )
    if row[3] - row[2] > _LONGEST_S:
        raise InputError(
            f"{file}, line {number}: lasts {row[3] - row[2]:g} s; expected seconds, and fixations "
            f"of at most {_LONGEST_S:g} s; divide start and end by 1000 if they are milliseconds"
        )
    return row


def _number(file: Path, number: int, column: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        unit = "pixels" if column in COLUMNS[:2] else "seconds"
        raise InputError(
            f"{file}, line {number}: {column} is {word!r}; expected a number of {unit}; leave out "
            f"rows without one"
        )
    return value
