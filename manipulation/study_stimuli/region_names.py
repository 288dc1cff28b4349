"""What regions of a photograph are called, by category and number on it: ``person 2``."""

from collections import Counter
from collections.abc import Sequence

from stimuli.contract.masks import Annotations


def object_names(annotations: Annotations, image_id: int) -> dict[int, str]:
    """Return the name of every annotated object of a photograph, by its annotation.

    Objects of one category are numbered in the order of their annotations.
    """
    entries = annotations.of_image(image_id)
    kinds = {
        one["id"]: annotations.categories.get(one.get("category_id", -1), "object")
        for one in entries
    }
    counts, seen, names = Counter(kinds.values()), Counter[str](), {}
    for region_id, kind in kinds.items():
        seen[kind] += 1
        names[region_id] = f"{kind} {seen[kind]}" if counts[kind] > 1 else kind
    return names


def union_name(names: dict[int, str], ids: Sequence[int]) -> str:
    """Return the name of a region of several objects, such as ``cup 1 + spoon``."""
    return " + ".join(names.get(one, str(one)) for one in ids)
