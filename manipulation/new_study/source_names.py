"""What photographs are called in a study, and where the files that annotations name may be."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath
from urllib.parse import parse_qs, unquote, urlsplit

from stimuli.contract.vocabulary import checked_name

_LONGEST = 56
_SPELLED = str.maketrans(  # letters that no accent makes of others
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O",
     "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"}
)  # fmt: skip
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{one}{n}" for one in ("com", "lpt") for n in range(10)),
}
_ADDED = re.compile(r"^[0-9a-f]{8}-(?=.)")  # by Label Studio, before a name
_EXPORTED = re.compile(r"_(jpe?g|png|webp|bmp)\.rf\.[0-9A-Za-z]+\.(jpe?g|png)$", re.IGNORECASE)


def study_names(photographs: Iterable[Path]) -> list[str]:
    """Return what photographs are called in a study: names for files on every system.

    Each is made of the letters and digits of its file's name, at most 56, and differs from all
    others by more than upper and lower case; where two would not, the later has a number.

    Examples
    --------
    >>> files = Path("IMG 1 (2).jpg"), Path("b/img-1-2.PNG"), Path("--.png"), Path("Gruß.gif")
    >>> study_names(files)
    ['IMG-1-2', 'img-1-2-2', 'photograph', 'Gruss']
    """
    taken: set[str] = set()
    names = []
    for photograph in photographs:
        plain = unicodedata.normalize("NFKD", photograph.stem.translate(_SPELLED))
        plain = plain.encode("ascii", "ignore").decode("ascii")
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", plain)
        stem = re.sub(r"[-_]{2,}", "-", stem).strip("-_")[:_LONGEST].strip("-_") or "photograph"
        if stem.lower() in _RESERVED:
            stem = f"photograph-{stem}"
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        names.append(checked_name(f"{photograph}: its name in the study", name))
    return names


def one_line(name: str) -> str:
    """Return a file's name as it can stand in a table: printable, and valid as text."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(one if one.isprintable() else "?" for one in text)


def last_part(name: str) -> str:
    """Return the file's name at the end of a path of any system, or of an address.

    Examples
    --------
    >>> last_part("https://x.org/b%20c.jpg?width=3"), last_part("d/e.jpg")
    ('b c.jpg', 'e.jpg')
    """
    if "://" in name or name.startswith("/data/"):  # Label Studio's own addresses
        try:
            address = urlsplit(name)
            name = parse_qs(address.query).get("d", [unquote(address.path)])[0]
        except ValueError:
            return PureWindowsPath(name).name
    return PureWindowsPath(name).name


def plain_name(name: str) -> str:
    """Return the end of a path or address as systems that carry files may change it.

    Without case, with accents in one form, and letters that are coded with % decoded.

    Examples
    --------
    >>> plain_name("d/Caf%C3%A9.JPG") == plain_name("cafe\\u0301.jpg ")
    True
    """
    return unicodedata.normalize("NFC", unquote(last_part(name.strip()))).casefold()


def original_name(name: str) -> str:
    """Return what a file was called before Roboflow or Label Studio gave it another name.

    Examples
    --------
    >>> original_name("cat_jpg.rf.0f1e2d.jpg"), original_name("1a2b3c4d-cat.jpg")
    ('cat.jpg', 'cat.jpg')
    """
    return _EXPORTED.sub(lambda found: f".{found[1]}", _ADDED.sub("", name))
