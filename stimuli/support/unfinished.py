"""Files and folders that are being written, under names that say by which process.

What a process that was killed left under such a name is removed by the next that writes there.
What belongs to one that runs on this computer stays, and for a day what another computer writes.
"""

import os
import re
import shutil
import socket
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stimuli.support.system import is_alive

FILE, STUDY = ".writing-", ".new-study-"  # how names begin; process and computer follow
_WRITER = re.compile(r"([0-9]+)-([0-9a-f]{8})-")
_FOREIGN_S = 24 * 3600.0
_HOST = f"{zlib.crc32(socket.gethostname().encode()):08x}"
_ours: set[str] = set()  # being written by this process, whose number an earlier one may have had
_looked_through: set[Path] = set()  # folders in which this process has removed what was left


@contextmanager
def unfinished_file(folder: Path, suffix: str) -> Iterator[Path]:
    """Yield a new empty file in a folder, which is removed afterwards if it is still there.

    Before the first file in a folder, what processes that were killed left there is removed.
    """
    if folder not in _looked_through:
        _looked_through.add(folder)
        with suppress(OSError):
            remove_unfinished(folder, below=False)
    handle, name = tempfile.mkstemp(prefix=_beginning(FILE), suffix=suffix, dir=folder)
    os.close(handle)
    path = Path(name)
    _ours.add(path.name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        _ours.discard(path.name)


@contextmanager
def unfinished_folder(becomes: Path) -> Iterator[Path]:
    """Yield a new empty folder beside one that it becomes, which is removed if it is still there.

    Errors of the disk name the files of what it becomes.
    """
    path = Path(tempfile.mkdtemp(prefix=_beginning(STUDY), dir=becomes.parent))
    _ours.add(path.name)
    try:
        yield path
    except OSError as error:
        written = error.filename if error.filename2 is None else error.filename2
        if written is not None and Path(str(written)).is_relative_to(path):
            error.filename = str(becomes / Path(str(written)).relative_to(path))
            error.filename2 = None
        raise
    finally:
        shutil.rmtree(path, ignore_errors=True)
        _ours.discard(path.name)


def is_unfinished(name: str) -> bool:
    """Return whether a file of this name is being written, or was when its process was killed."""
    return name.startswith((FILE, STUDY))


def remove_unfinished(folder: str | Path, *, below: bool = True) -> None:
    """Remove the files that processes which were killed left in a folder, half written.

    Parameters
    ----------
    folder
        It need not be there.
    below
        Whether those in the folders below it go too.
    """
    folder = Path(folder)
    for leftover in (folder.rglob if below else folder.glob)(f"{FILE}*"):
        if not leftover.is_dir() and _is_left(leftover, FILE):  # a folder is somebody else's
            leftover.unlink(missing_ok=True)


def remove_unfinished_studies(folder: Path) -> None:
    """Remove the study folders that processes which were killed left in a folder, half made."""
    for leftover in folder.glob(f"{STUDY}*"):
        if leftover.is_dir() and not leftover.is_symlink() and _is_left(leftover, STUDY):
            shutil.rmtree(leftover, ignore_errors=True)


def _beginning(kind: str) -> str:
    return f"{kind}{os.getpid()}-{_HOST}-"


def _is_left(path: Path, kind: str) -> bool:
    found = _WRITER.match(path.name.removeprefix(kind))
    if found is None:  # of an earlier version
        return True
    process = int(found[1])
    if found[2] != _HOST:
        with suppress(FileNotFoundError):
            return time.time() - path.lstat().st_mtime > _FOREIGN_S
        return False
    return path.name not in _ours if process == os.getpid() else not is_alive(process)
