"""What every analysis of viewing is asked for, checked."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.viewing.pairs import Pair
from stimuli.support.errors import InputError, nearest
from stimuli.support.words import counted


def check_numbers(**numbers: float) -> None:
    """Refuse a number that is not at least one.

    Raises
    ------
    InputError
        Naming it.
    """
    for name, value in numbers.items():
        if not (np.isfinite(value) and value >= 1):
            raise InputError(f"{name} is {value}; expected 1 or more")


def seen_pairs(pairs: Sequence[Pair], table: pd.DataFrame) -> list[Pair]:
    """Return the pairs of which somebody saw an image.

    Raises
    ------
    InputError
        If there is no pair, or nobody saw any original, or any version.
    """
    images = set(table["image"])
    kept = [one for one in pairs if images & set(one.images)]
    for which, name in enumerate(("original", "version")):
        if not any(one.images[which] in images for one in kept):
            named = pairs[0].images[which] if pairs else "none: pairs is empty"
            raise InputError(
                f"nobody saw the {name} of any of {len(pairs)} pairs (first: {named!r}); expected "
                f"names as in the column image, such as {min(images)!r}{nearest(named, images)}"
            )
    return kept


def check_groups(groups: Mapping[str, str], table: pd.DataFrame) -> None:
    """Refuse groups that leave a subject out.

    Raises
    ------
    InputError
        Naming the subject.
    """
    missing = sorted(set(table["subject"]) - set(groups))
    if missing:
        raise InputError(
            f"groups has no entry for subject {missing[0]!r}; expected one of each of "
            f"{counted(table['subject'].nunique(), 'subject')}"
        )
