"""The photographs that published fixations are on, found by their names."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from rich.progress import track

from stimuli.support.errors import InputError, nearest

SUFFIXES = (".jpeg", ".jpg", ".png")

T = TypeVar("T")


def photographs_in(folder: Path) -> Iterable[Path]:
    """Yield the photographs in a folder in alphabetical order, and show how far it has got.

    A folder that is not there holds none.
    """
    return shown(_files(folder))


def shown(everything: list[T]) -> Iterable[T]:
    """Yield what is in a list, and show how far it has got."""
    return track(everything, description="fixations", transient=True)


def visible(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder in alphabetical order, without hidden files (``.DS_Store``)."""
    return (one for one in sorted(folder.iterdir()) if not one.name.startswith("."))


class ByName:
    """The photographs of a folder, found by their file names with or without suffix."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.stems: dict[str, list[Path]] = {}
        for file in _files(folder):
            self.files[file.name] = file
            self.stems.setdefault(file.stem, []).append(file)

    def find(self, name: str, asking: Path) -> Path:
        """Return the photograph that what is at `asking` belongs to.

        Raises
        ------
        InputError
            If there is none of that name, or several that differ by suffix.
        """
        if name in self.files:
            return self.files[name]
        found = self.stems.get(name, [])
        if len(found) > 1:
            raise InputError(
                f"{asking}: {name!r} names {' and '.join(file.name for file in found)} in "
                f"{self.folder}; expected one photograph of that name; move the others away"
            )
        if not found:
            known = [*self.files, *self.stems]
            raise InputError(
                f"{asking}: no photograph {name!r} in {self.folder}; expected one with that name, "
                f"with a suffix of {', '.join(SUFFIXES)}{nearest(name, known)}; name the folder "
                f"that the photographs were published in"
            )
        return found[0]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [file for file in visible(folder) if file.suffix.lower() in SUFFIXES]
