"""Locks by which processes keep out of each other's way; whoever finds one learns who holds it.

They are the operating system's, so that they go with a process that is killed. The file of a lock
is there only while it is held.
"""

import json
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stimuli.support.errors import InputError
from stimuli.support.system import is_alive, try_lock

_BETWEEN_TRIES_S = 0.02
_LARGEST_NOTE_BYTES = 16384
_here = threading.local()  # the locks that a thread holds already


@contextmanager
def held(path: Path, doing: str, *, shared: bool = False, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a lock; a thread that holds it already goes on.

    Parameters
    ----------
    path
        File of the lock, in a folder that is there.
    doing
        What it is held for, for whoever has to wait: ``records sub-07``.
    shared
        Whether others may share it.
    wait_s
        For how long to wait until it is free.

    Raises
    ------
    InputError
        If somebody else holds it: who, since when, and for what; or if it cannot be locked.
    """
    path = path.resolve().parent / path.name
    mine: set[Path] = _here.__dict__.setdefault("paths", set())
    if path in mine:
        yield
        return
    handle = _locked(path, shared, wait_s)
    mine.add(path)
    try:
        with suppress(OSError):  # a note that cannot be written keeps nobody from working
            _note(handle, doing, shared)
        yield
    finally:
        mine.discard(path)
        with suppress(OSError):
            if not shared or try_lock(handle):  # the last who shared it
                path.unlink()
        os.close(handle)


def holder(path: Path) -> str | None:
    """Return who holds a lock alone and for what, or None if nobody does.

    Who has only just taken it may not stand in its file yet: nobody is told then.
    """
    try:
        handle = os.open(path, getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        told = _noted(handle)
        # Only where somebody stands there, so that nobody who takes it now is kept from it.
        return None if told is None or try_lock(handle, shared=True) else told
    except OSError:
        return None
    finally:
        os.close(handle)


def _locked(path: Path, shared: bool, wait_s: float) -> int:
    """Return the handle of the file of a lock, locked."""
    deadline = time.monotonic() + wait_s
    while True:
        handle = _opened(path)
        try:
            if not try_lock(handle, shared=shared):
                if time.monotonic() >= deadline:
                    who = _noted(handle) or "another process is at work here"
                    raise InputError(
                        f"{path.parent}: {who}; wait until that has ended, or end it, and try again"
                    )
                time.sleep(_BETWEEN_TRIES_S)
            elif _is_there(handle, path):
                handle, kept = -1, handle
                return kept
        except OSError as error:
            raise InputError(
                f"{path}: cannot be locked ({error.strerror}), so nothing would keep two "
                f"processes from writing the same files; expected a disk that knows locks; copy "
                f"the study to one"
            ) from None
        finally:
            if handle >= 0:
                os.close(handle)


def _opened(path: Path) -> int:
    flags = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags | os.O_RDWR, 0o666)
    except PermissionError:  # left by another user, and can be locked all the same
        handle = os.open(path, flags & ~os.O_CREAT | os.O_RDONLY)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(f"{path}: is no file; expected none, or that of a lock; move it away")
    return handle


def _is_there(handle: int, path: Path) -> bool:
    """Return whether the file that was locked has not been removed by its holder meanwhile."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return sys.platform == "win32" or os.path.samestat(os.fstat(handle), there)


def _note(handle: int, doing: str, shared: bool) -> None:
    """Write down who holds a lock."""
    if not shared:
        os.ftruncate(handle, 0)
    note = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "doing": doing,
    }
    os.lseek(handle, 0, os.SEEK_END)
    os.write(handle, f"{json.dumps(note)}\n".encode())


def _noted(handle: int) -> str | None:
    """Return who holds a lock and for what, as far as its file says so and they are alive."""
    os.lseek(handle, 0, os.SEEK_SET)
    told = []
    for line in os.read(handle, _LARGEST_NOTE_BYTES).splitlines():
        with suppress(ValueError, KeyError, TypeError):
            note = json.loads(line)
            if note["host"] != socket.gethostname() or is_alive(int(note["process"])):
                told.append(
                    f"process {int(note['process'])} on {str(note['host'])[:80]!s} "
                    f"{str(note['doing'])[:200]} since {str(note['since'])[:40]}"
                )
    return "; ".join(told) or None
