"""The folder of decoded photographs while it is filled: by one run at a time, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stimuli.support.errors import InputError
from stimuli.support.locks import held
from stimuli.support.unfinished import remove_unfinished

IMAGES, MASKS, INDEX = "images.u8", "masks.bits", "index.json"  # the last is written last
_LONGEST_S = 24 * 3600.0


@contextmanager
def filling(folder: Path) -> Iterator[None]:
    """Hold a folder of a cache; of two runs that need the same photographs one waits.

    What runs that were killed left in any folder of the cache is removed: it can be as large as all
    photographs.
    """
    cache = folder.parent
    cache.mkdir(parents=True, exist_ok=True)
    with held(_lock(folder), "decodes photographs", wait_s=_LONGEST_S):
        for one in cache.glob("*px-*"):
            if one.is_dir() and not one.is_symlink() and not (one / INDEX).exists():
                _empty(one)
        yield


def _lock(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _empty(folder: Path) -> None:
    """Remove what is in an unfinished folder, unless another run is filling it."""
    with suppress(InputError), held(_lock(folder), "removes an unfinished cache"):
        remove_unfinished(folder, below=False)
        for name in (IMAGES, MASKS):
            (folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # something else is in it
            folder.rmdir()


def reserve(path: Path, size_bytes: int) -> None:
    """Give a file a size and take the room for it on the disk, where the system can.

    Writing to a mapped file for which there is no room ends the process without a word.
    """
    with open(path, "r+b") as file:
        file.truncate(size_bytes)
        if hasattr(os, "posix_fallocate") and size_bytes:
            os.posix_fallocate(file.fileno(), 0, size_bytes)
