"""Photographs that may become the sources of a study: a COCO folder's, or the demo's eight."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from manipulation.new_study.drawn_masks import DrawnOn, onto_photograph, replaced, with_boxes
from manipulation.new_study.source_names import (
    last_part,
    original_name,
    plain_name,
    study_names,
)
from stimuli.contract.annotation_tools import boxes_alone
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.licences import Permission, permission
from stimuli.contract.masks import Annotations, ObjectMasks, check_size, read_annotations
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import confined, read_image, size_and_turn


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
    folders
        Names of folders in the folder, which are not looked into.
    proposed
        Whether the annotations are regions that were proposed (`plain_photographs`). Then a study
        takes as many of the photographs as it can, unless it is told how many.
    left_out
        Photographs and entries of the annotation file that cannot be used.
    ambiguous
        File names of photographs that EXIF turns where sizes do not tell what masks were drawn on.
    """

    candidates: tuple[Candidate, ...]
    annotations: Annotations
    missing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    proposed: bool = False
    left_out: tuple[LeftOut, ...] = ()
    ambiguous: tuple[str, ...] = ()


def coco_photographs(
    images: str | Path,
    annotations: str | Path,
    *,
    boxes: bool = False,
    drawn_on: DrawnOn = DrawnOn.UPRIGHT,
    rescale: bool = False,
) -> CandidatePhotographs:
    """Return the photographs of a folder that an annotation file describes.

    What cannot be used is left out and named: entries of the file, and photographs that cannot be
    opened or have another size than it states. Masks that were drawn on a photograph without the
    turn of its EXIF are turned.

    Parameters
    ----------
    images
        Folder of photographs.
    annotations
        COCO annotation file (instances), or LabelMe's or Label Studio's own JSON.
    boxes
        Whether the box of an object is its outline, where it has no other.
    drawn_on
        What masks were drawn on where the sizes do not tell: the photograph as it is seen, or as
        it is stored, without the turn of its EXIF.
    rescale
        Whether masks that were drawn on a reduced or enlarged copy are scaled.

    Raises
    ------
    InputError
        If the folder or the file is absent or wrong, or no photograph is there that can be used.

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
    if boxes:
        read = with_boxes(read)
    elif fault := boxes_alone(list(read.by_id.values())):
        raise InputError(f"{read.path}: {fault}")
    names = {image_id: read.images[image_id]["file_name"] for image_id in sorted(read.images)}
    paths, missing, left_out = _files(images, names, read.path)
    found: list[tuple[int, Path]] = []
    ambiguous, entries, objects = [], {}, {}
    for image_id, path in progress(paths.items(), "Reading the sizes of photographs"):
        try:
            size, turn = size_and_turn(path)
            moved, entries[image_id], unclear = onto_photograph(
                read, image_id, size, turn, drawn_on=drawn_on, rescale=rescale
            )
        except InputError as error:
            because = str(error).removeprefix(f"{path}: ")
            left_out.append(LeftOut(names[image_id], None, because))
            continue
        objects.update(moved)
        found.append((image_id, path))
        ambiguous += [names[image_id]] if unclear else []
    if not found:
        such = f"such as {missing[:2]}" if missing else f"all are left out, such as {left_out[0]}"
        raise InputError(
            f"{images}: holds none of the {len(names)} photographs that {read.path} names that "
            f"can be used; {such}; expected the folder of these photographs"
        )
    ids = study_names(path for _, path in found)
    candidates = (
        Candidate(name, path, image_id) for name, (image_id, path) in zip(ids, found, strict=True)
    )
    return CandidatePhotographs(
        tuple(candidates), replaced(read, entries, objects), tuple(missing),
        left_out=(*read.left_out, *left_out), ambiguous=tuple(ambiguous),
    )  # fmt: skip


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


def _files(
    folder: Path, names: Mapping[int, str], where: Path
) -> tuple[dict[int, Path], list[str], list[LeftOut]]:
    """Return the files that images name, the names of which there is none, and what is refused.

    By the whole name, which may be a path in the folder, or else its last part, where no other
    image has the same; or by what the file was called before a tool gave it that name; or by a name
    that differs in case, coded letters or the form of accents alone, where one file has it.
    """
    last = {image_id: last_part(name) for image_id, name in names.items()}
    first = {image_id: original_name(name) for image_id, name in last.items()}
    last_times, first_times = Counter(last.values()), Counter(first.values())
    alike = _only_files(folder, names.values())
    found: dict[int, Path] = {}
    missing, left_out = [], []
    for image_id, name in names.items():
        tried = [name] if "\\" not in name else []
        tried += [last[image_id]] if last_times[last[image_id]] == 1 else []
        tried += [first[image_id]] if first_times[first[image_id]] == 1 else []
        tried += alike.get(plain_name(name), ())
        refused = ""
        for one in dict.fromkeys(tried):
            try:
                path = confined(folder, one, where)
            except InputError as error:
                refused = refused or str(error).removeprefix(f"{where}: ")
                continue
            if path.is_file():
                found[image_id] = path
                break
        else:
            if refused and "://" not in name:
                left_out.append(LeftOut(name, None, refused))
            else:
                missing.append(name)
    return found, missing, left_out


def _only_files(folder: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Return the files of a folder whose `plain_name` is theirs and one image's alone, by it."""
    wanted = Counter(map(plain_name, names))
    files: dict[str, list[str]] = {}
    for path in folder.iterdir():
        files.setdefault(plain_name(path.name), []).append(path.name)
    return {key: one for key, one in files.items() if len(one) == 1 and wanted[key] == 1}


def read_candidate(
    candidate: Candidate, annotations: Annotations, enough_px: int | None = None
) -> tuple[np.ndarray, ObjectMasks]:
    """Return a photograph ``(height, width, 3)`` uint8 and its annotated objects.

    Parameters
    ----------
    enough_px
        Side that is enough for masks (`ObjectMasks`).

    Raises
    ------
    InputError
        If it cannot be read, or has another size than its annotation states.
    """
    pixels = read_image(candidate.path)
    check_size(str(candidate.path), pixels, annotations, candidate.image_id)
    return pixels, ObjectMasks(annotations, candidate.image_id, enough_px)


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
