"""MATLAB files, with errors that name the file."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rich.progress import track

from stimuli.support.errors import InputError

PHOTOGRAPHS = (".jpeg", ".jpg", ".png")


def load(path: Path) -> dict[str, np.ndarray]:
    """Return the variables of a MATLAB file of version 7.2 or before.

    Raises
    ------
    InputError
        If the file is truncated or of another kind.
    """
    from scipy.io import loadmat

    try:
        content = loadmat(path)
    except Exception as error:  # scipy raises whatever its parsing comes upon
        raise InputError(
            f"{path}: cannot be read as a MATLAB file ({error}); copy it again"
        ) from None
    return {name: value for name, value in content.items() if not name.startswith("__")}


def photographs_in(folder: Path) -> Iterable[Path]:
    """Yield the photographs in a folder in alphabetical order, and show how far it has got."""
    found = sorted(file for file in folder.iterdir() if file.suffix.lower() in PHOTOGRAPHS)
    return track(found, description="fixations", transient=True)
