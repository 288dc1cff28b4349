"""The table of fixations of several people on several photographs, read from any known layout.

Points are in pixels of the photographs' files, origin at the top-left corner; `viewed` brings them
to the size that a model sees.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from manipulation.saliency.fixations import readers
from stimuli.support.errors import InputError


@dataclass(frozen=True)
class FixationTable:
    """Fixations of several people on several photographs.

    Attributes
    ----------
    images
        File names in alphabetical order, ``<category>/<file>`` where there are folders.
    image : ndarray (N,) of int
        Place in `images` of the photograph that was looked at.
    points : ndarray (N, 2)
        ``(x, y)`` in pixels of the photograph's file.
    subject : ndarray (N,) of str, or None
        None where the file has no such column.
    path
        Where they were read, for messages; None of a table that was made otherwise.
    """

    images: tuple[str, ...]
    image: np.ndarray
    points: np.ndarray
    subject: np.ndarray | None
    path: Path | None = None

    def of_image(self, index: int) -> np.ndarray:
        """Return whether each fixation is on photograph `index`, ``(N,)``."""
        return self.image == index


def read_fixations(path: str | Path, folder: str | Path) -> FixationTable:
    """Read fixations in any of the layouts of `readers`, recognised by what `path` is.

    Parameters
    ----------
    path
        A comma-separated file, MIT1003's folder ``DATA``, SALICON's folder of ``.mat`` files or its
        ``.json``, CAT2000's folder ``trainSet``, the folder of a data set of FixaTons, or
        pysaliency's ``.hdf5``.
    folder
        Holds the photographs: CAT2000's ``trainSet/Stimuli``, ``STIMULI`` of FixaTons.

    Raises
    ------
    InputError
        If the file or the folder is missing or not of the layout that it seems to be, there is no
        fixation, a coordinate is no finite number, or a photograph is not there.

    Examples
    --------
    >>> from manipulation import read_fixations
    >>> table = read_fixations("osie/fixations.csv", "osie/images")  # doctest: +SKIP
    >>> len(table.images), table.points.shape  # doctest: +SKIP
    """
    path, folder = Path(path), Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the folder with the photographs")
    if not path.exists():
        raise InputError(f"{path}: no such file; expected a table of fixations")
    names, points, subject = readers.reader_of(path)(path, folder)
    if not len(names):
        raise InputError(f"{path}: holds no fixation; expected one row a fixation")
    images, image = np.unique(names, return_inverse=True)
    for name in images.tolist():
        if not name or not (folder / name).is_file():
            raise InputError(
                f"{path}: image {name!r} is not in {folder}; "
                f"expected every image of the table as a file there"
            )
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise InputError(
            f"{path}: fixation {row + 1} (on {names[row]}) is at {tuple(points[row])}; "
            f"expected a number of pixels; leave out fixations without a position"
        )
    return FixationTable(tuple(images.tolist()), image, points, subject, path)
