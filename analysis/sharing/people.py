"""``participants.tsv`` as it may be published: columns that name nobody, high ages in one group."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stimuli.contract.schemas import PARTICIPANTS
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import read_json, write_json, write_text
from stimuli.support.tables import MISSING, safe_cell

OLDEST = 89
"""Ages from this on are one group, ``89+``, as BIDS recommends."""

# Of what people are commonly asked for, what tells nobody who they are.
HARMLESS = (
    *PARTICIPANTS.names, "age", "sex", "gender", "handedness", "hand", "dominant_eye",
    "eye_dominance", "glasses", "contact_lenses", "vision", "acuity", "group",
)  # fmt: skip
_DESCRIBED = ("Description", "LongName", "Levels", "Units")
# A cell of such a column may be published if it is a number or of these words alone.
_NUMBER = re.compile(r"[<>+-]?[0-9]+(?:[.,/][0-9]+)?\+?")
_WORDS = frozenset(re.findall(r"\w+", (
    "a ambidextrous ametropia astigmatism asked b binary both contact control corrected d "
    "diverse divers emmetropia f false female glasses hard hyperopia inter intersex l left lens "
    "lenses m male mixed myopia n na no non none nonbinary normal not o other patient prefer r "
    "right say soft stated t to transgender true unknown vision w with without x y yes "
)))  # fmt: skip
_ID = re.compile(r"sub-[0-9]{2,6}")


@dataclass(frozen=True)
class SharedPeople:
    """What became of the table.

    Attributes
    ----------
    dropped
        Columns that were left out.
    grouped
        Number of people whose age is given as a group.
    worded
        Columns of which cells with other words than the usual ones were left out.
    unnumbered
        Number of rows that were left out, since they are of nobody with a number.
    """

    dropped: tuple[str, ...]
    grouped: int
    worded: tuple[str, ...]
    unnumbered: int


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
    rows = [line.split("\t") for line in participants.read_text(encoding="utf-8").splitlines()]
    header = rows.pop(0) if rows else []
    for name in keep:
        if name not in header:
            raise InputError(
                f"{participants}: has no column {name!r} to keep; expected one of "
                f"{', '.join(header)}{nearest(name, header)}"
            )
    allowed = {*HARMLESS, *keep}
    names = [name for name in header if name in keep or name.lower() in allowed]
    checked = set(names).difference(PARTICIPANTS.names, keep)
    grouped = unnumbered = 0
    worded: set[str] = set()
    lines = ["\t".join(names)]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InputError(
                f"{participants}, line {number}: {len(row)} cells; expected {len(header)} as in "
                f"the header; is the file complete?"
            )
        cells = {name: _grouped(name, cell) for name, cell in zip(header, row, strict=True)}
        if not _ID.fullmatch(cells.get("participant_id", "")):
            unnumbered += 1
            continue
        grouped += any(cells[name] == f"{OLDEST}+" for name in names)
        free = {name for name in checked if not _is_usual(cells[name])}
        worded |= free
        cells |= dict.fromkeys(free, MISSING)
        lines.append("\t".join(safe_cell(cells[name]) for name in names))
    write_text(path, "\n".join(lines) + "\n")
    write_json(path.with_suffix(".json"), _description(participants.with_suffix(".json"), names))
    dropped = tuple(name for name in header if name not in names)
    return SharedPeople(dropped, grouped, tuple(sorted(worded)), unnumbered)


def _is_usual(cell: str) -> bool:
    """Return whether a cell is a number, or of the usual words alone."""
    if cell == MISSING or _NUMBER.fullmatch(cell):
        return True
    words = re.findall(r"[^\W\d_]+", cell.lower())
    return not re.search(r"[0-9@]", cell) and _WORDS.issuperset(words)


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
