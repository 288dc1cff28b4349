"""``participants.tsv``: who took part. Rows and columns that others added are kept."""

from collections.abc import Mapping
from pathlib import Path

from stimuli.contract.schemas import PARTICIPANTS
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, write_json, write_text
from stimuli.support.locks import held
from stimuli.support.system import sync_folders
from stimuli.support.tables import MISSING, Value, read_table, write_table
from stimuli.support.unfinished import remove_unfinished

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
    lock = path.with_name(f".{path.name}.lock")
    with held(lock, f"adds {row['participant_id']} to it", wait_s=_LOCK_TIMEOUT_S):
        remove_unfinished(path.parent, below=False)
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
        sync_folders(path.parent)


def remove_participant(path: Path, name: str) -> None:
    """Take the row of a participant, ``sub-07``, out of the table, if it is in it."""
    if not path.exists():
        return
    with held(path.with_name(f".{path.name}.lock"), f"removes {name}", wait_s=_LOCK_TIMEOUT_S):
        if name not in participant_ids(path):
            return
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        column = header.split("\t").index("participant_id")
        lines = [line for line in lines if line.split("\t")[column] != name]
        write_text(path, "\n".join([header, *lines]) + "\n")
        sync_folders(path.parent)


def _number(participant_id: str) -> tuple[int, str]:
    return int("".join(filter(str.isdecimal, participant_id)) or 0), participant_id
