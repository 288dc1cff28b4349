"""``participants.tsv`` as it may be published: columns that name nobody, high ages in one group."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stimuli.contract.schemas import PARTICIPANTS
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import read_json, write_json, write_text
from stimuli.support.tables import MISSING

OLDEST = 89
"""Ages from this on are one group, ``89+``, as BIDS recommends."""

# Of what people are commonly asked for, what tells nobody who they are.
HARMLESS = (
    *PARTICIPANTS.names, "age", "sex", "gender", "handedness", "hand", "dominant_eye",
    "eye_dominance", "glasses", "contact_lenses", "vision", "acuity", "group",
)  # fmt: skip
_DESCRIBED = ("Description", "LongName", "Levels", "Units")


@dataclass(frozen=True)
class SharedPeople:
    """What became of the table.

    Attributes
    ----------
    dropped
        Columns that were left out.
    grouped
        Number of people whose age is given as a group.
    """

    dropped: tuple[str, ...]
    grouped: int


def write_people(path: Path, participants: Path, keep: Collection[str] = ()) -> SharedPeople:
    """Write the columns of a table of participants that may be published, and their description.

    Parameters
    ----------
    path
        Where to.
    keep
        Columns beside `HARMLESS` that may be published too.

    Raises
    ------
    InputError
        If the table lacks a column of `keep`, or is no table.
    """
    header, *rows = (
        line.split("\t") for line in participants.read_text(encoding="utf-8").splitlines()
    )
    for name in keep:
        if name not in header:
            raise InputError(
                f"{participants}: has no column {name!r} to keep; expected one of "
                f"{', '.join(header)}{nearest(name, header)}"
            )
    allowed = {*HARMLESS, *keep}
    kept = [at for at, name in enumerate(header) if name in keep or name.lower() in allowed]
    grouped = 0
    lines = ["\t".join(header[at] for at in kept)]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InputError(
                f"{participants}, line {number}: {len(row)} cells; expected {len(header)} as in "
                f"the header; is the file complete?"
            )
        cells = [_grouped(header[at], row[at]) for at in kept]
        grouped += cells != [row[at] for at in kept]
        lines.append("\t".join(cells))
    write_text(path, "\n".join(lines) + "\n")
    names = [header[at] for at in kept]
    write_json(path.with_suffix(".json"), _description(participants.with_suffix(".json"), names))
    dropped = tuple(name for at, name in enumerate(header) if at not in kept)
    return SharedPeople(dropped, grouped)


def _grouped(name: str, cell: str) -> str:
    if name.lower() != "age" or cell == MISSING:
        return cell
    try:
        age = float(cell)
    except ValueError:
        return f"{OLDEST}+" if cell.startswith(str(OLDEST)) else MISSING
    return f"{OLDEST}+" if age >= OLDEST else cell


def _description(sidecar: Path, names: Collection[str]) -> dict[str, Any]:
    found = read_json(sidecar) if sidecar.is_file() else {}
    stated = found if isinstance(found, dict) else {}
    described: dict[str, Any] = {**PARTICIPANTS.sidecar()}
    for name in names:
        entry = stated.get(name)
        if name not in described and isinstance(entry, dict):
            described[name] = {key: entry[key] for key in _DESCRIBED if key in entry}
    return {name: described[name] for name in names if name in described}
