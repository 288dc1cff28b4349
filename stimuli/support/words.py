"""Words that go with numbers and lists."""

from collections.abc import Iterable


def counted(n: int, noun: str, plural: str = "") -> str:
    """Return how many there are, in words.

    Examples
    --------
    >>> from stimuli.support.words import counted
    >>> counted(1, "source"), counted(3, "source"), counted(2, "person", "people")
    ('1 source', '3 sources', '2 people')
    """
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def listed(parts: Iterable[str]) -> str:
    """Return one or more parts in words.

    Examples
    --------
    >>> from stimuli.support.words import listed
    >>> listed(["a face"]), listed(["a face", "a dog", "a cup"])
    ('a face', 'a face, a dog and a cup')
    """
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
