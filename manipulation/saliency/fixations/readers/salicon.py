"""SALICON: mouse-contingent viewing of COCO photographs, as ``.mat`` files or one ``.json``.

Jiang, Huang, Duan & Zhao (2015), CVPR, "SALICON: Saliency in Context". Pixels count from 1 in both,
so the centre of the first is at 0.5 here. The challenge's files::

    fixations/train/COCO_train2014_000000000009.mat    of images/train/COCO_train2014_....jpg
    fixations/val/COCO_val2014_000000000133.mat        of images/val/COCO_val2014_....jpg

hold ``gaze(i)`` of every viewer: ``location``, the path of the mouse, its ``timestamp``, and
``fixations``, those detected in it, ``(x, y)``; the last are read here. The release 2015r1,
``fixations_train2014.json``, has the form of COCO's annotations; what it calls fixations are points
of the path of the mouse, ``(row, column)``, many to a fixation.
"""

from collections.abc import Set
from pathlib import Path
from typing import Any

import numpy as np

from manipulation.saliency.fixations.readers import matlab, photographs
from stimuli.support import files
from stimuli.support.errors import InputError
from stimuli.support.files import image_size

PARTS = ("train", "val")


def is_layout(path: Path) -> bool:
    """Return whether a folder holds ``.mat`` files, or ``train`` or ``val`` with them."""
    return any(any((path / part).glob("*.mat")) for part in ("", *PARTS))


def read_folder(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read a folder with a ``.mat`` for each photograph, as `readers` describes it.

    The identity of viewers is not published, so they are numbered within each photograph.
    Photographs without a file are left out. Of ``train`` and ``val`` in `path` both are read, and
    the photographs are ``train/<file>`` and ``val/<file>`` below `folder`.

    Raises
    ------
    InputError
        If no file belongs to a photograph, or one cannot be read.
    """
    names, points, subject = [], [], []
    for part in ("",) if any(path.glob("*.mat")) else PARTS:
        shown = list(photographs.photographs_in(folder / part))
        _check_photographs(path / part, {one.stem for one in shown}, folder / part)
        for photograph in shown:
            file = path / part / f"{photograph.stem}.mat"
            if not file.is_file():
                continue
            for viewer, own in enumerate(_viewers(file, photograph)):
                points.append(own - 0.5)
                names += [photograph.relative_to(folder).as_posix()] * len(own)
                subject += [str(viewer)] * len(own)
    if not names:
        raise InputError(
            f"{path}: holds no fixation on the photographs in {folder}; expected .mat files with "
            f"the names of the photographs, in train and val where those are"
        )
    return np.array(names), np.concatenate(points), np.array(subject)


def _check_photographs(path: Path, stems: Set[str], folder: Path) -> None:
    lost = sorted(one.name for one in path.glob("*.mat") if one.stem not in stems)
    if stems and lost:
        raise InputError(
            f"{path / lost[0]}: {folder} has no photograph of that name ({len(lost)} such files); "
            f"expected all photographs; copy them there, or remove these files"
        )


def _viewers(file: Path, photograph: Path) -> list[np.ndarray]:
    """Return the fixations ``(N, 2)`` of each viewer, in pixels from 1."""
    content = matlab.load(file)
    size = image_size(photograph)
    stated = np.ravel(content.get("resolution", size)).tolist()
    if sorted(stated) != sorted(size):  # whichever of the two is stated first
        raise InputError(
            f"{file}: resolution is {stated}; expected {list(size)}, height and width, as "
            f"{photograph} has; use the photograph as it was published"
        )
    try:
        viewers = content["gaze"].flatten()
        return [_pairs(one["fixations"]) for one in viewers]
    except (KeyError, ValueError, IndexError, TypeError):
        raise InputError(
            f"{file}: holds {sorted(content)}; expected gaze(i).fixations, as SALICON publishes it"
        ) from None


def _pairs(fixations: Any) -> np.ndarray:
    """Return fixations ``(N, 2)``; a viewer without any has an empty list of any shape."""
    found = np.asarray(fixations, dtype=float)
    if found.size == 0:
        return np.empty((0, 2))
    if found.ndim != 2 or found.shape[1] != 2:
        raise ValueError(f"fixations are {found.shape}; expected (N, 2)")
    return found


def read_json(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read ``fixations_train2014.json`` of the release 2015r1, as `readers` describes it.

    ``images`` name the files; ``annotations`` hold, for a photograph and a ``worker_id``, points
    as (row, column).

    Raises
    ------
    InputError
        If the file is not of that form. Photographs that are not in `folder` are left out.
    """
    content: Any = files.read_json(path)
    names, points, subject = [], [], []
    try:
        file_names = {one["id"]: one["file_name"] for one in content["images"]}
        for one in content["annotations"]:
            name = file_names[one["image_id"]]
            if not (folder / name).is_file():
                continue
            own = _pairs(one["fixations"])[:, ::-1]
            points.append(own - 0.5)
            names += [name] * len(own)
            subject += [str(one["worker_id"])] * len(own)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: is not SALICON's release 2015r1 ({type(error).__name__}: {error}); expected "
            f"images (id, file_name) and annotations (image_id, worker_id, fixations)"
        ) from None
    if not names:
        raise InputError(f"{path}: holds no fixation on the photographs in {folder}")
    return np.array(names), np.concatenate(points), np.array(subject)
