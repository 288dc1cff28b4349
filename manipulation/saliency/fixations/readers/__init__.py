"""Fixations as they are published, one module a layout.

Each reader takes a path and the folder of photographs, and returns for every fixation the file name
of its photograph, from that folder; its position ``(x, y)`` in pixels of that file, origin at the
top-left corner; and who made it where that is known. scipy and h5py are imported only by the
layouts that need them.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from manipulation.saliency.fixations.readers import (
    cat2000,
    csv_table,
    fixatons,
    mit1003,
    pysaliency_hdf5,
    salicon,
)
from stimuli.support.errors import InputError

# names (N,), points (N, 2), subject (N,) or None
Fixations = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def reader_of(path: Path) -> Callable[[Path, Path], Fixations]:
    """Return the reader for what is at `path`.

    Raises
    ------
    InputError
        If it is a folder of no known layout.
    """
    if path.is_dir():
        return _reader_of_folder(path)
    if path.suffix == ".json":
        return salicon.read_json
    if path.suffix in (".hdf5", ".h5"):
        return pysaliency_hdf5.read_hdf5
    return csv_table.read_csv


def _reader_of_folder(path: Path) -> Callable[[Path, Path], Fixations]:
    if fixatons.is_layout(path):
        return fixatons.read_folder
    if cat2000.is_layout(path):
        return cat2000.read_folder
    if salicon.is_layout(path):
        return salicon.read_folder
    # Before MIT1003: CAT2000 holds trainSet/allFixData.mat, like a person's file.
    inside = [one for one in sorted(path.iterdir()) if _is_one_data_set(one)]
    if not inside and any(path.glob("*/*.mat")):
        return mit1003.read_folder
    raise InputError(
        f"{path}: is a folder of no known layout of fixations; expected MIT1003's folder DATA "
        f"(<person>/<photograph>.mat), SALICON's folder of <photograph>.mat, CAT2000's trainSet "
        f"(FIXATIONLOCS/<category>/<photograph>.mat) or the folder of a data set of FixaTons "
        f"(SCANPATHS/<photograph>/<subject>); name the one that holds these"
        f"{f' (did you mean {inside[0]}?)' if inside else ''}"
    )


def _is_one_data_set(path: Path) -> bool:
    return fixatons.is_layout(path) or cat2000.is_layout(path)
