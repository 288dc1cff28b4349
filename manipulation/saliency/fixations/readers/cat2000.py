"""CAT2000: for every category a folder, for every photograph a ``.mat`` with its fixated pixels.

Borji & Itti (2015), arXiv:1505.03581, "CAT2000: A large scale fixation dataset for boosting
saliency research". ``trainSet`` holds ``Stimuli/<category>/001.jpg`` and
``FIXATIONLOCS/<category>/001.mat``; who looked, and how often at a pixel, is not published there.
``allFixData.mat`` beside it says so, as an object that MATLAB alone reads. The grey margins of some
photographs belong to their files and to the coordinates. The first fixation of a trial cannot be
told from others and is among them.
"""

from pathlib import Path

import numpy as np

from manipulation.saliency.fixations.readers import matlab, photographs
from stimuli.support.errors import InputError
from stimuli.support.files import image_size

LOCATIONS = "FIXATIONLOCS"
VARIABLE = "fixLocs"
_MOST_FIXATED = 0.1  # of the pixels; there are some hundred fixations on a photograph
LEFT_OUT = "Output"  # pictures made of the photographs, which nobody saw


def is_layout(path: Path) -> bool:
    """Return whether a folder is ``trainSet``, or the one of fixations in it."""
    return path.name == LOCATIONS or (path / LOCATIONS).is_dir()


def read_folder(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, None]:
    """Read the folder ``trainSet``, as `readers` describes it.

    A photograph's name is ``<category>/<file>``, below `folder`. A fixated pixel counts once, in
    its centre, 0.5 for the first. Photographs without a ``.mat`` and folders ``Output`` are left
    out.

    Raises
    ------
    InputError
        If there is no fixation, a file belongs to no photograph, or one is not of that form.
    """
    locations = path if path.name == LOCATIONS else path / LOCATIONS
    files = [
        file
        for category in photographs.visible(locations)
        if category.is_dir() and category.name != LEFT_OUT
        for file in photographs.visible(category)
        if file.suffix == ".mat"
    ]
    known = {one: photographs.ByName(folder / one) for one in {file.parent.name for file in files}}
    names, points = [], []
    for file in photographs.shown(files):
        photograph = known[file.parent.name].find(file.stem, file)
        own = np.argwhere(_fixated(file, photograph))[:, ::-1] + 0.5
        points.append(own)
        names += [photograph.relative_to(folder).as_posix()] * len(own)
    if not names:
        raise InputError(
            f"{locations}: holds no fixation; expected {LOCATIONS}/<category>/001.mat with "
            f"{VARIABLE}, as CAT2000 publishes it; copy it again"
        )
    return np.array(names), np.concatenate(points), None


def _fixated(file: Path, photograph: Path) -> np.ndarray:
    """Return whether each pixel of a photograph was fixated, ``(height, width)``."""
    content = matlab.load(file)
    matrix = content.get(VARIABLE)
    if not isinstance(matrix, np.ndarray):
        raise InputError(
            f"{file}: holds {sorted(content)}; expected {VARIABLE}, a full matrix of the "
            f"photograph's size, as CAT2000 publishes it; copy it again"
        )
    size = image_size(photograph)
    if matrix.shape != size:
        raise InputError(
            f"{file}: {VARIABLE} has the size {_times(matrix.shape)}; expected {_times(size)} "
            f"(height x width), as {photograph} has; use the photograph as it was published"
        )
    numeric = matrix.dtype.kind in "biuf"
    wrong = matrix[~(np.isfinite(matrix) & (matrix >= 0))][:1].tolist() if numeric else None
    if wrong is None or wrong:
        raise InputError(
            f"{file}: {VARIABLE} holds {wrong[0] if wrong else matrix.dtype}; expected finite "
            f"numbers, 0 where nobody looked; copy it again"
        )
    fixated = matrix != 0
    if fixated.mean() > _MOST_FIXATED:
        raise InputError(
            f"{file}: {VARIABLE} is not 0 in {fixated.mean():.0%} of the pixels; expected the "
            f"fixated pixels alone, at most {_MOST_FIXATED:.0%}; is it a saliency map?"
        )
    return fixated


def _times(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size)) or "1"
