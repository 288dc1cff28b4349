"""What regions of a photograph are called, by category and number on it: ``person 2``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count

from stimuli.contract.masks import Annotations


def object_names(annotations: Annotations, image_id: int) -> dict[int, str]:
    """Return the name of every annotated object of a photograph, by its annotation.

    Objects of one category are numbered in the order of their annotations; no two have one name,
    also where a category is called ``person 2``.
    """
    entries = annotations.of_image(image_id)
    kinds = {
        one["id"]: annotations.categories.get(one.get("category_id", -1), "object")
        for one in entries
    }
    objects = Counter(kinds.values())
    taken = {kind for kind, number in objects.items() if number == 1}
    numbers = {kind: count(1) for kind in objects}
    names = {}
    for region_id, kind in kinds.items():
        name = kind
        while objects[kind] > 1 and (name == kind or name in taken):
            name = f"{kind} {next(numbers[kind])}"
        taken.add(name)
        names[region_id] = name
    return names


def union_name(names: Mapping[int, str], ids: Sequence[int]) -> str:
    """Return the name of a region of several objects, such as ``cup 1 + spoon``."""
    return " + ".join(names.get(one, str(one)) for one in ids)


def unusual_by_name(unusual: str | None, names: Mapping[int, str]) -> list[str]:
    """Return what is unusual, with the names of regions in place of their annotations.

    Parameters
    ----------
    unusual
        As `PredictedEffect.unusual`.

    Examples
    --------
    >>> names = {7: "cup", 9: "dog"}
    >>> unusual_by_name("7 warmth -4.1, 7+9 contrast +0.10 (photograph +0.20)", names)
    ['cup: warmth -4.1', 'cup + dog: contrast +0.10 (photograph +0.20)']
    """
    return [_named(one, names) for one in (unusual or "").split(", ") if one]


def _named(unusual: str, names: Mapping[int, str]) -> str:
    ids, _, what = unusual.partition(" ")
    numbers = ids.split("+")
    if not all(one.isdigit() for one in numbers):
        return f"{ids}: {what}"
    return f"{union_name(names, [int(one) for one in numbers])}: {what}"
