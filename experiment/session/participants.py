"""``participants.tsv``: who took part. Rows and columns that others added are kept."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stimuli.errors import InputError
from stimuli.files import read_json, write_json, write_text
from stimuli.tables import MISSING, PARTICIPANTS, Value, read_table, write_table

_LOCK_TIMEOUT_S = 10.0


def participant_ids(path: Path) -> list[str]:
    """Return the participants of the table; none if there is no table yet."""
    if not path.exists():
        return []
    return [str(row["participant_id"]) for row in read_table(path, PARTICIPANTS)]


def add_participant(path: Path, row: Mapping[str, Value]) -> None:
    """Add a row, sorted by number, and describe the columns in the JSON sidecar.

    Columns that the schema does not know, such as age, are ``n/a`` in the new row.

    Raises
    ------
    InputError
        If the table is wrong, has the participant, or stays locked by another session.
    """
    with _locked(path):
        if row["participant_id"] in participant_ids(path):
            raise InputError(f"{path}: has {row['participant_id']}; expected a new participant")
        if not path.exists():
            write_table(path, PARTICIPANTS, [row])
            return
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        names = header.split("\t")
        lines.append("\t".join(str(row.get(name, MISSING)) for name in names))
        column = names.index("participant_id")
        lines.sort(key=lambda line: _number(line.split("\t")[column]))
        write_text(path, "\n".join([header, *lines]) + "\n")
        described = path.with_suffix(".json")
        known = read_json(described) if described.exists() else {}
        write_json(described, {**PARTICIPANTS.sidecar(), **known})


def _number(participant_id: str) -> tuple[int, str]:
    return int("".join(filter(str.isdecimal, participant_id)) or 0), participant_id


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold ``path`` against other sessions, which may end at the same moment."""
    lock = path.with_name(f".{path.name}.lock")
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            if time.monotonic() > deadline:
                raise InputError(
                    f"{lock}: another session has been writing {path.name} for "
                    f"{_LOCK_TIMEOUT_S:.0f} s; remove this file if none is running"
                ) from None
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
