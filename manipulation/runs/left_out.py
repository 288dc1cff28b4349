"""What cannot be used, told once and in one list by every command that reads photographs."""

from collections.abc import Sequence

from stimuli.contract.coco_file import LeftOut

_NAMED = 20  # lines of the list


def left_out_in_words(left_out: Sequence[LeftOut], listed_in: str = "") -> list[str]:
    """Return how much cannot be used, and the first of it, a line each; nothing where all can.

    Parameters
    ----------
    listed_in
        Name of the file that has all of it, where one has.

    Examples
    --------
    >>> from manipulation.runs.left_out import left_out_in_words
    >>> from stimuli.contract.coco_file import LeftOut
    >>> for line in left_out_in_words([LeftOut("cat.jpg", 7, "a polygon of two points")]):
    ...     print(line)
    0 photographs or entries and 1 objects are left out, since they cannot be used:
      cat.jpg, annotation 7: a polygon of two points
    """
    if not left_out:
        return []
    objects = sum(one.annotation_id is not None for one in left_out)
    all_of_it = f"; {listed_in} names all of them" if listed_in else ""
    lines = [
        f"{len(left_out) - objects} photographs or entries and {objects} objects are left out, "
        f"since they cannot be used{all_of_it}:"
    ]
    lines += [f"  {one}" for one in left_out[:_NAMED]]
    more = len(left_out) - _NAMED
    return [*lines, f"  and {more} more"] if more > 0 else lines


def missing_in_words(missing: Sequence[str], folder: object) -> list[str]:
    """Return how many annotated photographs a folder lacks, in a line; nothing if it has all.

    Examples
    --------
    >>> from manipulation.runs.left_out import missing_in_words
    >>> missing_in_words(["1.jpg", "2.jpg"], "photographs")
    ['2 annotated photographs are not in photographs and are left out, such as 1.jpg']
    """
    if not missing:
        return []
    such = f"such as {missing[0]}"
    return [f"{len(missing)} annotated photographs are not in {folder} and are left out, {such}"]
