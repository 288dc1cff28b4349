"""MATLAB files, with errors that name the file."""

from pathlib import Path

import numpy as np

from stimuli.support.errors import InputError


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
