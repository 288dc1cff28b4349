"""The one exception for input that a person can put right."""

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """Something the user gave is wrong.

    The message names the thing, its value, what was expected and the repair.
    Commands print it without a traceback and exit with status 2.
    """


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known word nearest to `word`, or ``""``."""
    close = difflib.get_close_matches(word, list(map(str, known)), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
