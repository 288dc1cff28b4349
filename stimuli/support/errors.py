"""The one exception for input that a person can put right."""

import difflib
import re
import sys
from collections.abc import Iterable

_SHOWN_AT_MOST = 80
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


class InputError(Exception):
    """Something the user gave is wrong.

    The message names the thing, its value, what was expected and the repair.
    Commands print it without a traceback and exit with status 2.
    """


def shown(text: str) -> str:
    """Return how a message shows a text, of a long one the beginning.

    Examples
    --------
    >>> from stimuli.support.errors import shown
    >>> shown("left"), len(shown("9" * 5000))
    ("'left'", 84)
    """
    whole = repr(text)
    return whole if len(whole) <= _SHOWN_AT_MOST + 2 else f"{whole[:_SHOWN_AT_MOST]}...'"


def why_unread(error: Exception, text: str) -> str:
    """Return why a text in TOML or JSON cannot be read: as its parser says it, unless Python does.

    Of brackets without end and of numbers of thousands of digits Python speaks to programmers.

    Parameters
    ----------
    error
        That the parser raised.
    text
        That it was given.
    """
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "int_max_str_digits" not in str(error):
        return str(error)
    most = sys.get_int_max_str_digits()
    found = re.search(rf"[0-9_]{{{most},}}", text)
    line = f"line {text.count(chr(10), 0, found.start()) + 1}: " if found else ""
    return f"{line}a whole number has more than {most} digits; expected one of 64 bits"


def kind_in_words(kind: type) -> str:
    """Return what a message calls the values of a type.

    Examples
    --------
    >>> from stimuli.support.errors import kind_in_words
    >>> [kind_in_words(kind) for kind in (int, float, bool, str)]
    ['a whole number', 'a number', 'true or false', 'text']
    """
    return _KINDS.get(kind, kind.__name__)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known word nearest to `word`, or ``""``."""
    close = difflib.get_close_matches(word, list(map(str, known)), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
