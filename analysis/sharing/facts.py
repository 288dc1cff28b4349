"""Facts of a JSON file that may be published: of known names, with values that are no free text."""

import re
from collections.abc import Mapping
from typing import Any


def known_facts(stated: object, kept: Mapping[str, str]) -> dict[str, Any]:
    """Return what a file states under names that are kept, where it reads as it should.

    Parameters
    ----------
    kept
        By name, the pattern that the whole of a value follows, or each one of a list.

    Examples
    --------
    >>> from analysis.sharing.facts import known_facts
    >>> known_facts({"run": 2, "order": "Erika's", "room": 7}, {"run": "[0-9]+", "order": "[0-9]+"})
    {'run': 2}
    """
    found = stated if isinstance(stated, dict) else {}
    return {name: found[name] for name, read in kept.items() if reads(found.get(name), read)}


def reads(value: object, pattern: str) -> bool:
    """Return whether a text or a number, or each of a list, reads as a pattern says."""
    if isinstance(value, list):
        return all(reads(one, pattern) for one in value)
    return isinstance(value, str | int | float) and bool(re.fullmatch(pattern, str(value)))
