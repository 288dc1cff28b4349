"""Photographs that may become the sources of a study: a COCO folder's, or the demo's eight."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

import numpy as np

from stimuli.contract.licences import Permission, permission
from stimuli.contract.masks import Annotations, ObjectMasks, check_size, read_annotations
from stimuli.contract.vocabulary import checked_name
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import confined, read_image


@dataclass(frozen=True)
class Candidate:
    """A photograph that may become a source."""

    source_id: str
    path: Path
    image_id: int


@dataclass(frozen=True)
class CandidatePhotographs:
    """Photographs with the annotations of their objects.

    Attributes
    ----------
    missing
        File names that are annotated and not in the folder; they are left out.
    others
        Names of files in the folder that are no photographs; they are left out.
    proposed
        Whether the annotations are regions that were proposed (`plain_photographs`). Then a study
        takes as many of the photographs as it can, unless it is told how many.
    """

    candidates: tuple[Candidate, ...]
    annotations: Annotations
    missing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    proposed: bool = False


def coco_photographs(images: str | Path, annotations: str | Path) -> CandidatePhotographs:
    """Return the photographs of a folder that a COCO annotation file describes.

    Parameters
    ----------
    images
        Folder of photographs.
    annotations
        COCO annotation file (instances).

    Raises
    ------
    InputError
        If the folder or the file is absent or wrong, a photograph lies outside the folder, or none
        is there.

    Examples
    --------
    >>> from manipulation import coco_photographs
    >>> sources = "demo-study/stimuli/sources"
    >>> photographs = coco_photographs(sources, f"{sources}/annotations.json")
    >>> len(photographs.candidates), photographs.missing
    (3, ())
    """
    images = Path(images)
    if not images.is_dir():
        raise InputError(f"{images}: no such folder of photographs")
    read = read_annotations(annotations)
    names = {image_id: read.images[image_id]["file_name"] for image_id in sorted(read.images)}
    last_parts = Counter(PureWindowsPath(name).name for name in names.values())
    found, missing = [], []
    for image_id, name in names.items():
        last = PureWindowsPath(name).name
        path = confined(images, last if "\\" in name else name, read.path)
        if not path.is_file() and last_parts[last] == 1:  # of another folder, where it is the one
            path = confined(images, last, read.path)
        if path.is_file() and ("\\" not in name or last_parts[last] == 1):
            found.append(Candidate(study_name(path), path, image_id))
        else:
            missing.append(name)
    if not found:
        raise InputError(
            f"{images}: holds none of the {len(missing)} photographs that {read.path} "
            f"names, such as {missing[:2]}; expected the folder of these photographs"
        )
    return CandidatePhotographs(tuple(found), read, tuple(missing))


def unchangeable(photographs: CandidatePhotographs) -> list[str]:
    """Return the file names of photographs whose licence forbids changes (NoDerivatives)."""
    terms = {one: photographs.annotations.licence(one.image_id) for one in photographs.candidates}
    return [one.path.name for one in terms if permission(terms[one]) == Permission.UNCHANGED]


def without_unchangeable(photographs: CandidatePhotographs) -> CandidatePhotographs:
    """Return the photographs whose licence does not forbid changes.

    Raises
    ------
    InputError
        If none is left.
    """
    left_out = set(unchangeable(photographs))
    kept = tuple(one for one in photographs.candidates if one.path.name not in left_out)
    if not kept:
        raise InputError(
            f"{photographs.annotations.path}: the licences of all {len(left_out)} photographs "
            f"forbid changes (NoDerivatives); expected some that allow them; give others, or take "
            f"these with --no-derivatives"
        )
    return replace(photographs, candidates=kept)


def study_name(photograph: Path) -> str:
    """Return what a photograph is called in a study: a name for files on every system.

    Raises
    ------
    InputError
        If nothing is left of its name, or the name is too long.
    """
    name = re.sub(r"[^A-Za-z0-9_]+", "-", photograph.stem)
    name = re.sub(r"[-_]{2,}", "-", name).strip("-_")
    return checked_name(f"{photograph}: its name in the study", name)


def read_candidate(
    candidate: Candidate, annotations: Annotations
) -> tuple[np.ndarray, ObjectMasks]:
    """Return a photograph ``(height, width, 3)`` uint8 and its annotated objects.

    Raises
    ------
    InputError
        If it cannot be read, or has another size than its annotation states.
    """
    pixels = read_image(candidate.path)
    check_size(str(candidate.path), pixels, annotations, candidate.image_id)
    return pixels, ObjectMasks(annotations, candidate.image_id)


def demo_photographs() -> CandidatePhotographs:
    """Return the eight photographs that are at hand on every machine, with their outlines.

    Examples
    --------
    >>> from manipulation import demo_photographs
    >>> [one.source_id for one in demo_photographs().candidates][:3]
    ['astronaut', 'chelsea', 'coffee']
    """
    annotations = read_annotations(DEMO_ANNOTATIONS)
    ids = {entry["file_name"]: image_id for image_id, entry in annotations.images.items()}
    candidates = (
        Candidate(one.source_id, photograph_path(one), ids[one.source_id]) for one in PHOTOGRAPHS
    )
    return CandidatePhotographs(tuple(candidates), annotations)
