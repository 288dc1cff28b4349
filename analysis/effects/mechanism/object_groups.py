"""Kinds of objects: COCO's categories in a few groups that draw gaze for different reasons."""

from collections.abc import Sequence
from pathlib import Path

from stimuli.contract.masks import Annotations, read_annotations
from stimuli.contract.region_names import object_names
from stimuli.contract.study import Study
from stimuli.support.errors import InputError

PEOPLE, ANIMALS, TEXT = "people and faces", "animals", "text-bearing"
VEHICLES, FOOD, FURNITURE = "vehicles", "food", "furniture"
OTHER, UNKNOWN = "other things", "unknown"
OBJECT_GROUPS = (PEOPLE, ANIMALS, TEXT, VEHICLES, FOOD, FURNITURE, OTHER, UNKNOWN)

_NAMES = {
    PEOPLE: "person, face, head, eye, eyes, mouth, hand, man, woman, child, baby, people",
    ANIMALS: "bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, animal",
    TEXT: "stop sign, parking meter, clock, book, keyboard, sign, text, name plate, licence plate, "
    "number plate, label, poster, newspaper, letters, logo",
    VEHICLES: "bicycle, car, motorcycle, airplane, bus, train, truck, boat, rocket, vehicle",
    FOOD: "banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, food, "
    "fruit, coffee",
    FURNITURE: "chair, couch, bed, dining table, toilet, table, sofa, desk, shelf",
}
_GROUPS = {name: group for group, names in _NAMES.items() for name in names.split(", ")}


def object_group(category: str | None) -> str:
    """Return the group of a category of COCO, or of a region's name.

    Parameters
    ----------
    category
        Such as ``"dog"``; several are joined by ``" + "``. None where it is not known.

    Returns
    -------
    group
        One of people and faces, animals, text-bearing, vehicles, food, furniture, other things
        (where several categories are of different groups too), unknown.

    Examples
    --------
    >>> from analysis import object_group
    >>> object_group("stop sign"), object_group("dog + cat"), object_group("kite")
    ('text-bearing', 'animals', 'other things')
    """
    if not category:
        return UNKNOWN
    groups = {_GROUPS.get(one.strip().lower(), OTHER) for one in category.split(" + ")}
    return groups.pop() if len(groups) == 1 else OTHER


def categories_of(study: Study, targets: Sequence[tuple[str, tuple[int, ...]]]) -> list[str | None]:
    """Return the category of every target by the annotations that the study keeps.

    Parameters
    ----------
    targets
        Source and COCO annotations of each.

    Returns
    -------
    categories
        Names of COCO's categories, or of regions as they were named; those of a union are joined by
        ``" + "``. None where the study's folder has no annotations of the source.
    """
    found: list[str | None] = []
    known = _annotations_by_source(study)
    for source_id, annotation_ids in targets:
        annotations, names = known.get(source_id), list[str]()
        if annotations is not None:
            entries = (annotations.by_id.get(one, {}) for one in annotation_ids)
            named = (annotations.categories.get(one.get("category_id", -1)) for one in entries)
            names = list(dict.fromkeys(name for name in named if name))
        found.append(" + ".join(names) or None)
    return found


def object_names_of(study: Study) -> dict[str, dict[int, str]]:
    """Return what objects are called on the contact sheet and in the studio, such as ``person 2``.

    By source and annotation; sources of which the study's folder has no annotations are left out.
    """
    images = {one.source_id: one.image_id for one in study.settings.sources}
    return {
        source_id: object_names(annotations, images[source_id])
        for source_id, annotations in _annotations_by_source(study).items()
        if annotations is not None
    }


def _annotations_by_source(study: Study) -> dict[str, Annotations | None]:
    read: dict[Path, Annotations | None] = {}
    found = {}
    for source in study.settings.sources:
        path = study.root / source.annotations
        if path not in read:
            read[path] = _annotations(study, path)
        found[source.source_id] = read[path]
    return found


def _annotations(study: Study, path: Path) -> Annotations | None:
    """Read annotations that lie in the study; others, such as all of COCO's, are not its own."""
    if not (path.is_file() and path.resolve().is_relative_to(study.root.resolve())):
        return None
    try:
        return read_annotations(path)
    except InputError:
        return None  # the targets have masks of their own; without categories they are unknown
