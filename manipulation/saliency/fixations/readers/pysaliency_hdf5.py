"""HDF5 of pysaliency: fixations in one file, the names of the photographs in the file beside it.

``fixations.hdf5`` belongs to ``stimuli.hdf5``, ``fixations_train.hdf5`` to ``stimuli_train.hdf5``.
The types ``Fixations`` (1.0 to 1.2), ``FixationTrains`` (1.0 to 1.3) and ``ScanpathFixations``
(1.0) are read, and ``FileStimuli``.
"""

from pathlib import Path
from typing import Any

import numpy as np

from stimuli.support.errors import InputError


def read_hdf5(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Read fixations, as `readers` describes it.

    Raises
    ------
    InputError
        If one of the two files is missing, truncated or of another type.
    """
    import h5py

    stimuli = path.with_name(path.name.replace("fixations", "stimuli"))
    if stimuli == path or not stimuli.is_file():
        raise InputError(
            f"{path}: the names of the photographs are not beside it; expected pysaliency's "
            f"fixations*.hdf5 and stimuli*.hdf5 in one folder"
        )
    try:
        with h5py.File(stimuli) as file:
            names = _names(stimuli, file, folder)
        with h5py.File(path) as file:
            image, points, subject = _fixations(path, file)
    except (OSError, KeyError) as error:
        raise InputError(
            f"{path}, {stimuli.name}: cannot be read as HDF5 of pysaliency ({error}); copy both"
        ) from None
    if len(image) and image.max() >= len(names):
        raise InputError(
            f"{path}: is about {image.max() + 1} photographs; {stimuli.name} names {len(names)}"
        )
    return names[image], points, subject


def _names(path: Path, file: Any, folder: Path) -> np.ndarray:
    """Return the photographs' paths below `folder`: as much of each as is there, else its name."""
    kind = _text(file.attrs.get("type", ""))
    if kind != "FileStimuli":
        raise InputError(
            f"{path}: holds {kind or 'no type'!r}; expected 'FileStimuli', which names the files"
        )

    def below(stored: Path) -> str:
        ends = (Path(*stored.parts[start:]) for start in range(len(stored.parts)))
        return next((end for end in ends if (folder / end).is_file()), Path(stored.name)).as_posix()

    return np.array([below(Path(_text(name))) for name in file["filenames"][...]])


def _fixations(path: Path, file: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return place of the photograph ``(N,)``, points ``(N, 2)`` and subject ``(N,)`` or None."""
    kind = _text(file.attrs.get("type", ""))
    if kind == "Fixations":
        subject = file.get("subject", file.get("subjects"))
        points = np.stack([file["x"][...], file["y"][...]], axis=1)
        return file["n"][...].astype(int), points, None if subject is None else subject[...]
    if kind == "FixationTrains":
        paths = [file[f"train_{name}"][...] for name in ("xs", "ys", "ns", "subjects")]
        return _from_scanpaths(*paths, lengths=np.isfinite(paths[0]).sum(axis=1))
    if kind == "ScanpathFixations":
        scanpaths = file["scanpaths"]
        paths = [scanpaths[name][...] for name in ("xs", "ys", "n", "scanpath_attributes/subject")]
        return _from_scanpaths(*paths, lengths=scanpaths["lengths"][...])
    raise InputError(
        f"{path}: holds {kind or 'no type'!r}; expected 'Fixations', 'FixationTrains' or "
        f"'ScanpathFixations'"
    )


def _from_scanpaths(
    xs: np.ndarray, ys: np.ndarray, image: np.ndarray, subject: np.ndarray, *, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return fixations of scanpaths ``(paths, longest)``, each filled up behind its length."""
    used = np.arange(xs.shape[1]) < lengths[:, None]
    points = np.stack([xs[used], ys[used]], axis=1)
    return np.repeat(image, lengths).astype(int), points, np.repeat(subject, lengths)


def _text(value: str | bytes | np.bytes_) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
