"""Tables in files: columns with their meaning and units, reading and writing.

Tables are tab-separated with a header line, missing values are ``n/a``, and a JSON sidecar of the
same name describes every column, as BIDS asks. A row is a dict by column name.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stimuli.support.errors import InputError, kind_in_words, nearest, shown
from stimuli.support.files import write_json, write_text
from stimuli.support.system import sync_folders

MISSING = "n/a"

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1  # whole numbers, as pandas and TOML have them
_FORMULA = re.compile(r"'*[=+@-]")
_NUMBERS = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?(?:;[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)*")

Value = str | int | float | bool | None
Row = dict[str, Any]  # by column; the types of its values are those of the schema, or None


@dataclass(frozen=True)
class Column:
    """One column: its name, type, meaning, unit and levels.

    The type is `str`, `int`, `float`, `bool` or an enumeration of strings, whose members are the
    levels. A family stands for columns that a table may or may not have: its name is what theirs
    begin with. Levels that are `seldom` are described where the table has them.
    """

    name: str
    type: type
    description: str
    units: str | None = None
    levels: Mapping[Any, str] | None = None
    optional: bool = False
    family: bool = False
    seldom: Collection[Any] = ()

    def described(self, values: Iterable[object]) -> dict[str, object]:
        """Return the BIDS description of the column where it holds `values`."""
        entry: dict[str, object] = {"Description": self.description}
        if self.units:
            entry["Units"] = self.units
        if self.levels:
            unused = set(self.seldom).difference(values if self.seldom else ())
            entry["Levels"] = {n: text for n, text in self.levels.items() if n not in unused}
        return entry


def interval_columns(name: str, remark: str = "", *, upper: str = "") -> tuple[Column, Column]:
    """Return the columns of a value's 95 % interval, ``name_low`` and ``name_high``.

    Parameters
    ----------
    name
        Column of the value.
    remark, upper
        Of both ends, and of the upper alone, such as when there is none.

    Examples
    --------
    >>> from stimuli.support.tables import interval_columns
    >>> [column.name for column in interval_columns("change", "over sources")]
    ['change_low', 'change_high']
    """
    low = f"Lower end of its 95 % interval{f', {remark}' if remark else ''}"
    return (
        Column(f"{name}_low", float, low),
        Column(f"{name}_high", float, f"Upper end{f'; {upper}' if upper else ''}"),
    )


@dataclass(frozen=True)
class Schema:
    """The columns of one kind of table, in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def with_members(
        self, names: Iterable[str], described: Mapping[str, str] | None = None
    ) -> "Schema":
        """Return the schema with the members in place of each family.

        Parameters
        ----------
        names
            Columns of a table; those that begin with a family's name are its members.
        described
            Descriptions of members, by column; without one a member has that of its family.
        """
        described, columns = described or {}, list[Column]()
        others = [name for name in names if name not in self.names]
        for one in self.columns:
            if not one.family:
                columns.append(one)
                continue
            columns += [
                replace(one, name=name, description=described.get(name, one.description),
                        family=False)
                for name in others if name.startswith(one.name)
            ]  # fmt: skip
        return Schema(self.name, tuple(columns))

    def without(self, names: Collection[str]) -> "Schema":
        """Return the schema without some of its columns."""
        return Schema(self.name, tuple(one for one in self.columns if one.name not in names))

    def sidecar(self, values: Callable[[str], Iterable[object]] = lambda name: ()) -> dict:
        """Return the BIDS description of the columns.

        Parameters
        ----------
        values
            From the name of a column to what it holds; by default nothing.
        """
        return {one.name: one.described(values(one.name)) for one in self.columns}


def _text(value: Value) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))
    text = str(value)
    if any(sign in text for sign in "\t\r\n"):
        raise ValueError(f"{text!r} cannot stand in a tab-separated table")
    return safe_cell(text)


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `read_table` reads the text again.

    What begins with ``=``, ``+``, ``-`` or ``@`` and is no number gets an apostrophe before it,
    which spreadsheets do not show.

    Examples
    --------
    >>> from stimuli.support.tables import safe_cell
    >>> safe_cell("=1+1"), safe_cell("-0.5;0.25"), safe_cell("coffee")
    ("'=1+1", '-0.5;0.25', 'coffee')
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBERS.fullmatch(text) else text


def _as_stated(cell: str) -> str:
    """Return the text of a cell that `safe_cell` made."""
    text = cell.removeprefix("'")
    return text if safe_cell(text) == cell else cell


def _value(text: str, column: Column) -> Value:
    if text == MISSING:
        return None
    if column.type is bool:
        return {"true": True, "false": False}[text]
    if column.type is int and not _SMALLEST <= int(text) <= _LARGEST:
        raise ValueError("no whole number of 64 bits")
    return column.type(_as_stated(text) if column.type is str else text)


def write_table(
    path: str | Path,
    schema: Schema,
    rows: Iterable[Mapping[str, Any]],
    *,
    sidecar: Mapping[str, object] | None = None,
) -> None:
    """Write rows and the JSON sidecar; `sidecar` adds entries beside the columns'.

    The first row says which members the families of the schema have.

    Raises
    ------
    ValueError
        If a row lacks a column or has one that the schema does not know.
    """
    path, rows = Path(path), list(rows)
    schema = schema.with_members(rows[0] if rows else ())
    lines = ["\t".join(schema.names)]
    for row in rows:
        if set(row) != set(schema.names):
            raise ValueError(f"{schema.name} row has {sorted(row)}; expected {schema.names}")
        lines.append("\t".join(_text(row[name]) for name in schema.names))
    write_text(path, "\n".join(lines) + "\n")
    described = schema.sidecar(lambda name: (row[name] for row in rows))
    write_json(path.with_suffix(".json"), {**(sidecar or {}), **described})
    sync_folders(path.parent)


def read_table(path: str | Path, schema: Schema) -> list[Row]:
    """Read a table, check it against its schema, and convert the values.

    Columns that the schema does not know are ignored; an optional column may be absent. A row has
    the members of a family that the table has.

    Raises
    ------
    InputError
        Names file, line, column, value and expectation.

    Examples
    --------
    >>> from stimuli import open_study, read_table
    >>> from stimuli.contract.schemas import BLOCKS
    >>> rows = read_table(open_study("demo-study").blocks, BLOCKS)
    >>> rows[0]["order"]
    1
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such table; put it back from a copy, or run again what writes it"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error})") from None
    header: Sequence[str] = lines[0].split("\t") if lines else []
    schema = schema.with_members(header)
    for column in schema.columns:
        if column.name not in header and not column.optional:
            raise InputError(
                f"{path}: column {column.name!r} is missing; expected {', '.join(schema.names)}"
                f"{nearest(column.name, header)}"
            )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(header):
            raise InputError(
                f"{path}, line {number}: {len(cells)} cells; expected {len(header)} "
                f"as in the header; is the file complete?"
            )
        named = dict(zip(header, cells, strict=True))
        row: Row = {}
        for column in schema.columns:
            text = named.get(column.name, MISSING)
            if column.levels and text not in (MISSING, *column.levels):
                raise InputError(
                    f"{path}, line {number}: {column.name} is {shown(text)}; "
                    f"expected one of {', '.join(column.levels)}"
                    f"{nearest(text, column.levels)}"
                )
            try:
                row[column.name] = _value(text, column)
            except (ValueError, KeyError):
                raise InputError(
                    f"{path}, line {number}: {column.name} is {shown(text)}; "
                    f"expected {kind_in_words(column.type)} or {MISSING}"
                ) from None
        rows.append(row)
    return rows
