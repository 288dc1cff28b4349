"""Errors of the operating system in one line: which file, why, and how to go on."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stimuli.support.unfinished import is_unfinished

_AGAIN = "run the command again: what was finished is kept"
_ROOM = f"make room on that disk and {_AGAIN}"
_RIGHTS = "expected what you may read and write; change its permissions, or name another place"
_IN_THE_WAY = "is in the way, or of another kind than expected; move it away, or name another place"
_HOW_TO_GO_ON = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: f"this disk or account takes no file as large; use another and {_AGAIN}",
    errno.EIO: f"the disk fails; copy what is there to another and {_AGAIN}",
    errno.EROFS: "expected a disk that can be written to; name another place",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENOENT: "expected a file or folder of that name; put it back, or correct the name",
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTEMPTY: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.ENAMETOOLONG: "expected a shorter name; rename it",
}
# Of what was given, not of the disk.
_WRONG_INPUT = {
    errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY,
    errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG,
}  # fmt: skip


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Let errors name the file that is being written, not its temporary name, or none."""
    try:
        yield
    except OSError as error:
        if error.filename is None or is_unfinished(Path(_named(error)).name):
            error.filename = str(path)
            error.filename2 = None
        raise


def told(error: OSError) -> str:
    """Return an error of the operating system as one line, with the notes that were added to it."""
    cause = error.strerror or str(error) or type(error).__name__
    how = _HOW_TO_GO_ON.get(error.errno or 0, f"put that right and {_AGAIN}")
    what = f"{_named(error)}: {cause}" if error.filename is not None else _within(error, cause)
    return "; ".join(" ".join(text.split()) for text in [what, how, *_notes(error)])


def is_wrong_input(error: OSError) -> bool:
    """Return whether an error is of what was given, such as a name, and not of the disk."""
    return error.filename is not None and error.errno in _WRONG_INPUT


def _named(error: OSError) -> str:
    # Of two files, such as those of a copy, the second is the one that is written.
    return str(error.filename if error.filename2 is None else error.filename2)


def _within(error: OSError, cause: str) -> str:
    """Return the cause, and where it happened since no file is known."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None:
        return cause
    return f"{cause} (in {Path(at.tb_frame.f_code.co_filename).name}, line {at.tb_lineno})"


def _notes(error: OSError) -> list[str]:
    return list(getattr(error, "__notes__", []))
