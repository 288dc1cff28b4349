"""Fixations as they are published, one module a layout.

Each reader takes a path and the folder of photographs, and returns for every fixation the file name
of its photograph, its position ``(x, y)`` in pixels of that file, and who made it where that is
known. scipy and h5py are imported only by the layouts that need them.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from manipulation.saliency.fixations.readers import csv_table, mit1003, pysaliency_hdf5, salicon

# names (N,), points (N, 2), subject (N,) or None
Fixations = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def reader_of(path: Path) -> Callable[[Path, Path], Fixations]:
    """Return the reader for what is at `path`."""
    if path.is_dir():
        return salicon.read_folder if any(path.glob("*.mat")) else mit1003.read_folder
    if path.suffix == ".json":
        return salicon.read_json
    if path.suffix in (".hdf5", ".h5"):
        return pysaliency_hdf5.read_hdf5
    return csv_table.read_csv
