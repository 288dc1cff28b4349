"""What differs from one operating system to another: locks, who is alive, and names on the disk."""

import os
import random
import sys
from contextlib import suppress
from pathlib import Path

# On Windows nobody else can read what is locked, so bytes far behind the end of a file are locked:
# one of so many by each who shares the file, all by one who has it alone.
_FIRST_BYTE, _BYTES = 2**30, 4096
_STILL_ACTIVE, _QUERY_LIMITED_INFORMATION = 259, 0x1000


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Lock an open file against other processes; return whether it could be had at once.

    The lock ends when the file is closed, or with its process.

    Parameters
    ----------
    handle
        Of the open file.
    shared
        Whether others may share it, or nobody else may have it.

    Raises
    ------
    OSError
        If the file system knows no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            slot = random.randrange(_BYTES) if shared else 0
            os.lseek(handle, _FIRST_BYTE + slot, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1 if shared else _BYTES)
        else:
            import fcntl

            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def is_alive(process: int) -> bool:
    """Return whether a process of this computer is running, by its number."""
    if process <= 0:
        return False
    if sys.platform == "win32":
        return _is_alive_on_windows(process)
    try:
        os.kill(process, 0)
    except PermissionError:  # somebody else's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _is_alive_on_windows(process: int) -> bool:  # where a signal of 0 would end it
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]
    found = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, process)
    if not found:
        return False
    status = ctypes.c_ulong()
    kernel.GetExitCodeProcess(found, ctypes.byref(status))
    kernel.CloseHandle(found)
    return status.value == _STILL_ACTIVE


def sync_folders(*folders: Path) -> None:
    """Return when the names of what lies in folders are on the disk, as far as it can be told.

    A power cut may else take back that a file was made or renamed, whole as it is.
    """
    if sys.platform == "win32":  # where a folder cannot be opened
        return
    for folder in folders:
        with suppress(OSError):  # not every file system can, and not every folder can be read
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
