"""Photographs that may become the sources of a study: a COCO folder's, or the demo's eight."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stimuli.contract.masks import Annotations, ObjectMasks, check_size, read_annotations
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
    found, missing = [], []
    for image_id in sorted(read.images):
        name = read.images[image_id]["file_name"]
        path = confined(images, name, read.path)
        if path.is_file():
            found.append(Candidate(Path(name).stem, path, image_id))
        else:
            missing.append(name)
    if not found:
        raise InputError(
            f"{images}: holds none of the {len(missing)} photographs that {read.path} "
            f"names, such as {missing[:2]}; expected the folder of these photographs"
        )
    return CandidatePhotographs(tuple(found), read, tuple(missing))


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
