"""What cannot be used, told once and in one list by every command that reads photographs."""

from collections.abc import Sequence

from stimuli.contract.coco_file import LeftOut
from stimuli.support.words import counted

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
    Left out, since it cannot be used: 1 object:
      cat.jpg, annotation 7: a polygon of two points
    """
    if not left_out:
        return []
    objects = sum(one.annotation_id is not None for one in left_out)
    others = len(left_out) - objects
    told = [
        *([counted(others, "photograph or entry", "photographs or entries")] if others else []),
        *([counted(objects, "object")] if objects else []),
    ]
    all_of_it = f" ({listed_in} names all)" if listed_in else ""
    lines = [f"Left out, since it cannot be used: {' and '.join(told)}{all_of_it}:"]
    lines += [f"  {one}" for one in left_out[:_NAMED]]
    more = len(left_out) - _NAMED
    return [*lines, f"  and {more} more"] if more > 0 else lines


def missing_in_words(missing: Sequence[str], folder: object) -> list[str]:
    """Return how many annotated photographs a folder lacks, in a line; nothing if it has all.

    Examples
    --------
    >>> from manipulation.runs.left_out import missing_in_words
    >>> missing_in_words(["1.jpg", "2.jpg"], "photographs")
    ['Left out, since not in photographs: 2 annotated photographs, such as 1.jpg']
    """
    if not missing:
        return []
    told = counted(len(missing), "annotated photograph")
    return [f"Left out, since not in {folder}: {told}, such as {missing[0]}"]
