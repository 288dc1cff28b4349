"""Words that go with numbers."""


def counted(n: int, noun: str, plural: str = "") -> str:
    """Return how many there are, in words.

    Examples
    --------
    >>> from stimuli.support.words import counted
    >>> counted(1, "source"), counted(3, "source"), counted(2, "person", "people")
    ('1 source', '3 sources', '2 people')
    """
    return f"{n} {noun if n == 1 else plural or noun + 's'}"
