"""``participants.tsv``: who took part. Rows and columns that others added are kept."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stimuli.contract.schemas import PARTICIPANTS
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, write_json, write_text
from stimuli.support.tables import MISSING, Value, read_table, write_table

_LOCK_TIMEOUT_S = 10.0


def participant_ids(path: Path) -> list[str]:
    """Return the participants of the table as ``sub-07``; none if there is no table yet."""
    if not path.exists():
        return []
    return [str(row["participant_id"]) for row in read_table(path, PARTICIPANTS)]


def add_participant(path: Path, row: Mapping[str, Value]) -> None:
    """Add a row, sorted by number, and describe the columns in the JSON sidecar.

    A participant that is there stays as it is. Columns that the schema does not know, such as age,
    are ``n/a`` in the new row.

    Parameters
    ----------
    path
        The table; its sidecar lies beside it.
    row
        By column of `stimuli.contract.schemas.PARTICIPANTS`.

    Raises
    ------
    InputError
        If the table is wrong, or stays locked by another session.
    """
    with _locked(path):
        if row["participant_id"] in participant_ids(path):
            return
        # The description comes first, so that a table is never without it.
        described = path.with_suffix(".json")
        known = read_json(described) if described.exists() else {}
        if not isinstance(known, dict):
            raise InputError(f"{described}: is {known!r}; expected a description of each column")
        write_json(described, {**PARTICIPANTS.sidecar(), **known})
        if not path.exists():
            write_table(path, PARTICIPANTS, [row])
            return
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        names = header.split("\t")
        lines.append("\t".join(str(row.get(name, MISSING)) for name in names))
        column = names.index("participant_id")
        lines.sort(key=lambda line: _number(line.split("\t")[column]))
        write_text(path, "\n".join([header, *lines]) + "\n")


def _number(participant_id: str) -> tuple[int, str]:
    return int("".join(filter(str.isdecimal, participant_id)) or 0), participant_id


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold ``path`` against other sessions, which may end at the same moment.

    The lock is the operating system's, so that it goes with a process that is killed.
    """
    lock = path.with_name(f".{path.name}.lock")
    with open(lock, "a") as file:
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise InputError(
                    f"{path}: another session has been writing it for {_LOCK_TIMEOUT_S:.0f} s; "
                    f"run the command again with --resume when that one has ended"
                )
            time.sleep(0.02)
        yield


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
